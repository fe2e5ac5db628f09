"""A candidate that does well at the newest bar and misbehaves at an earlier one: the look back of a dry run bears it.

Usage: preview_test.py --build BUILD --cadre CADRE
"""

import shutil
import time
import unittest

from walls import DAY, Journal, Walls, change, misbehaving, undisturbed
from test_main import run_tests

arguments = None
TIMEOUT_MS = 2000


class Preview(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        _, cls.orders = undisturbed(arguments, 60)

    def test_names_it_in_time_and_the_books_go_on(self):
        walls = Walls(arguments, misbehaving("nothing"), probe_timeout_ms=TIMEOUT_MS)
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        walls.host.start()
        for book in ("main", "other"):
            walls.post(book, 0, DAY + 5)
            walls.host.settled_book(book)
        for does, where in (("abort", "decide"), ("fault", "observe"), ("hang", "decide"), ("hang", "observe"), ("overrun", "decide")):
            with self.subTest(does=does, where=where):
                begun = time.monotonic()
                status, answer = walls.host.ask("POST", "/v1/revisions:validate", change(config=walls.changed(misbehaving(does, where))))
                self.assertLess(time.monotonic() - begun, 2 * TIMEOUT_MS / 1000 + 2)
                self.assertEqual(status, 200, answer)
                preview, = answer["preview"]
                said = [f["reason"] for f in preview.get("failed", []) if f["stage"] == "adjuster"] + [p["message"] for p in preview.get("problems", [])]
                self.assertTrue(said, preview)
        for book in ("main", "other"):
            walls.post(book, DAY + 5, 60)
            walls.host.settled_book(book)
        self.assertEqual(walls.host.stop(), 0)
        for book in ("main", "other"):
            self.assertEqual(Journal(walls.host.journal(book)).orders_without_ids(), self.orders[book])


if __name__ == "__main__":
    run_tests("build", "cadre")
