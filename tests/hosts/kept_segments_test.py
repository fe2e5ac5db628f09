"""A state folder whose segments have an earlier format is gone on with: the next segment has the format of today, and every place in the stream stays as it was.

Usage: kept_segments_test.py --build BUILD --cadre CADRE

The folders are in tests/data/format-4 to format-7. Their agents are in their stores; of those that play roles of a revision which is
gone, this build's take the places.
"""

import contextlib
import json
import os
import shutil
import subprocess
import tarfile
import unittest

from journal_file import Journal, file_format, segments_of, was_accepted
from running_host import PRICES, ROOT, RunningHost, new_folder, read_bars, write_json
from test_main import run_tests

FORMAT_OF_TODAY = 8
BARS = 450
arguments = None


class KeptSegments:
    """What holds for a folder of every format."""

    maxDiff = None
    FORMAT = None
    REVISION = None  # once agents of today took the places of those whose ABI is gone

    def setUp(self):
        kept = os.path.join(ROOT, "tests", "data", f"format-{self.FORMAT}")
        with open(os.path.join(kept, "expected.json"), encoding="utf-8") as file:
            self.expected = json.load(file)
        self.folder = new_folder(f"kept{self.FORMAT}")
        self.addCleanup(shutil.rmtree, self.folder)
        with tarfile.open(os.path.join(kept, "state.tar.xz")) as archive:
            archive.extractall(self.folder)
        shutil.copy(PRICES, os.path.join(self.folder, "prices.csv"))
        self.state = os.path.join(self.folder, "state")
        self.book = os.path.join(self.state, "books", "main")
        with open(os.path.join(self.state, "revisions", "000001.json"), encoding="utf-8") as file:
            self.config = write_json(os.path.join(self.folder, "host.json"), json.load(file)["config"])
        self.texts = [json.dumps(bar) for bar in read_bars(BARS + 50)]

    def start(self):
        host = RunningHost(arguments.cadre, self.folder, self.config, [os.path.join(arguments.build, "agents")], state=self.state)
        self.addCleanup(host.end)
        return host.start()

    def cadre(self, *words):
        return subprocess.run([arguments.cadre, "--agents", os.path.join(arguments.build, "agents"), *words], capture_output=True, text=True)

    def explained(self, which):
        """The first order that was accepted, or rejected, as `cadre explain` tells of it."""
        orders = Journal(os.path.join(self.book, "journal")).of("order")
        order = next(order for order in orders if was_accepted(order) == (which == "accepted"))
        done = self.cadre("explain", self.book, order["order"]["client_id"], "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def assert_stands(self, host, expected):
        book = host.settled_book()
        self.assertEqual({key: book[key] for key in expected}, expected)

    def formats(self):
        """Of the segments that are not compressed; one that the host compresses meanwhile is none of them."""
        known = []
        for path in segments_of(os.path.join(self.book, "journal")):
            with contextlib.suppress(FileNotFoundError):
                known += [] if path.endswith(".zst") else [file_format(path)]
        return known

    def go_on(self):
        """From where it was killed to fifty bars later, with a start between."""
        host = self.start()
        self.assert_stands(host, {**self.expected["state"], "revision": self.REVISION})
        self.assertEqual(self.formats()[-1], FORMAT_OF_TODAY)
        host.post(self.texts[BARS:BARS + 20])
        host.kill()
        host = self.start()
        host.post(self.texts[BARS + 20:])
        later = host.settled_book()
        self.assertEqual((later["date"], later["decisions"]), (self.expected["fifty_bars_later"]["date"], self.expected["fifty_bars_later"]["decisions"]))
        # A start without a checkpoint begins with the agents that are gone, and so has one more such revision.
        self.stood = {key: later[key] for key in self.expected["fifty_bars_later"] if key not in ("revision", "sequence")}
        self.assertEqual(host.stop(), 0, host.log_text())
        verified = self.cadre("journal", "verify", self.state)
        self.assertEqual((verified.returncode, verified.stderr), (0, ""))
        return host

    def test_it_is_of_its_format_and_read_as_it_is(self):
        self.assertEqual(set(self.formats()), {self.FORMAT})
        self.assertEqual(len(Journal(os.path.join(self.book, "journal")).of("order")), self.expected["state"]["orders"])
        self.assertEqual(self.explained("accepted")["failed_checks"], [])

    def test_a_host_goes_on_from_its_checkpoint_in_a_segment_of_today(self):
        before = Journal(os.path.join(self.book, "journal"))
        explained = [self.explained(which) for which in self.EXPLAINED]
        self.go_on()
        after = Journal(os.path.join(self.book, "journal"))
        kept = after.records[:len(before.records)]
        self.assertEqual([(r.kind, r.sequence, r.end, r.payload) for r in kept], [(r.kind, r.sequence, r.end, r.payload) for r in before.records])
        self.assertEqual(after.gaps(), [])
        self.assertEqual([self.explained(which) for which in self.EXPLAINED], explained)

    def test_a_host_goes_on_without_a_checkpoint_through_segments_of_both_formats(self):
        self.go_on()
        shutil.rmtree(os.path.join(self.book, "checkpoints"))
        host = self.start()
        self.assert_stands(host, self.stood)
        self.assertEqual(host.stop(), 0, host.log_text())

    def test_a_torn_end_of_it_is_cut_before_the_next_segment_begins(self):
        path = os.path.join(self.book, "journal")
        size = os.path.getsize(path)
        with open(path, "ab") as file:
            file.write(b"\x40\0\0\0\2\0\0\0half of a bar")
        host = self.go_on()
        with open(host.log, encoding="utf-8") as log:
            self.assertIn("[JOURNAL_TAIL_CUT]", log.read())
        before = Journal(path)
        self.assertEqual(before.gaps(), [])
        self.assertGreater(sum(record.end for record in before.records[-1:]), size)

    def test_a_damaged_byte_of_it_is_refused_with_its_place(self):
        path = os.path.join(self.book, "journal")
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            byte = file.read(1)
            file.seek(-1, 1)
            file.write(bytes([byte[0] ^ 1]))
        verified = self.cadre("journal", "verify", self.state)
        self.assertEqual(verified.returncode, 3)
        self.assertRegex(verified.stderr, r"at byte \d+.*\[JOURNAL_DAMAGED\]")


class Format4(KeptSegments, unittest.TestCase):
    FORMAT = 4
    REVISION = 2  # its execution rules are of a revision that is gone
    EXPLAINED = ("accepted", "rejected")


class Format5(KeptSegments, unittest.TestCase):
    FORMAT = 5
    REVISION = 1  # its agents run as they are
    EXPLAINED = ("accepted",)

    def test_it_decides_as_the_host_that_wrote_it(self):
        self.go_on()
        kept = {key: value for key, value in self.expected["fifty_bars_later"].items() if key in self.stood}
        self.assertEqual(self.stood, kept)


class Format6(Format5):
    FORMAT = 6


class Format7(Format5):
    FORMAT = 7


if __name__ == "__main__":
    run_tests("build", "cadre")
