"""A host that is killed again and again loses nothing it acknowledged, sends nothing twice, and decides as if it had never been killed.

Usage: kill_test.py --build BUILD --cadre CADRE [--kills N] [--seed S]

Two books get the same bars over HTTP: one trades with the venue in another process, which outlives the host, one with the simulated environment.
A client repeats what was not acknowledged. The same bars, halts and revision without any kill are what it is compared with.
"""

import argparse
import json
import os
import random
import shutil
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from journal_file import NUMBERED, committed, read_journal, report_of, was_accepted
from running_host import GONE, PRICES, RunningHost, demo_chain, new_folder, read_bars, write_json
from venue_test import RunningVenue

WARM_UP = 252  # bars before the first decision
BOOKS = ("at_venue", "simulated")
arguments = None


def write_configuration(folder, venue_folder):
    """A host of two books, the demo in half of its cash, so that cash never cuts a fill."""
    os.makedirs(folder)
    chain = demo_chain()
    chain["constraints"]["max_gross_exposure"] = 0.5
    environments = {
        "at_venue": {"agent": "venue.execution", "isolation": "process", "config": {"folder": venue_folder}},
        "simulated": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close", "commission_bp": 2, "half_spread_bp": 2}},
    }
    for book in BOOKS:
        scenario = {"scenario": "backtest", "name": book, "chain": chain, "book": {"id": book},
                    "data": {"prices": {"file": PRICES, "adjustment": "split", "volume": "none"}},
                    "execution_environment": environments[book]}
        write_json(os.path.join(folder, book + ".json"), scenario)
    host = {"name": "kill", "books": [{"scenario": book + ".json"} for book in BOOKS], "checkpoint": {"bars": 16}, "watch": {"enabled": False}}
    return write_json(os.path.join(folder, "host.json"), host)


def host_of(trader, limits=None):
    """With the agents of the host and that of the venue."""
    agents = [os.path.join(arguments.build, folder) for folder in ("agents", "recovery_agents")]
    return RunningHost(arguments.cadre, trader.folder, trader.config, agents, state=trader.state, limits=limits)


class Stop:
    """What is done between two bars, at the same place in every run."""

    def __init__(self, bar, revision):
        self.bar, self.revision = bar, revision


class Trader:
    """One run: a host with its venue, and the client that feeds it."""

    def __init__(self, name, bars, stops):
        self.folder = new_folder(name)
        self.bars, self.stops = bars, stops
        self.next = dict.fromkeys(BOOKS, 0)  # first bar that was not acknowledged
        self.duplicates = 0
        self.kills = 0
        self.venue = RunningVenue(os.path.join(self.folder, "venue"))
        self.config = write_configuration(os.path.join(self.folder, "configuration"), self.venue.folder)
        self.state = os.path.join(self.folder, "state")
        self.host = None

    def spawn(self):
        self.host = host_of(self).spawn()
        return self.host

    def kill(self, chance):
        self.kills += 1
        self.host.kill(with_children=chance.random() < 0.5)

    def feed(self, book, until, batch, acknowledged):
        """Posts bars until it has them all acknowledged, or the host is gone."""
        line = self.host.connection()
        try:
            while self.next[book] < until:
                first = self.next[book]
                some = self.bars[first:min(first + batch(), until)]
                text = "".join(json.dumps(bar) + "\n" for bar in some)
                status, said = self.host.ask("POST", f"/v1/books/{book}/bars", text, connection=line, kind="application/x-ndjson")
                if status != 202:
                    raise AssertionError((book, some[0]["date"], status, said))
                self.duplicates += said.get("duplicates", 0)
                if said["accepted"] + said.get("duplicates", 0) != len(some):
                    raise AssertionError(said)
                self.next[book] = first + len(some)
                acknowledged(len(some))
        except GONE:
            pass
        finally:
            line.close()

    def halted(self, book):
        return self.host.settled_book(book)["state"] == "halted"

    def change(self, book, path):
        status, said = self.host.ask("POST", path, {"actor": "test", "reason": "between two bars", "book": book})
        if status != 200:
            raise AssertionError((path, status, said))

    def apply_revision(self):
        host = json.loads(json.dumps(self.host.get("/v1/revisions/1")["config"]))
        for book in host["books"]:
            book["scenario"]["chain"]["constraints"]["max_weight"] = 0.08
        status, said = self.host.ask("POST", "/v1/revisions", {"actor": "test", "reason": "smaller", "config": host}, {"If-Match": '"1"'})
        if status != 201:
            raise AssertionError((status, said))
        for book in BOOKS:
            self.host.settled_book(book)  # behind the confirmation, which the book takes afterwards

    def run_undisturbed(self):
        self.spawn().wait_until_ready()
        for stop in self.stops + [Stop(len(self.bars), False)]:
            for book in BOOKS:
                self.feed(book, stop.bar, lambda: 8, lambda n: None)
            if stop.bar == len(self.bars):
                break
            if stop.revision:
                self.apply_revision()
            for path in ("/v1/halt", "/v1/resume"):
                for book in BOOKS:
                    self.change(book, path)
        return self.finish()

    def run_disturbed(self, kills, chance):
        """Kills the host at places that chance names, until it has all bars."""
        per_kill = max(1, (len(self.bars) - WARM_UP) // kills)  # in both books together: half of what there is, the rest is on its way
        self.spawn().wait_until_ready()
        for stop in self.stops + [Stop(len(self.bars), False)]:
            while min(self.next.values()) < stop.bar:
                warming_up = min(self.next.values()) < WARM_UP - 10
                self.feed_and_kill(stop.bar, chance, chance.randint(0, 2 * per_kill) + (100 if warming_up else 0), warming_up)
            if stop.bar == len(self.bars):
                break
            self.stop_between_bars(stop, chance)
        return self.finish()

    def start_again(self, chance):
        """Sometimes it is killed while it starts, which is while it recovers."""
        while chance.random() < 0.3:
            self.spawn()
            threading.Event().wait(chance.uniform(0, 0.25))
            self.kill(chance)
        self.spawn().wait_until_ready()

    def feed_and_kill(self, until, chance, after_bars, warming_up):
        enough, failures, left = threading.Event(), [], [after_bars]
        lock = threading.Lock()
        seeds = {book: chance.random() for book in BOOKS}

        def acknowledged(count):
            with lock:
                left[0] -= count
                if left[0] <= 0:
                    enough.set()

        def feed(book):
            own = random.Random(seeds[book])
            try:
                self.feed(book, until, lambda: own.choice((8, 16)) if warming_up else own.choice((1, 1, 1, 2, 5)), acknowledged)
            except AssertionError as failure:
                failures.append(failure)
            enough.set() if all(not t.is_alive() or t is threading.current_thread() for t in threads) else None

        threads = [threading.Thread(target=feed, args=(book,)) for book in BOOKS]
        for thread in threads:
            thread.start()
        enough.wait()
        threading.Event().wait(chance.uniform(0, 0.008))
        self.kill(chance)
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        self.start_again(chance)

    def stop_between_bars(self, stop, chance):
        if stop.revision:
            self.apply_revision()
            self.kill(chance)
            self.start_again(chance)
            assert self.host.status()["revision"]["number"] == 2
        for path, wanted in (("/v1/halt", True), ("/v1/resume", False)):
            acknowledged = []

            def change():
                try:
                    for book in BOOKS:
                        if self.halted(book) != wanted:
                            self.change(book, path)
                        acknowledged.append(book)
                except GONE:
                    pass

            thread = threading.Thread(target=change)
            thread.start()
            threading.Event().wait(chance.uniform(0, 0.02))
            self.kill(chance)
            thread.join()
            self.start_again(chance)
            for book in BOOKS:
                if book in acknowledged:
                    assert self.halted(book) == wanted, (path, book)
                elif self.halted(book) != wanted:
                    self.change(book, path)

    def finish(self):
        """What there is to compare, when all was acknowledged."""
        said = {book: {"status": self.host.settled_book(book), "portfolio": self.host.get(f"/v1/books/{book}/portfolio"),
                       "orders": self.host.get(f"/v1/books/{book}/orders?limit=1000")} for book in BOOKS}
        code = self.host.stop()
        assert code == 0, self.host.log_text()
        for book in BOOKS:
            said[book]["journal"] = committed(read_journal(self.host.journal(book)))
        return said

    def close(self):
        if self.host is not None:
            self.host.end()
        self.venue.kill()
        shutil.rmtree(self.folder)


class Killed(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        print(f"--kills {arguments.kills} --seed {arguments.seed}", flush=True)
        chance = random.Random(arguments.seed)
        bars = read_bars(WARM_UP + 60 + 4 * arguments.kills)
        places = sorted(chance.sample(range(WARM_UP + 5, len(bars) - 5), 1 + arguments.kills // 20))
        stops = [Stop(bar, i == 0) for i, bar in enumerate(places)]
        cls.bars = bars
        cls.undisturbed = Trader("undisturbed", bars, stops)
        cls.addClassCleanup(cls.undisturbed.close)
        cls.wanted = cls.undisturbed.run_undisturbed()
        cls.disturbed = Trader("disturbed", bars, stops)
        cls.addClassCleanup(cls.disturbed.close)
        cls.got = cls.disturbed.run_disturbed(arguments.kills, chance)
        print(f"{cls.disturbed.kills} kills, {cls.disturbed.duplicates} bars said again", flush=True)

    def test_it_was_killed_and_it_traded(self):
        self.assertGreaterEqual(self.disturbed.kills, arguments.kills)
        for book in BOOKS:
            self.assertGreater(self.wanted[book]["status"]["fills"], 30)

    def test_every_bar_is_in_the_journal_once(self):
        dates = [int(bar["date"].replace("-", "")) for bar in self.bars]
        for book in BOOKS:
            self.assertEqual([r["date"] for r in self.got[book]["journal"] if r.kind == "bar"], dates)

    def test_sequence_numbers_have_no_gap(self):
        for run in (self.wanted, self.got):
            for book in BOOKS:
                taken = sorted({r.sequence for r in run[book]["journal"] if r.kind in NUMBERED or r.kind == "revision" and r.sequence > 0})
                self.assertEqual(taken, list(range(1, len(taken) + 1)))
                numbered = [r.sequence for r in run[book]["journal"] if r.kind in NUMBERED]
                self.assertEqual(len(numbered), len(set(numbered)))

    def test_it_stands_where_it_stood_without_a_kill(self):
        for book in BOOKS:
            with self.subTest(book):
                wanted, got = ({key: value for key, value in run[book]["status"].items() if key not in ("journal_bytes", "stages", "queue", "processes", "last_bar_seconds", "last_decision_seconds")}
                               for run in (self.wanted, self.got))
                self.assertEqual(got, wanted)
                self.assertEqual(self.got[book]["portfolio"], self.wanted[book]["portfolio"])

    def test_orders_fills_and_decisions_are_those_of_an_undisturbed_run(self):
        for book in BOOKS:
            with self.subTest(book):
                self.assertEqual(self.got[book]["orders"], self.wanted[book]["orders"])
                # To the byte: what the agents know is in their decisions. Not the accounts at the venue: what it filled on a bar that the host
                # had not recorded comes before that bar.
                for kind in ("order", "decision") + (("account",) if book == "simulated" else ()):
                    wanted, got = ([r.payload for r in run[book]["journal"] if r.kind == kind] for run in (self.wanted, self.got))
                    self.assertTrue(got == wanted, kind)
                wanted, got = (sorted(report_of(r) for r in run[book]["journal"] if r.kind == "report") for run in (self.wanted, self.got))
                self.assertEqual(got, wanted)

    def test_the_venue_was_sent_nothing_twice_and_journal_and_ledger_agree(self):
        venue, journal = self.disturbed.venue, self.got["at_venue"]["journal"]
        self.assertEqual(venue.events("DUPLICATE"), [])
        self.assertEqual([r["order"]["client_id"] for r in journal if r.kind == "order" and was_accepted(r)], [entry["id"] for entry in venue.events("ORDER")])
        ledger = sorted((r["id"], r["status"], r["quantity_e9"], r["price_e9"]) for r in venue.events("REPORT"))
        self.assertEqual(sorted(report_of(r) for r in journal if r.kind == "report"), ledger)

    def test_commands_and_the_revision_are_there_once(self):
        for book in BOOKS:
            wanted, got = ([r["kind"] for r in run[book]["journal"] if r.kind == "command"] for run in (self.wanted, self.got))
            self.assertEqual(got, wanted)
            self.assertEqual(self.got[book]["status"]["revision"], 2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, type=os.path.abspath, required=True)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
