"""A journal in segments with checkpoints of the whole book: wherever a host goes on, it stands where one stands that was never stopped.

Usage: segments_test.py --build BUILD --cadre CADRE
"""

import glob
import json
import os
import random
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import ROOT, RunningHost, new_folder, read_bars, wait_until, write_json
from test_main import run_tests

DEMO = os.path.join(ROOT, "manifests", "scenarios", "demo.json")
FIGURES = ("sequence", "decisions", "orders", "rejected_orders", "fills", "equity", "cash", "profit", "costs", "order_hash", "date", "failures")
SEED = int(os.environ.get("CADRE_TEST_SEED", random.randrange(10**6)))
arguments = None


def agents():
    return [os.path.join(arguments.build, "agents")]


class Segments(unittest.TestCase):
    """The demo, replayed into a host whose segments are as short as they may be."""

    @classmethod
    def setUpClass(cls):
        cls.root = new_folder("segments")
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.config = write_json(os.path.join(cls.root, "host.json"),
                                {"name": "segments", "books": [{"scenario": cls.busy_demo()}], "journal": {"segment_mb": 1}, "watch": {"enabled": False}})
        cls.whole = os.path.join(cls.root, "whole")
        host = RunningHost(arguments.cadre, cls.root, cls.config, agents(), state=cls.whole).start("--replay")
        cls.ends = cls.standing(host)
        assert host.stop() == 0

    @classmethod
    def busy_demo(cls):
        """The demo that trades every small change: a journal of more segments."""
        folder = os.path.dirname(DEMO)
        with open(DEMO, encoding="utf-8") as file:
            scenario = json.load(file)
        with open(os.path.join(folder, scenario["chain"]), encoding="utf-8") as file:
            scenario["chain"] = json.load(file)
        scenario["chain"]["risk_feedback"]["resize_threshold"] = 0
        prices = scenario["data"]["prices"]
        prices["file"] = os.path.normpath(os.path.join(folder, prices["file"]))
        return write_json(os.path.join(cls.root, "busy.json"), scenario)

    @staticmethod
    def standing(host):
        """Once the replay is over and all of it is taken."""
        def is_over():
            book = host.book()
            return book["date"] == "2001-01-02" and book["queue"]["depth"] == 0
        wait_until("the replay is over", is_over, 120)
        book = host.settled_book()
        return {name: book.get(name) for name in FIGURES}

    def copy(self, name):
        state = os.path.join(self.root, name)
        shutil.copytree(self.whole, state, ignore=shutil.ignore_patterns("admin.sock"))
        self.addCleanup(shutil.rmtree, state)
        return RunningHost(arguments.cadre, os.path.join(self.root, name + ".log"), self.config, agents(), state=state)

    def book_files(self, host, *parts):
        return sorted(glob.glob(os.path.join(host.state, "books", "main", *parts)))

    def assert_stands(self, host):
        self.assertEqual({name: host.book().get(name) for name in FIGURES}, self.ends)
        self.assertEqual(host.stop(), 0)

    def test_a_journal_goes_on_in_segments_of_which_older_ones_are_compressed(self):
        host = self.copy("compressed")
        packed = self.book_files(host, "segments", "*.journal.zst")
        self.assertGreater(len(packed), 5)
        self.assertEqual(self.book_files(host, "segments", "*.journal"), [])
        host.start()
        self.assert_stands(host)

    def test_without_any_checkpoint_the_whole_journal_is_read(self):
        host = self.copy("no_checkpoint")
        shutil.rmtree(os.path.join(host.state, "books", "main", "checkpoints"))
        host.start()
        self.assert_stands(host)

    def test_a_damaged_checkpoint_gives_way_to_an_earlier_one_and_is_named(self):
        host = self.copy("damaged")
        newest = self.book_files(host, "checkpoints", "*.checkpoint")[-1]
        with open(newest, "r+b") as file:
            file.seek(os.path.getsize(newest) // 2)
            file.write(b"\xaa\xbb\xcc")
        host.start()
        host.expect_logged("CHECKPOINT_DAMAGED")
        self.assert_stands(host)

    def test_damaged_rows_of_history_are_found(self):
        host = self.copy("rows")
        rows = self.book_files(host, "checkpoints", "*.rows")[3]
        with open(rows, "r+b") as file:
            file.write(b"\x01\x02\x03\x04")
        host.start()
        host.expect_logged("CHECKPOINT_DAMAGED")
        self.assert_stands(host)

    def test_pruned_segments_are_not_needed_by_a_start(self):
        host = self.copy("pruned")
        for path in self.book_files(host, "segments", "*")[:-3]:
            os.remove(path)
        host.start()
        self.assert_stands(host)

    def test_a_pruned_journal_without_a_checkpoint_is_refused(self):
        host = self.copy("pruned_away")
        os.remove(self.book_files(host, "segments", "*")[0])
        shutil.rmtree(os.path.join(host.state, "books", "main", "checkpoints"))
        self.assertEqual(host.spawn().wait(), 3)
        host.expect_logged("JOURNAL_PRUNED")

    def test_a_missing_segment_in_the_middle_is_refused_where_it_is_needed(self):
        host = self.copy("gap")
        os.remove(self.book_files(host, "segments", "*")[4])
        shutil.rmtree(os.path.join(host.state, "books", "main", "checkpoints"))
        self.assertEqual(host.spawn().wait(), 3)
        host.expect_logged("JOURNAL_SEGMENT_MISSING")

    def test_a_missing_segment_in_the_middle_is_told_by_verify_and_backup_with_its_number(self):
        host = self.copy("gap_told")
        segments = self.book_files(host, "segments", "*")
        os.remove(segments[4])
        for words in (["verify", host.state], ["backup", host.state, "--to", os.path.join(self.root, "gap.copy")]):
            said = self.journal(*words, code=3).stderr
            self.assertIn("[JOURNAL_SEGMENT_MISSING]", said)
            self.assertIn("segment 5 is not there", said)
        # What a start does not need does not hold it up.
        host.start()
        self.assert_stands(host)
        os.remove(segments[0])
        for path in segments[1:4]:
            os.remove(path)
        self.journal("verify", host.state)

    def test_a_compressed_segment_that_was_changed_is_refused(self):
        host = self.copy("changed")
        packed = self.book_files(host, "segments", "*.zst")[4]
        with open(packed, "r+b") as file:
            file.truncate(os.path.getsize(packed) // 2)
        shutil.rmtree(os.path.join(host.state, "books", "main", "checkpoints"))
        self.assertEqual(host.spawn().wait(), 3)
        host.expect_logged("JOURNAL_DAMAGED")

    def test_what_a_host_left_that_ended_between_two_segments_is_tidied(self):
        host = self.copy("between")
        journal = host.journal()
        number = len(self.book_files(host, "segments", "*")) + 1
        os.link(journal, os.path.join(os.path.dirname(journal), "segments", f"{number:08}.journal"))
        shutil.copy(journal, journal + ".next")
        host.start()
        self.assertEqual(self.book_files(host, "segments", f"{number:08}*") + self.book_files(host, "journal.next"), [])
        self.assert_stands(host)

    def test_a_host_that_is_killed_anywhere_stands_in_the_end_where_one_does_that_was_not(self):
        chance = random.Random(SEED)
        state = os.path.join(self.root, "killed")
        host = RunningHost(arguments.cadre, state + ".log", self.config, agents(), state=state)
        for _ in range(12):
            host.start("--replay")
            ends = time.monotonic() + chance.uniform(0.05, 0.5)
            wait_until("its time is over", lambda: time.monotonic() > ends)
            host.kill()
        host.start("--replay")
        self.assertEqual(self.standing(host), self.ends, f"seed {SEED}")
        self.assertGreater(len(self.book_files(host, "segments", "*")), 5)
        self.assertEqual(host.stop(), 0)

    def journal(self, *words, code=0):
        done = subprocess.run([arguments.cadre, "journal", *words], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_a_copy_that_is_made_while_a_host_trades_can_be_started_from(self):
        state, copies = os.path.join(self.root, "trades"), []
        host = RunningHost(arguments.cadre, state + ".log", self.config, agents(), state=state).start("--replay")
        for n in range(3):
            copies.append(os.path.join(self.root, f"copy-{n}"))
            self.journal("backup", state, "--to", copies[-1])
        self.standing(host)
        self.assertEqual(host.stop(), 0)
        for copy in copies:
            restored = copy + ".restored"
            self.assertIn("BACKUP_OLDER", self.journal("restore", copy, "--to", restored, code=3).stderr)
            self.journal("restore", copy, "--to", restored, "--accept-loss")
            again = RunningHost(arguments.cadre, restored + ".log", self.config, agents(), state=restored).start()
            self.assertEqual(again.book()["state"], "halted")
            self.assertIn("compare its positions", again.book()["reason"])
            self.assertEqual(again.command("resume", "--reason", "compared").returncode, 0)
            self.assertEqual(again.stop(), 0)
            again.start("--replay")
            stands = self.standing(again)
            # The halt and the resume are events of their own: numbers, and ids that are made of them, are others.
            for name in ("date", "decisions", "orders", "rejected_orders", "fills", "equity", "cash", "profit", "costs"):
                self.assertEqual(stands[name], self.ends[name], name)
            self.assertEqual(again.stop(), 0)

    def test_a_whole_copy_goes_back_into_its_place_and_a_host_that_runs_is_not_touched(self):
        host = self.copy("place")
        copy = os.path.join(self.root, "place.copy")
        self.journal("backup", host.state, "--to", copy)
        self.assertIn("BACKUP_EXISTS", self.journal("backup", host.state, "--to", copy, code=3).stderr)
        host.start()
        self.assertIn("STATE_FOLDER_IN_USE", self.journal("restore", copy, "--to", host.state, code=3).stderr)
        self.assertEqual(host.stop(), 0)
        # What the host did since is acknowledged: the copy lacks it.
        self.assertIn("BACKUP_OLDER", self.journal("restore", copy, "--to", host.state, code=3).stderr)
        shutil.rmtree(copy)
        self.journal("backup", host.state, "--to", copy)
        os.remove(host.journal())
        if os.geteuid() == 0:
            # The service has a user of its own, and root restores for it.
            for path, folders, names in os.walk(host.state):
                for name in [".", *folders, *names]:
                    os.chown(os.path.join(path, name), 65534, 65534)
        self.journal("restore", copy, "--to", host.state)
        owners = {os.lstat(os.path.join(path, name)).st_uid for path, folders, names in os.walk(host.state) for name in [*folders, *names]}
        self.assertEqual(owners, {os.stat(host.state).st_uid})
        host.start()
        self.assert_stands(host)

    def test_verify_names_damage_and_where_it_is(self):
        host = self.copy("verified")
        self.journal("verify", host.state)
        with open(host.journal(), "r+b") as file:
            file.seek(os.path.getsize(host.journal()) // 2)
            file.write(b"\x55\xaa")
        said = self.journal("verify", host.state, code=3).stderr
        self.assertIn("JOURNAL_DAMAGED", said)
        self.assertIn("at byte", said)

    def test_show_gives_what_was_asked_for_and_nothing_else(self):
        host = self.copy("shown")
        lines = self.journal("show", host.state, "--kind", "order", "--instrument", "IBM", "--since", "2000-01-01", "--until", "2000-12-31").stdout.splitlines()
        records = [json.loads(line) for line in lines]
        self.assertGreater(len(records), 10)
        self.assertEqual({(r["kind"], r["order"]["instrument"], r["book"]) for r in records}, {("order", "IBM", "main")})
        self.assertEqual({r["order"]["side"] for r in records} | {r["order"]["type"] for r in records}, {"buy", "sell", "market"})
        for record in records:
            self.assertRegex(record["order"]["quantity"], r"^[0-9]+$")
            self.assertEqual([name for name in record["order"] if name.endswith(("_e9", "_e6"))], [], "what is in units is not called otherwise")
        self.assertEqual(len(self.journal("show", host.state, "--kind", "bar", "--last", "3").stdout.splitlines()), 3)
        self.journal("show", host.state, "--kind", "ordre", code=3)
        self.journal("show", os.path.join(self.root, "nowhere"), code=3)

    def test_older_segments_are_pruned_as_the_configuration_says(self):
        with open(self.config, encoding="utf-8") as file:
            config = json.load(file)
        config["journal"]["keep_segments"] = 2
        path = write_json(os.path.join(self.root, "prunes.json"), config)
        state = os.path.join(self.root, "prunes")
        host = RunningHost(arguments.cadre, state + ".log", path, agents(), state=state).start("--replay")
        self.assertEqual(self.standing(host), self.ends)
        self.assertEqual(host.stop(), 0)
        host.start()
        self.assert_stands(host)
        # What the four newest checkpoints need stays, and how many of them were written is a matter of how fast they could be: each
        # end of a host that took a bar writes one more.
        newest = read_bars()[-1]["bars"]
        for day in range(3, 8):
            host.start()
            host.post([json.dumps({"date": f"2001-01-{day:02}", "bars": newest})])
            self.assertEqual(host.stop(), 0)
        found, = json.loads(self.journal("verify", state, "--json").stdout)
        self.assertGreater(found["begins_at"], 0, host.log_text())
        self.assertLess(found["segments"], 14)


if __name__ == "__main__":
    run_tests("build", "cadre")
