"""Where a run is written: an old run stays until the new one is whole, and two runs never share a folder."""

import fcntl
import json
import os
import unittest

from workbench import Workbench, tree


class RunFolder(Workbench):
    def run_to(self, out):
        self.write()
        return self.cadre("backtest", "scenario.json", "--out", out)

    def test_a_slash_at_the_end_is_no_other_folder(self):
        self.assertEqual(self.run_to("run").returncode, 0)
        run = self.run_to("run/")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("journal", os.listdir(self.path("run")))
        self.assertEqual([name for name in os.listdir(self.folder) if "partial" in name], [])
        self.assertEqual(self.cadre("replay", "run/").returncode, 0)

    def test_what_a_killed_run_left_is_replaced(self):
        os.makedirs(self.path("run.partial", "plugins"))
        with open(self.path("run.partial", "stale"), "w", encoding="utf-8") as file:
            file.write("of a run that was killed")
        self.assertEqual(self.run_to("run").returncode, 0)
        self.assertNotIn("stale", os.listdir(self.path("run")))

    def test_a_second_run_into_one_folder_is_refused_while_the_first_writes(self):
        self.assertEqual(self.run_to("run").returncode, 0)
        before = tree(self.path("run"))
        os.mkdir(self.path("run.partial"))
        lock = os.open(self.path("run.partial"), os.O_RDONLY)
        self.addCleanup(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = self.run_to("run")
        self.assertEqual(run.returncode, 3)
        self.assertIn("run: another run is being written there; wait for it, or name another --out [OUT_IN_USE]\n", run.stderr)
        self.assertEqual(tree(self.path("run")), before)
        self.assertTrue(os.path.isdir(self.path("run.partial")))

    def test_a_run_without_an_order_says_so(self):
        self.scenario["instruments"] = {"lot": 1000000}
        run = self.run_to("run")
        self.assertEqual(run.returncode, 0)
        self.assertRegex(run.stderr, "warning: no decision led to an order; look for the stage that holds the targets back")

    def test_a_run_whose_orders_are_all_too_large_says_so(self):
        self.scenario["pre_trade_checks"] = {"max_order_notional": 1}
        run = self.run_to("run")
        self.assertRegex(run.stderr, "warning: no decision led to an order; look for the stage that holds the targets back")
        self.assertRegex(run.stderr, r"/pre_trade_checks: warning: the pre-trade checks made orders smaller or kept them back: FAT_FINGER_MAX_NOTIONAL \d+ times, first AA on 2024-.* \[RUN_ORDERS_FITTED\]")

    def test_a_replay_of_half_a_journal_says_that_it_is_half(self):
        self.assertEqual(self.run_to("run").returncode, 0)
        with open(self.path("run", "journal"), "r+b") as file:
            file.truncate(os.path.getsize(file.name) * 3 // 4)
        run = self.cadre("replay", "run")
        self.assertIn("the run did not come to its end: only what was recorded can be compared", run.stderr)

    def test_a_refused_order_is_explained_to_nothing_by_the_checks(self):
        self.scenario["pre_trade_checks"] = {"max_orders_per_day": 1}
        self.assertEqual(self.run_to("run").returncode, 0)
        with open(self.path("run", "orders.csv"), encoding="utf-8") as file:
            order = next(line for line in file if "FLOW_ORDERS_PER_DAY" in line).split(",")[1]
        explained = json.loads(self.cadre("explain", "run", order, "--json").stdout)
        *_, rules, checks = explained["steps"]
        self.assertEqual((rules["stage"], checks["stage"]), ("execution_rules", "pre_trade_checks"))
        self.assertEqual(int(rules["quantity"]), int(explained["quantity"]))
        self.assertEqual(sum(int(step["change"]) for step in explained["steps"]), 0)

    def test_what_settles_a_position_counts_as_an_order(self):
        self.scenario["universe"] = [{"from": "2024-02-20", "instruments": ["AA"]}]
        self.assertEqual(self.run_to("run").returncode, 0)
        with open(self.path("run", "result.json"), encoding="utf-8") as file:
            result = json.load(file)
        with open(self.path("run", "orders.csv"), encoding="utf-8") as file:
            orders = file.read().splitlines()[1:]
        self.assertTrue(any("settle" in order for order in orders))
        self.assertEqual(result["orders"], len(orders))


if __name__ == "__main__":
    unittest.main()

    def test_a_position_that_outgrows_the_books_stops_the_run_and_leaves_the_old_one(self):
        self.assertEqual(self.run_to("run").returncode, 0)
        before = tree(self.path("run"))
        self.scenario.setdefault("book", {})["initial_cash"] = 100_000_000_000
        self.scenario["pre_trade_checks"] = {"max_order_notional": 9_000_000_000_000, "max_order_quantity": 9_000_000_000}
        for row in self.prices[-3:]:
            row[1] = row[2] = row[3] = row[4] = "900000000"
        run = self.run_to("run")
        self.assertEqual(run.returncode, 3, run.stderr)
        self.assertRegex(run.stderr, r"scenario.json:\d+:\d+ /book: on 2024-\d\d-\d\d the value of \w\w no longer fits the books, which end at 9.2 million million; ")
        self.assertEqual(tree(self.path("run")), before)
        self.assertFalse(os.path.exists(self.path("run.partial")))
