"""The candidate of a shadow experiment misbehaves: it is refused before it begins, or ends its own experiment, and nobody else notices.

Usage: experiment_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import threading
import time
import unittest

from walls import BARS, DAY, Journal, Walls, change, misbehaving, undisturbed, wait_until
from test_main import run_tests

arguments = None
PROBE_S = 11.0  # ten seconds for a call, and one for the rest
NAMED = "adjuster (walls.misbehaving 1.0.0)"


class Experiment(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        _, cls.orders = undisturbed(arguments, 60)

    def walls(self):
        walls = Walls(arguments, misbehaving("nothing", on_failure="bypass"))
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        walls.host.start()
        for book in ("main", "other"):
            walls.post(book, 0, DAY)
        return walls

    def start(self, walls, does, where="decide", day=DAY, name="try"):
        candidate = misbehaving(does, where, day=day, on_failure="bypass")
        return walls.host.ask("POST", "/v1/experiments", change(
            book="main", origin="experiment.json",
            experiment={"name": name, "candidate": {"set": {"/chain/trade_adjusters/0": candidate}}}))

    def trade_on(self, walls, end=60):
        for book in ("main", "other"):
            walls.post(book, DAY, end)
            walls.host.settled_book(book)

    def assert_undisturbed(self, walls):
        self.assertEqual(walls.host.stop(), 0)
        for book in ("main", "other"):
            self.assertEqual(Journal(walls.host.journal(book)).orders_without_ids(), self.orders[book])

    def test_what_fails_on_the_present_day_is_refused_with_agent_and_call(self):
        walls = self.walls()
        for does, where, why in (("abort", "init", "killed by signal 6"), ("fault", "decide", "killed by signal 11"),
                                 ("abort", "observe", "killed by signal 6"), ("overrun", "decide", "killed by signal 11")):
            with self.subTest(does=does, where=where):
                status, body = self.start(walls, does, where, day=DAY - 1)
                self.assertEqual(status, 422, body)
                self.assertIn(why, body["detail"])
                self.assertIn("walls.misbehaving", body["detail"])
                self.assertIn("candidate", body["detail"])
        self.assertEqual(walls.host.ask_for("/v1/experiments"), [])
        self.trade_on(walls)
        self.assert_undisturbed(walls)

    def test_one_that_hangs_is_refused_and_no_book_waits_for_it(self):
        walls = self.walls()
        answers = []
        began = time.monotonic()
        asking = threading.Thread(target=lambda: answers.append(self.start(walls, "hang", "init")))
        asking.start()
        for bar in range(DAY, 60):
            for book in ("main", "other"):
                begun = time.monotonic()
                status, body = walls.host.ask("POST", f"/v1/books/{book}/bars", BARS[bar])
                self.assertEqual(status, 202, body)
                self.assertLess(time.monotonic() - begun, 1.0)
        asking.join()
        self.assertLess(time.monotonic() - began, PROBE_S + 1)
        status, body = answers[0]
        self.assertEqual(status, 422, body)
        self.assertIn("it gave no answer in init before the 10000 ms of the probe were over", body["detail"])
        self.assertIn("walls.misbehaving", body["detail"])
        for book in ("main", "other"):
            walls.host.settled_book(book)
        self.assert_undisturbed(walls)

    def assert_over(self, walls, why):
        """In text, page and status; and the host is ready."""
        experiment = wait_until("it failed", lambda: next(
            (e for e in walls.host.ask_for("/v1/status")["experiments"] if e["state"] == "failed"), None))
        for part in ("candidate: " + NAMED, why):
            self.assertIn(part, experiment["reason"])
        self.assertEqual(walls.host.ask("GET", "/readyz")[0], 200)
        self.assertIn("experiment try failed: candidate: adjuster", " ".join(walls.host.command("status").stdout.split()))
        walls.host.expect_logged("experiment_failed")
        out = os.path.join(walls.root, "report")
        shown = walls.host.command("experiment", "results", "try", "--out", out)
        self.assertIn("try is over: candidate: " + NAMED, " ".join(shown.stdout.split()))
        with open(os.path.join(out, "report.html"), encoding="utf-8") as page:
            text = page.read()
        self.assertIn("It failed: candidate: adjuster", text)
        with open(os.path.join(out, "comparison.json"), encoding="utf-8") as file:
            self.assertIn("verdict", json.load(file))

    def test_one_that_dies_later_ends_its_own_experiment_only(self):
        walls = self.walls()
        status, body = self.start(walls, "abort", "decide", day=DAY + 5)
        self.assertEqual(status, 201, body)
        self.trade_on(walls)
        self.assert_over(walls, "killed by signal 6")
        self.assert_undisturbed(walls)

    def test_one_that_hangs_later_ends_its_own_experiment_only(self):
        walls = self.walls()
        status, body = self.start(walls, "hang", "observe", day=DAY + 5)
        self.assertEqual(status, 201, body)
        begun = time.monotonic()
        self.trade_on(walls)
        self.assertLess(time.monotonic() - begun, 8.0)  # nobody waited for the ten seconds of that call
        self.assert_over(walls, "it gave no answer in 10 seconds")
        self.assert_undisturbed(walls)

    def test_one_that_does_nothing_wrong_runs_in_a_process_and_differs_by_nothing(self):
        walls = self.walls()
        status, body = self.start(walls, "dawdle", day=DAY + 30)
        self.assertEqual(status, 201, body)
        self.trade_on(walls)
        results = walls.host.ask_for("/v1/experiments/try/results")
        self.assertEqual((results["state"], results["comparison"]["n"], results["differing_decisions"]), ("running", 60 - DAY, 0))
        self.assertEqual(results["order_hashes"]["twin"], results["order_hashes"]["candidate"])
        self.assert_undisturbed(walls)


if __name__ == "__main__":
    run_tests("build", "cadre")
