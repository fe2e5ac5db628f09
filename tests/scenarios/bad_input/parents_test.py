"""Orders that go in parts: what became of them is in parents.csv and in explain, and files of settings become part of the run."""

import csv
import json
import os
import unittest
from decimal import Decimal

from workbench import Workbench


class Parents(Workbench):
    def rules(self, **config):
        self.chain["execution_rules"]["config"] = {"default_order_type": "MARKET", "price_threshold": 0.5, **config}

    def run_it(self, *arguments):
        self.write()
        run = self.cadre("backtest", "scenario.json", "--out", "run", *arguments)
        self.assertEqual(run.returncode, 0, run.stderr)

    def rows(self, name):
        with open(self.path("run", name), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def explain(self, order):
        return json.loads(self.cadre("explain", "run", order, "--json").stdout)

    def test_what_parts_were_sent_adds_up_with_what_never_was(self):
        self.rules(schedule="twap", slices=4, time_in_force="GTC")
        self.run_it()
        parents, orders = self.rows("parents.csv"), self.rows("orders.csv")
        self.assertGreater(len(parents), 5)
        for parent in parents:
            parts = [order for order in orders if order["client_id"].startswith(parent["client_id"] + "/")]
            self.assertEqual(sum(Decimal(part["quantity"]) for part in parts if part["status"] != "rejected"), Decimal(parent["sent"]))
            self.assertEqual(sum(Decimal(part["filled_quantity"]) for part in parts), Decimal(parent["filled"]))
            self.assertEqual(Decimal(parent["sent"]) + Decimal(parent["unsent"]), Decimal(parent["quantity"]))
            if parent["state"] == "sent":
                self.assertEqual(Decimal(parent["unsent"]), 0)
            if parent["state"] == "ended":
                self.assertNotEqual(parent["reasons"], "")
        self.assertEqual({parent["state"] for parent in parents} - {"sent", "ended", "scheduled"}, set())

    def test_its_shortfall_is_that_of_its_fills_against_the_arrival_price(self):
        self.rules(schedule="twap", slices=4, time_in_force="GTC")
        self.run_it()
        fills = self.rows("fills.csv")
        parent = next(row for row in self.rows("parents.csv") if row["state"] == "sent")
        own = [fill for fill in fills if fill["client_id"].startswith(parent["client_id"] + "/")]
        units = sum(Decimal(fill["quantity"]) for fill in own)
        average = sum(Decimal(fill["quantity"]) * Decimal(fill["price"]) for fill in own) / units
        sign = 1 if parent["side"] == "buy" else -1
        expected = sign * 10000 * (average / Decimal(parent["arrival_price"]) - 1)
        self.assertAlmostEqual(float(parent["shortfall_bp"]), float(expected), delta=0.006)

    def test_an_order_of_which_no_part_was_sent_is_explained_too(self):
        self.scenario["data"]["prices"]["volume"] = "shares"
        self.prices = self.long_prices()
        self.rules(schedule="twap", slices=2, time_in_force="GTC", slice_max_share_of_volume=0.001)
        self.run_it()
        parent = next(row for row in self.rows("parents.csv") if row["sent"] == "0")
        self.assertIn("volume_share", parent["reasons"])
        explained = self.explain(parent["client_id"])
        self.assertEqual((explained["whole"]["parts"], explained["whole"]["sent"]), (0, "0"))
        self.assertEqual(explained["whole"]["events"][0]["reason"], "volume_share")
        self.assertEqual(sum(int(step["change"]) for step in explained["steps"]), (1 if parent["side"] == "buy" else -1) * int(parent["quantity"]))
        text = self.cadre("explain", "run", parent["client_id"]).stdout
        self.assertRegex(text, r"in parts main\.\S+: 0 parts sent, 0 of ")
        self.assertRegex(text, r"  2024-\d\d-\d\d volume_share, \S+ left to be sent\n")

    def long_prices(self):
        """The same prices with volumes that are too small for any part, but on a few days."""
        rows = [["date", "symbol", "open", "high", "low", "close", "volume"]]
        for day, row in enumerate(self.prices[1:]):
            for name, price in zip(self.prices[0][1:], row[1:]):
                rows.append([row[0], name, price, price, price, price, "100" if day % 7 else "100000"])
        return rows

    def test_a_part_that_was_cut_says_why(self):
        self.scenario["data"]["prices"]["volume"] = "shares"
        self.prices = self.long_prices()
        self.rules(schedule="twap", slices=2, time_in_force="GTC", slice_max_share_of_volume=0.02)
        self.run_it()
        cut = [order for order in self.rows("orders.csv") if order["cut_reason"] == "volume_share"]
        self.assertTrue(cut)
        explained = self.explain(cut[0]["client_id"])
        self.assertEqual(explained["cut_reason"], "volume_share")
        self.assertRegex(self.cadre("explain", "run", cut[0]["client_id"]).stdout, r"made smaller: volume_share, of ")

    def test_an_order_that_is_cut_for_a_check_says_so(self):
        self.scenario["pre_trade_checks"] = {"max_order_quantity": 50}
        self.rules()
        self.run_it()
        self.assertTrue([order for order in self.rows("orders.csv") if order["cut_reason"] == "fitted" and order["quantity"] == "50"])

    def test_an_open_order_that_is_taken_back_says_why(self):
        self.rules(default_order_type="LIMIT", price_threshold=0.01, limit_offset=0, time_in_force="GTC")
        self.run_it()
        reasons = {order["reason"] for order in self.rows("orders.csv") if order["status"] == "canceled"}
        self.assertTrue(reasons)
        self.assertEqual(reasons - {"price_threshold", "new_target"}, set())

    def test_a_run_is_replayed_with_all_of_it(self):
        self.rules(schedule="twap", slices=4, time_in_force="GTC", min_holding=3, max_orders_per_period=6)
        self.run_it()
        replayed = self.cadre("replay", "run")
        self.assertEqual(replayed.returncode, 0, replayed.stdout + replayed.stderr)

    def test_what_the_rules_left_out_is_explained_in_their_words(self):
        self.rules(max_orders_per_period=1)
        self.run_it()
        lines = self.cadre("journal", "show", "run", "--kind", "decision").stdout
        self.assertIn("1002", lines)


CURVE = "time,share\n09:30,2\n10:00,1\n10:30,1\n"


class SettingsOutOfFiles(Workbench):
    def with_curve(self, **config):
        self.chain["execution_rules"]["config"] = {"schedule": "vwap", "slices": 3, "slice_interval_s": 1800, **config}

    def test_a_file_becomes_part_of_the_run(self):
        self.with_curve(volume_curve_file={"file": "curve.csv"})
        self.raw["curve.csv"] = CURVE
        self.write()
        self.assertEqual(self.cadre("backtest", "scenario.json", "--out", "run").returncode, 0)
        os.remove(self.path("curve.csv"))
        self.assertEqual(self.cadre("replay", "run").returncode, 0)
        shown = self.cadre("journal", "show", "run", "--kind", "head").stdout
        self.assertNotIn("curve.csv", shown)
        self.assertIn("09:30,2", shown)

    def test_a_json_file_is_its_value(self):
        self.with_curve(volume_curve={"file": "curve.json"})
        self.raw["curve.json"] = "[2, 1, 1]"
        self.is_fine()

    def test_what_is_wrong_with_the_text_is_told_with_its_line(self):
        self.with_curve(volume_curve_file={"file": "curve.csv"})
        self.raw["curve.csv"] = CURVE + "late,1\n"
        self.is_refused(r"curve\.csv.*line 5: 'late' is no time of day|/volume_curve_file: line 5: 'late' is no time of day")

    def test_a_file_that_is_not_there_is_refused_where_it_is_named(self):
        self.with_curve(volume_curve_file={"file": "gone.csv"})
        self.is_refused(r"volume_curve_file: .*gone\.csv")

    def test_a_json_file_of_another_type_is_refused(self):
        self.with_curve(volume_curve={"file": "curve.json"})
        self.raw["curve.json"] = '{"time": 1}'
        self.is_refused(r"curve\.json.*expected|volume_curve.*expected")


if __name__ == "__main__":
    unittest.main()
