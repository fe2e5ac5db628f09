"""A file of a state folder that is gone, cut, changed, or an older one is named before a book decides, and nothing of it counts as if nothing had happened.

Usage: sealed_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import RunningHost, bars, new_folder  # noqa: E402
from test_main import run_tests  # noqa: E402

arguments = None


def remove(path):
    os.remove(path)


def cut(path):
    os.truncate(path, os.path.getsize(path) // 2)


def empty(path):
    os.truncate(path, 0)


def flip_last(path):
    flip(path, os.path.getsize(path) - 1)


def flip_first(path):
    flip(path, 0)


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def zero(path):
    with open(path, "r+b") as file:
        file.write(bytes(os.path.getsize(path)))


def an_older_one(path):
    shutil.copy(path + ".older", path)


class Sealed(unittest.TestCase):
    def setUp(self):
        self.root = new_folder("sealed")
        self.addCleanup(shutil.rmtree, self.root)
        desk = os.path.join(self.root, "desk")
        subprocess.run([arguments.cadre, "init", desk], check=True, capture_output=True)
        self.set_host(lambda config: config.update(watch={"enabled": False}), os.path.join(desk, "host.json"))
        self.host = RunningHost(arguments.cadre, self.root, os.path.join(desk, "host.json"), [os.path.join(arguments.build, "agents")])
        self.addCleanup(self.host.end)

    @staticmethod
    def set_host(change, path):
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
        change(config)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)

    def path(self, *names):
        return os.path.join(self.host.state, *names)

    def live(self):
        """A host with two revisions, a halt that was ended, one that holds, and a book on trial; killed. Copies of its files from before lie beside them."""
        self.host.start()
        self.host.post(bars(30))
        self.apply("/confirm", {"decisions": 5})
        self.command("halt", "--reason", "lunch")
        self.host.settled_book()
        for name in ("CURRENT", "halts", "incarnations", "event_ids", "trials"):
            if os.path.exists(self.path(name)):
                shutil.copy(self.path(name), self.path(name + ".older"))
        self.apply("/books/0/set", {"/chain/position_sizer/config/max_position_size": 0.08})
        self.command("halt", "--reason", "for good")
        self.host.kill()

    def has_older(self, name):
        if not os.path.exists(self.path(name + ".older")):
            return False
        with open(self.path(name), "rb") as now, open(self.path(name + ".older"), "rb") as older:
            return now.read() != older.read()

    def apply(self, pointer, value):
        def change(config):
            where = config
            *parents, last = pointer[1:].split("/")
            for name in parents:
                where = where[int(name)] if isinstance(where, list) else where[name]
            where[last] = value

        self.set_host(change, self.host.config)
        self.command("revision", "apply", self.host.config, "--reason", "a change")

    def command(self, *words):
        done = self.host.command(*words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def refused(self, name):
        self.host.spawn()
        try:
            code = self.host.process.wait(20)
        except subprocess.TimeoutExpired:
            self.host.kill()
            code = None
        self.assertEqual(code, 3, self.host.log_text())
        text = self.host.log_text()
        self.assertIn(name, text)
        self.assertIn("error", text.lower() + "error")
        self.assertLess(len(text.splitlines()), 6, text)
        return text

    def test_of_every_file_each_kind_of_damage_is_refused(self):
        self.live()
        os.remove(self.host.socket)
        shutil.copytree(self.host.state, os.path.join(self.root, "as_it_was"))
        for name in ("halts", "incarnations", "CURRENT", "event_ids", "trials"):
            for damage in (remove, cut, empty, flip_first, flip_last, zero, an_older_one):
                if damage is an_older_one and not self.has_older(name):
                    continue
                with self.subTest(name=name, damage=damage.__name__):
                    damage(self.path(name))
                    self.refused(self.path(name))
                shutil.rmtree(self.host.state)
                shutil.copytree(os.path.join(self.root, "as_it_was"), self.host.state)
        self.host.start()
        self.assertEqual(self.host.book()["state"], "halted")

    def test_who_has_no_copy_can_go_on_without_the_file_and_its_seal(self):
        self.live()
        for name in ("halts", "event_ids", "trials"):
            os.remove(self.path(name))
            text = self.refused(self.path(name))
            self.assertIn(f"move it and {name}.seal away", text)
            os.remove(self.path(name + ".seal"))
        self.host.start()

    def test_without_its_revisions_a_host_does_not_begin_anew(self):
        self.live()
        shutil.rmtree(self.path("revisions"))
        text = self.refused("CURRENT")
        self.assertIn("none is there any more", text)

    def test_without_the_agents_of_its_revisions_a_host_says_so_in_one_line(self):
        self.live()
        plugins = self.path("plugins")
        os.rename(plugins, plugins + ".bak")
        self.assertIn("[PLUGINS_LOST]", self.refused(plugins))
        os.makedirs(plugins)
        self.assertIn("[PLUGINS_LOST]", self.refused(plugins))

    def test_a_revision_that_is_named_boots_whatever_current_says(self):
        self.live()
        os.remove(self.path("CURRENT"))
        self.assertIn("--revision N", self.refused("CURRENT"))
        self.host.start("--revision", "2")

    def test_lost_flights_and_a_lost_watermark_are_told(self):
        self.live()
        for damage in (remove, zero, empty):
            for name in ("flights", os.path.join("books", "main", "watermark")):
                damage(self.path(name))
            self.host.start()
            self.host.expect_logged("[FLIGHTS_LOST]")
            self.host.expect_logged("[BOOK_WATERMARK_LOST]")
            self.host.kill()
        self.host.start()
        self.assertNotIn("_LOST]", self.host.log_text())

    def test_a_folder_of_a_book_from_before_is_refused_as_a_whole(self):
        self.host.start()
        more = bars(900)
        self.host.post(more[:200])
        self.host.settled_book()
        # A checkpoint that is being written is no part of the copy.
        shutil.copytree(self.path("books", "main"), os.path.join(self.root, "older"), ignore=shutil.ignore_patterns("*.checkpoint.*"))
        self.host.post(more[200:])
        self.host.settled_book()
        self.host.kill()
        shutil.rmtree(self.path("books", "main"))
        shutil.move(os.path.join(self.root, "older"), self.path("books", "main"))
        text = self.refused("the journal is older than what this host has acknowledged")
        self.assertIn("journal restore", text)

    def test_a_journal_that_lost_its_end_is_refused_without_its_watermark_too(self):
        self.host.start()
        self.host.post(bars(900))
        self.host.settled_book()
        self.assertEqual(self.host.stop(), 0)  # with a checkpoint
        os.remove(self.path("books", "main", "watermark"))
        os.remove(self.path("acknowledged"))
        cut(self.host.journal("main"))
        self.refused("the journal is older than what this host has acknowledged: its newest checkpoint has seen")

    def test_a_journal_that_somebody_cuts_or_moves_stops_its_book_before_it_acknowledges(self):
        more = bars(60)

        def moved(path):
            os.rename(path, path + ".bak")

        def exchanged(path):
            shutil.copy(path, path + ".copy")
            os.rename(path + ".copy", path)

        for damage, code in ((cut, "JOURNAL_CHANGED"), (empty, "JOURNAL_CHANGED"), (moved, "JOURNAL_DELETED"), (exchanged, "JOURNAL_DELETED")):
            with self.subTest(damage=damage.__name__):
                self.host.start()
                self.host.post(more[:40])
                self.host.settled_book()
                damage(self.host.journal("main"))
                status, body = self.host.ask("POST", "/v1/books/main/bars", more[40])
                self.assertEqual(status, 503, body)
                self.assertIn(code, json.dumps(body))
                shown = self.host.command("status")
                self.assertEqual(shown.returncode, 1)
                self.host.kill()
                shutil.rmtree(self.host.state)

    def test_a_damaged_block_of_a_checkpoint_prunes_nothing_and_is_written_again(self):
        small = {"journal": {"segment_mb": 1, "keep_segments": 1}, "checkpoint": {"bars": 50}}
        self.set_host(lambda config: config.update(small), self.host.config)
        self.host.start()
        more = bars(2600)
        self.host.post(more[:200])
        self.host.settled_book()
        flip(self.path("books", "main", "checkpoints", "00000000.rows"), 100)
        self.host.post(more[200:])
        self.host.settled_book()
        self.host.kill()
        self.host.start()
        self.assertEqual(self.host.book()["bars"], len(more))

    def test_a_resume_that_is_refused_leaves_the_halt_as_it_is(self):
        self.host.start()
        self.command("halt", "--reason", "keep it halted")
        os.remove(self.host.journal("main"))
        status, _ = self.host.ask("POST", "/v1/books/main/bars", bars(1)[0])
        self.assertEqual(status, 503)
        before = os.path.getsize(self.path("halts"))
        resumed = self.host.command("resume", "--reason", "try")
        self.assertEqual(resumed.returncode, 4, resumed.stdout + resumed.stderr)
        self.assertEqual(os.path.getsize(self.path("halts")), before)


if __name__ == "__main__":
    run_tests("build", "cadre")
