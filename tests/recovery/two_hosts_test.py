"""A second host on the state folder of one that works is refused, whatever somebody does to get around the lock, and the first goes on unharmed.

Usage: two_hosts_test.py --build BUILD --cadre CADRE [--attempts N]
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import PRICES, Feeder, RunningHost, bars, demo_chain, new_folder, wait_until, write_json

STATE_IN_USE = "another host runs with this state folder; `cadre status` shows it; a second host needs a folder of its own: --state [STATE_FOLDER_IN_USE]"
BOOK_IN_USE = 'another host works with the book "main"; `cadre status` shows it; give this host a state folder of its own [BOOK_FOLDER_IN_USE]'
BARS_EACH = 40  # bars that the first host gets while an attempt is made, at most
arguments = None


@contextlib.contextmanager
def put_aside(path):
    os.rename(path, path + ".aside")
    try:
        yield path + ".aside"
    finally:
        def is_back():
            shutil.rmtree(path, ignore_errors=True)
            with contextlib.suppress(OSError):  # the host that runs has written into the folder meanwhile
                os.rename(path + ".aside", path)
            return not os.path.lexists(path + ".aside")

        wait_until(f"{path} is where it was", is_back)


class Attempts:
    """Each is a way to get around the lock; it gives the state folder for the second host, and what that has to say."""

    def __init__(self, root, state):
        self.root, self.state, self.book = root, state, os.path.join(state, "books", "main")

    @contextlib.contextmanager
    def nothing_is_removed(self):
        yield self.state, STATE_IN_USE

    @contextlib.contextmanager
    def files_that_look_like_locks_are_gone(self):
        gone = [name for name in os.listdir(self.state) if "lock" in name or name.endswith(".sock") or name.endswith(".pid")]
        for name in gone:
            os.rename(os.path.join(self.state, name), os.path.join(self.root, name))
        yield self.state, STATE_IN_USE
        for name in gone:
            os.rename(os.path.join(self.root, name), os.path.join(self.state, name))

    @contextlib.contextmanager
    def an_empty_folder_is_in_its_place(self):
        with put_aside(self.state):
            os.makedirs(self.state)
            yield self.state, STATE_IN_USE

    @contextlib.contextmanager
    def a_copy_is_in_its_place(self):
        with put_aside(self.state) as aside:
            self.copy(aside, self.state)
            yield self.state, STATE_IN_USE

    @contextlib.contextmanager
    def the_folder_is_elsewhere(self):
        with put_aside(self.state) as aside:
            yield aside, STATE_IN_USE

    @contextlib.contextmanager
    def the_folder_of_the_book_is_made_anew(self):
        with put_aside(self.book):
            os.makedirs(self.book)
            yield self.state, STATE_IN_USE

    @contextlib.contextmanager
    def the_folder_of_the_book_is_a_copy(self):
        with put_aside(self.book) as aside:
            self.copy(aside, self.book)
            yield self.state, STATE_IN_USE

    @contextlib.contextmanager
    def nobody_may_use_it(self):
        for folder in (self.book, self.state):
            os.chmod(folder, 0)
        yield self.state, STATE_IN_USE if os.geteuid() == 0 else "[STATE_FOLDER_NOT_WRITABLE]"
        for folder in (self.state, self.book):
            os.chmod(folder, 0o755)

    @contextlib.contextmanager
    def another_name_leads_to_it(self):
        other = os.path.join(self.root, "other_name")
        os.symlink(self.state, other)
        yield other, STATE_IN_USE
        os.remove(other)

    @contextlib.contextmanager
    def the_book_is_in_another_state_folder(self):
        other = os.path.join(self.root, "thief")
        shutil.copytree(self.state, other, ignore=lambda _, names: [name for name in names if name in ("books", "admin.sock")])
        os.symlink(os.path.join(self.state, "books"), os.path.join(other, "books"))
        yield other, BOOK_IN_USE
        shutil.rmtree(other)

    @contextlib.contextmanager
    def another_folder_is_the_book_of_another_state_folder(self):
        """The folder of the book is made anew, and another state folder has it."""
        with put_aside(self.book):
            os.makedirs(self.book)
            with self.the_book_is_in_another_state_folder() as attempt:
                yield attempt

    @staticmethod
    def copy(source, to):
        """As well as it goes while a host writes in it."""
        subprocess.run(["cp", "-a", source, to], stderr=subprocess.DEVNULL, check=False)

    def ways(self):
        return [getattr(self, name) for name, value in vars(Attempts).items() if hasattr(value, "__wrapped__")]


class Pace(threading.Thread):
    """Lets the feeder go on, a few bars at a time, for as long as an attempt takes."""

    def __init__(self, feeder):
        super().__init__(daemon=True)
        self.feeder, self.ends, self.allowed = feeder, threading.Event(), 0

    def run(self):
        while not self.ends.wait(0.05) and self.allowed < BARS_EACH:
            self.feeder.allow(2)
            self.allowed += 2

    def end(self):
        self.ends.set()
        self.join()
        self.feeder.allow(BARS_EACH - self.allowed)


class TwoHosts(unittest.TestCase):
    def setUp(self):
        self.root = new_folder("two")
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        scenario = {"scenario": "backtest", "name": "two", "chain": demo_chain(), "book": {"id": "main", "currency": "USD", "initial_cash": 1000000},
                    "data": {"prices": {"file": PRICES, "adjustment": "split", "volume": "none"}},
                    "execution_environment": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close"}}}
        self.config = write_json(os.path.join(self.root, "host.json"), {"name": "two", "books": [{"scenario": scenario}], "checkpoint": {"bars": 16},
                                                                        "journal": {"segment_mb": 1}, "watch": {"enabled": False}})

    def host(self, name):
        folder = os.path.join(self.root, name)
        return RunningHost(arguments.cadre, folder, self.config, [os.path.join(arguments.build, "agents")])

    def test_the_second_is_refused_with_its_sentence_and_the_first_is_unharmed(self):
        texts = bars(260 + arguments.attempts * BARS_EACH)
        first = self.host("first").start()
        feeder = Feeder(first, "main", texts, group=4, allowed=260)
        feeder.start()
        feeder.wait_for(260)
        attempts = Attempts(self.root, first.state)
        ways = attempts.ways()
        self.assertGreaterEqual(len(ways), 10)
        for number in range(arguments.attempts):
            way = ways[number * 3 % len(ways)]  # also a few of them are of many kinds
            pace = Pace(feeder)
            pace.start()
            with way() as (state, sentence):
                second = RunningHost(arguments.cadre, os.path.join(self.root, "second"), self.config, first.agents, state=state).spawn()
                self.assertEqual(second.wait(), 3, (way.__name__, second.log_text()))
                self.assertIn(sentence, second.log_text(), way.__name__)
            pace.end()
            feeder.wait_for(260 + (number + 1) * BARS_EACH)
            self.assertTrue(first.is_alive(), (way.__name__, first.log_text()))
        feeder.finish()
        found = first.settled_book()
        self.assertEqual(found["state"], "deciding", first.log_text())
        self.assertEqual(first.stop(), 0, first.log_text())
        undisturbed = self.host("undisturbed").start()
        undisturbed.post(texts)
        expected = undisturbed.settled_book()
        self.assertEqual(undisturbed.stop(), 0)
        for name in ("date", "sequence", "decisions", "orders", "fills", "equity", "cash", "order_hash"):
            self.assertEqual(found[name], expected[name], name)
        # What it left can be gone on with.
        again = self.host("first").start()
        self.assertEqual(again.settled_book()["order_hash"], expected["order_hash"])
        self.assertEqual(again.stop(), 0)
        verified = subprocess.run([arguments.cadre, "journal", "verify", first.state], capture_output=True, text=True)
        self.assertEqual((verified.returncode, verified.stderr), (0, ""))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, type=os.path.abspath, required=True)
    parser.add_argument("--attempts", type=int, default=5)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
