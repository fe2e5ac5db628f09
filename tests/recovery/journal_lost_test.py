"""A book that has lived never begins anew because its journal is gone, empty, another's, older or cut, and the refusal says the way out.

Usage: journal_lost_test.py --build BUILD --cadre CADRE
"""

import glob
import json
import os
import shutil
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import ROOT, RunningHost, new_folder, write_json
from test_main import run_tests

CASE = os.path.join(ROOT, "tests", "data", "journal_gone")
HEAD_BYTES = 16
arguments = None


def text_of(name):
    with open(os.path.join(CASE, name), encoding="utf-8") as file:
        return file.read()


class JournalLost(unittest.TestCase):
    """A host of one book that has taken a signal and four bars, and has stopped."""

    def setUp(self):
        self.folder = new_folder("lost")
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = os.path.join(self.folder, "scenario.json")
        for name in ("scenario.json", "prices.csv"):
            shutil.copy(os.path.join(CASE, name), self.folder)
        self.host = self.host_of("state")
        self.host.start()
        self.assertLess(self.host.ask("POST", "/v1/books/main/signals", text_of("signal.json"))[0], 300)
        for bar in range(1, 5):
            self.assertLess(self.host.ask("POST", "/v1/books/main/bars", text_of(f"bar-{bar}.json"))[0], 300)
        self.stands = self.host.book()
        self.assertEqual(self.host.stop(), 0)
        self.journal = self.host.journal()

    def host_of(self, state, config=None):
        host = RunningHost(arguments.cadre, self.folder, config or self.config, [os.path.join(arguments.build, "agents")],
                           state=os.path.join(self.folder, state))
        self.addCleanup(host.end)
        return host

    def refused(self, *more):
        """What a start says that is refused."""
        done = subprocess.run([arguments.cadre, *self.host.options(), "run", self.config, "--state", self.host.state, *more],
                              capture_output=True, text=True, timeout=60, env=self.host.environment())
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        return done.stderr

    def assert_lost(self, code="BOOK_JOURNAL_LOST"):
        said = self.refused()
        self.assertIn(code, said)
        self.assertIn("cadre journal restore", said)
        self.assertIn("--begin-again main", said)
        self.assertEqual(len(said.strip().splitlines()), 1, said)

    def test_the_journal_that_was_left_is_gone_on_with(self):
        self.host.start()
        self.assertEqual((self.host.book()["sequence"], self.host.book()["equity"]), (self.stands["sequence"], self.stands["equity"]))

    def test_a_journal_that_is_gone_is_refused(self):
        os.remove(self.journal)
        self.assert_lost()
        self.assertFalse(os.path.exists(self.journal))

    def test_a_folder_of_books_that_is_gone_is_refused(self):
        shutil.rmtree(os.path.join(self.host.state, "books"))
        self.assert_lost()

    def test_an_empty_journal_is_refused(self):
        open(self.journal, "wb").close()
        self.assert_lost()
        self.assertEqual(os.path.getsize(self.journal), 0)

    def test_a_journal_of_which_only_the_head_is_left_is_refused(self):
        os.truncate(self.journal, HEAD_BYTES)
        self.assert_lost()

    def test_what_is_no_journal_is_refused_by_name(self):
        with open(self.journal, "wb") as file:
            file.write(b"something else entirely\n" * 100)
        self.assertIn("JOURNAL_NOT_A_JOURNAL", self.refused())

    def test_a_journal_that_was_put_back_from_an_older_copy_is_refused(self):
        shutil.copy(self.journal, self.journal + ".old")
        self.host.start()
        self.assertEqual(self.host.stop(), 0)
        os.replace(self.journal + ".old", self.journal)
        self.assert_lost("BOOK_JOURNAL_OLDER")

    def test_a_journal_that_lost_acknowledged_bars_at_a_commit_is_refused(self):
        with open(self.journal, "rb") as file:
            data = file.read()
        ends, at = [], HEAD_BYTES
        while at < len(data):
            length, kind = struct.unpack_from("<II", data, at)
            at += 24 + length
            ends += [at] if kind == 14 else []
        os.truncate(self.journal, ends[-3])
        self.assert_lost("BOOK_JOURNAL_OLDER")

    def test_the_journal_of_another_host_is_refused(self):
        other = self.host_of("other").start()
        self.assertEqual(other.stop(), 0)
        shutil.copy(other.journal(), self.journal)
        self.assert_lost("BOOK_JOURNAL_FOREIGN")

    def test_the_journals_of_two_books_that_changed_places_are_refused(self):
        scenario = json.loads(text_of("scenario.json"))
        books = [{"scenario": "scenario.json", "set": {"/book/id": name}} for name in ("one", "two")]
        config = write_json(os.path.join(self.folder, "host.json"), {"name": scenario["name"], "books": books})
        host = self.host_of("two", config).start()
        self.assertEqual(host.stop(), 0)
        one, two = host.journal("one"), host.journal("two")
        for a, b in ((one, one + ".aside"), (two, one), (one + ".aside", two)):
            os.rename(a, b)
        self.host, self.config = host, config
        said = self.refused()
        self.assertEqual(said.count("BOOK_JOURNAL_FOREIGN"), 2, said)

    def test_a_damaged_acknowledged_record_is_refused_with_its_place(self):
        with open(self.journal, "r+b") as file:
            file.seek(HEAD_BYTES + 40)
            file.write(b"\xff")
        shutil.rmtree(os.path.join(os.path.dirname(self.journal), "checkpoints"))
        said = self.refused()
        self.assertIn("JOURNAL_DAMAGED", said)
        self.assertIn("at byte 16", said)

    def test_an_end_that_was_never_acknowledged_is_cut_and_said_whatever_it_looks_like(self):
        size = os.path.getsize(self.journal)
        for rubbish in (b"\0" * 4096, os.urandom(3000), b"\x05"):
            with open(self.journal, "ab") as file:
                file.write(rubbish)
            self.host.start()
            self.host.expect_logged("JOURNAL_TAIL_CUT")
            self.assertEqual(self.host.book()["sequence"], self.stands["sequence"])
            self.assertEqual(self.host.stop(), 0)
            self.assertGreaterEqual(os.path.getsize(self.journal), size)

    def test_begin_again_gives_a_lost_book_its_first_cash_and_keeps_what_is_left(self):
        os.remove(self.journal)
        self.host.start("--begin-again", "main")
        self.assertEqual((self.host.book()["sequence"], int(self.host.book()["equity"])), (0, json.loads(text_of("scenario.json"))["book"]["initial_cash"]))
        self.assertEqual(self.host.stop(), 0)
        self.assertTrue(glob.glob(os.path.join(self.host.state, "books", "main.given_up-1", "watermark")))
        # Left in a unit file, it does not begin the book again at each start.
        self.assertIn("BOOK_NOT_LOST", self.refused("--begin-again", "main"))
        self.host.start()

    def test_begin_again_of_a_book_that_is_not_there_is_refused(self):
        self.assertIn("BOOK_NOT_NAMED", self.refused("--begin-again", "mian"))

    def test_a_book_that_was_begun_again_does_not_take_its_old_journal(self):
        shutil.copy(self.journal, self.journal + ".old")
        os.remove(self.journal)
        self.host.start("--begin-again", "main")
        self.assertEqual(self.host.stop(), 0)
        os.rename(os.path.join(self.host.state, "books", "main.given_up-1", "journal.old"), self.journal)
        self.assert_lost("BOOK_JOURNAL_OLDER")

    def test_a_second_host_is_refused_whatever_file_was_removed(self):
        self.host.start()
        for name in ("lock", "admin.sock"):
            path = os.path.join(self.host.state, name)
            if os.path.exists(path):
                os.remove(path)
        self.assertIn("STATE_FOLDER_IN_USE", self.refused())
        self.assertEqual(self.host.stop(), 0)

    def test_a_second_host_with_the_folder_of_a_book_is_refused(self):
        self.host.start()
        other = os.path.join(self.folder, "thief")
        shutil.copytree(self.host.state, other, ignore=lambda _, names: [name for name in names if name in ("books", "admin.sock")])
        os.symlink(os.path.join(self.host.state, "books"), os.path.join(other, "books"))
        first, self.host = self.host, self.host_of("thief")
        self.assertIn("BOOK_FOLDER_IN_USE", self.refused())
        self.assertEqual(first.book()["sequence"], self.stands["sequence"])
        self.assertEqual(first.stop(), 0)


if __name__ == "__main__":
    run_tests("build", "cadre")
