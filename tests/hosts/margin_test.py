"""Margin, borrow fees and ruin of a running host, killed after every bar: told everywhere, and the same as in a backtest to the unit.

Usage: margin_test.py --build BUILD --cadre CADRE
"""

import json

from killed_host import DAYS, KilledHost
from test_main import run_tests


class Margin(KilledHost):
    same = ("order_hash", "equity", "cash", "costs", "borrow", "margin_requirement", "sequence", "trading_state", "states")

    def write(self, closes, policy):
        """A margin account of 100,000 that wants more of AA than it may have, and is short BB."""
        return self.write_scenario(closes, {
            "scenario": "backtest", "name": "margin",
            "chain": {
                "name": "margin", "signal_sources": [{"agent": "cadre.identity.signal_source"}], "signal_aggregator": {"agent": "cadre.identity.signal_aggregator"},
                "position_sizer": {"agent": "test.sizer", "config": {"targets": [[8, -1]]}},
                "risk_managers": [{"agent": "cadre.identity.risk_manager"}],
                "execution_rules": {"agent": "cadre.execution_rules", "config": {"default_order_type": "MARKET"}},
                "constraints": {"long_only": False, "max_gross_exposure": 20, "max_net_exposure": 20, "max_weight": 10}},
            "book": {"id": "main", "currency": "USD", "initial_cash": 100000, "account": "margin"},
            "instruments": {"margin_rate": 0.25, "borrow_rate": 0.036},
            "data": {"prices": {"file": "prices.csv", "adjustment": "split", "volume": "none"}},
            "pre_trade_checks": {"on_margin_breach": policy, "margin_buffer": 0.375},
            "execution_environment": {"agent": "cadre.simulated_execution", "config": {"commission_bp": 1}}})

    def test_a_breach_is_the_same_in_a_backtest_and_in_a_host_that_is_killed_after_every_bar(self):
        for policy in ("freeze", "reduce", "flatten"):
            with self.subTest(policy):
                bars = self.write([(10, 20), (10, 20), (6.5, 20), (6.5, 20), (6, 20), (9, 18), (9, 18)], policy)
                result, said = self.backtest()
                self.assertEqual(result["first_margin_breach"], "2020-01-06")
                self.assertIn("CREDIT_MARGIN on 2020-01-06", said)
                self.assertGreater(result["borrow"], 0)
                seen = self.live(bars)
                self.assertEqual([s["code"] for s in seen[2]["states"]], ["CREDIT_MARGIN"])
                self.assertEqual(seen[2]["trading_state"], "REDUCING")
                last = seen[-1]
                self.assertEqual(last["order_hash"], result["order_hash"])
                for name, of_run in (("equity", "final_equity"), ("costs", "costs"), ("borrow", "borrow")):
                    self.assertAlmostEqual(float(last[name]), result[of_run], 6, name)
                self.end_host()

    def test_a_breach_is_told_by_readiness_status_and_metrics(self):
        bars = self.write([(10, 20), (10, 20), (6.5, 20), (6.5, 20)], "freeze")
        self.live(bars)
        ready, reasons = self.host.client.request("GET", "/readyz")
        self.assertEqual(ready, 503)
        self.assertIn("CREDIT_MARGIN", json.dumps(reasons))
        self.assertIn("since 2020-01-06", json.dumps(reasons))
        self.assertEqual(self.metric("cadre_book_margin_breached"), 1)
        self.assertGreater(self.metric("cadre_book_margin_requirement"), 0)
        self.assertIn("margin requirement", self.host.command("status").stdout)
        self.host.command("resume", "--book", "main", "--reason", "test")
        self.assertEqual(self.host.settled_book()["trading_state"], "REDUCING", "no operator ends it")

    def test_a_ruined_book_whose_policy_gives_positions_up_closes_them_once_although_it_is_killed_after_every_bar(self):
        for policy in ("reduce", "flatten"):
            with self.subTest(policy):
                bars = self.write([(10, 20), (10, 20), (3, 20), (3, 20), (4, 20)], policy)
                result, _ = self.backtest()
                seen = self.live(bars)
                self.assertEqual(seen[-1]["orders"], seen[1]["orders"] + 2)
                self.assertEqual(seen[-1]["order_hash"], result["order_hash"])
                self.assertAlmostEqual(float(seen[-1]["equity"]), result["final_equity"], 6)
                self.assertEqual(self.host.get("/v1/books/main/portfolio")["positions"], [])
                self.end_host()

    def test_a_ruined_book_says_since_when_and_sends_nothing(self):
        bars = self.write([(10, 20), (10, 20), (3, 20), (3, 20), (4, 20)], "freeze")
        result, said = self.backtest()
        self.assertEqual(result["ruined_on"], "2020-01-06")
        self.assertIn("RUN_RUINED", said)
        self.assertLess(result["total_return"], -1)
        self.assertIsNone(result["sharpe"])
        seen = self.live(bars)
        self.assertEqual(seen[-1]["orders"], seen[1]["orders"])
        self.assertEqual(seen[-1]["order_hash"], result["order_hash"])
        self.assertEqual(self.metric("cadre_book_ruined"), 1)
        self.assertIn("since 2020-01-06", json.dumps(self.host.client.request("GET", "/readyz")[1]))
        self.host.command("halt", "--flatten", "--reason", "ruined")
        self.host.post([json.dumps({"date": DAYS[5], "bars": {"AA": 4, "BB": 20}})])
        self.host.settled_book()
        self.assertEqual(self.host.get("/v1/books/main/portfolio")["positions"], [])


if __name__ == "__main__":
    run_tests("build", "cadre")
