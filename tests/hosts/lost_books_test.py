"""Books whose journal is gone or is no file: verify, backup, restore and the start of a host name them, and wait for nothing.

Usage: lost_books_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import subprocess
import unittest

from running_host import RunningHost, new_folder, write_json
from test_main import run_tests

arguments = None


class LostBooks(unittest.TestCase):
    """A host of two books that has traded a day and was stopped."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.root = new_folder("lost")
        cls.addClassCleanup(shutil.rmtree, cls.root)
        desk = os.path.join(cls.root, "desk")
        subprocess.run([arguments.cadre, "init", desk, "--empty", "--instrument", "AA", "--instrument", "BB"], check=True, capture_output=True)
        with open(os.path.join(desk, "scenarios", "main.json"), encoding="utf-8") as file:
            scenario = json.load(file)
        scenario["book"]["id"] = "other"
        write_json(os.path.join(desk, "scenarios", "other.json"), scenario)
        cls.config = write_json(os.path.join(desk, "host.json"),
                                {"name": "two", "books": [{"scenario": "scenarios/main.json"}, {"scenario": "scenarios/other.json"}]})
        cls.whole = os.path.join(cls.root, "whole")
        host = cls.host_at(cls.whole).start()
        for book in ("main", "other"):
            host.post(['{"date":"2024-01-02","bars":{"AA":10,"BB":20}}'], book)
        assert host.stop() == 0

    @classmethod
    def host_at(cls, state):
        return RunningHost(arguments.cadre, state + ".log", cls.config, [os.path.join(arguments.build, "agents")], state=state)

    def path(self, name):
        return os.path.join(self.root, self.id().rsplit(".", 1)[1][:40] + "." + name)

    def copy(self, name="state"):
        state = self.path(name)
        shutil.copytree(self.whole, state, ignore=shutil.ignore_patterns("admin.sock"))
        return state

    def journal(self, *words, code=0):
        done = subprocess.run([arguments.cadre, "journal", *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    @staticmethod
    def put_in_its_place(path, kind):
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.remove(path)
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            os.mkdir(path)

    def test_verify_and_backup_name_a_book_whose_journal_is_gone_and_the_others_are_copied(self):
        for kind in ("nothing", "pipe", "folder"):
            state, copy = self.copy(kind), self.path(kind + ".copy")
            self.put_in_its_place(os.path.join(state, "books", "other", "journal"), kind)
            for words in (["verify", state], ["backup", state, "--to", copy]):
                done = self.journal(*words, code=3)
                self.assertIn("[BOOK_JOURNAL_LOST]", done.stderr)
                self.assertIn('"other"', done.stderr)
                self.assertIn("main", done.stdout)
            self.assertTrue(os.path.isfile(os.path.join(copy, "books", "main", "journal")))
        state = self.copy("folder_gone")
        shutil.rmtree(os.path.join(state, "books", "other"))
        self.assertIn("[BOOK_JOURNAL_LOST]", self.journal("verify", state, code=3).stderr)
        self.journal("verify", state, "--book", "main")

    def test_a_copy_that_lacks_a_book_is_not_restored_and_nothing_is_replaced_but_the_book_that_is_named(self):
        state, copy = self.copy(), self.path("copy")
        self.journal("backup", state, "--to", copy)
        before = sorted(os.listdir(os.path.join(state, "books")))
        for kind in ("nothing", "pipe", "folder"):
            self.put_in_its_place(os.path.join(copy, "books", "other", "journal"), kind)
            said = self.journal("restore", copy, "--to", state, code=3).stderr
            self.assertIn("[BACKUP_LACKS_BOOK]", said)
            self.assertIn('"other"', said)
            self.assertEqual(sorted(os.listdir(os.path.join(state, "books"))), before)
        self.journal("restore", copy, "--to", state, "--book", "main")
        host = self.host_at(state).start()
        self.assertEqual({book["date"] for book in host.status()["books"]}, {"2024-01-02"})
        self.assertEqual(host.stop(), 0)

    def test_what_is_no_file_in_the_place_of_a_file_ends_a_start_or_is_passed_over_and_is_never_waited_for(self):
        places = {"books/main/journal": 3, "flights": 3}
        for kind in ("pipe", "folder"):
            for place, code in places.items():
                state = self.copy(kind + "." + place.replace("/", "_"))
                self.put_in_its_place(os.path.join(state, *place.split("/")), kind)
                host = self.host_at(state).spawn()
                self.assertEqual(host.process.wait(30), code, place)
                self.assertRegex(host.log_text(), "FILE_NOT_REGULAR|FILE_IS_DIRECTORY", place)

    def test_tools_say_what_is_no_file_and_wait_for_nothing(self):
        state = self.copy()
        book = os.path.join(state, "books", "main")
        checkpoints = os.path.join(book, "checkpoints")
        for name in sorted(os.listdir(checkpoints)):
            self.put_in_its_place(os.path.join(checkpoints, name), "pipe")
        for words in (["verify", state], ["show", state]):
            subprocess.run([arguments.cadre, "journal", *words], capture_output=True, timeout=30, check=False)
        self.put_in_its_place(os.path.join(book, "journal"), "pipe")
        self.assertIn("[BOOK_JOURNAL_LOST]", self.journal("verify", state, code=3).stderr)
        self.journal("show", os.path.join(book, "journal"), code=3)


if __name__ == "__main__":
    run_tests("build", "cadre")
