"""Names that are held and have no price any more, and interest on cash: by hand, in a backtest, and in a host that is killed after every bar.

Usage: prices_end_test.py --build BUILD --cadre CADRE
"""

import json
import subprocess

from killed_host import KilledHost
from test_main import run_tests

arguments = None


class PricesEnd(KilledHost):
    same = ("order_hash", "equity", "cash", "interest", "sequence", "trading_state", "states", "unpriced")
    # 5,000 of AA and 1,500 of BB are bought on the second day; AA has no price from the fourth day on.
    closes = [(10, 20)] * 3 + [(None, 20)] * 5

    def write(self, policy, closes=None, after=3):
        return self.write_scenario(closes or self.closes, {
            "scenario": "backtest", "name": "prices end",
            "chain": {
                "name": "prices end", "signal_sources": [{"agent": "cadre.identity.signal_source"}], "signal_aggregator": {"agent": "cadre.identity.signal_aggregator"},
                "position_sizer": {"agent": "test.sizer", "config": {"targets": [[0.5, 0.3]]}},
                "risk_managers": [{"agent": "cadre.identity.risk_manager"}],
                "execution_rules": {"agent": "cadre.execution_rules", "config": {"default_order_type": "MARKET"}}},
            "book": {"id": "main", "currency": "USD", "initial_cash": 100000, "credit_rate": 0.036, "on_prices_end": policy, "prices_end_after": after},
            "data": {"prices": {"file": "prices.csv", "adjustment": "split", "volume": "none", "missing": "leave"}},
            "execution_environment": {"agent": "cadre.simulated_execution", "config": {"commission_bp": 0, "half_spread_bp": 0}}})

    def compare(self, last, result):
        self.assertEqual(last["order_hash"], result["order_hash"])
        for name, of_run in (("equity", "final_equity"), ("interest", "interest")):
            self.assertAlmostEqual(float(last[name]), result[of_run], 6, name)

    def test_cash_earns_act_360_and_everything_adds_up(self):
        # 1 day on 100,000; 3 on 20,010; 1 on 20,016.003; 1 on 20,018.0046; 1 on 20,020.0064: half to even, to a millionth.
        bars = self.write("hold")
        seen = self.live(bars[:6])
        self.assertEqual([seen_["interest"] for seen_ in seen],
                         ["0", "10", "16.003", "18.0046", "20.0064", "22.008401"])
        self.assertEqual(seen[-1]["cash"], "20022.008401")
        self.assertEqual(seen[-1]["equity"], "100022.008401")

    def test_a_name_that_is_held_is_told_once_and_shown_as_long_as_it_has_no_price(self):
        bars = self.write("hold")
        result, said = self.backtest()
        self.assertIn("on 2020-01-09 AA has had no price for 3 sessions, and 5000 units are held that were worth 50000: it is held at that price", said)
        self.assertEqual(said.count("RUN_PRICES_END"), 1)
        seen = self.live(bars)
        self.assertEqual([book["unpriced"] for book in seen], ["", "", "", "", "", "AA 3 sessions", "AA 4 sessions", "AA 5 sessions"])
        self.compare(seen[-1], result)
        self.assertEqual(self.metric("cadre_book_unpriced_positions"), 1)
        status = self.host.command("status")
        self.assertEqual(status.returncode, 1)
        self.assertIn("main holds what has no price any more: AA 5 sessions", " ".join(status.stdout.split()))
        shown = subprocess.run([arguments.cadre, "journal", "show", self.host.state, "--kind", "command"], capture_output=True, text=True, check=True)
        self.assertEqual(shown.stdout.count('"prices_ended"'), 1, shown.stdout)
        self.host.post([json.dumps({"date": "2020-01-15", "bars": {"AA": 11, "BB": 20}})])
        self.assertEqual(self.host.settled_book()["unpriced"], "")

    def test_it_is_settled_at_its_last_price_without_costs_where_the_book_says_so(self):
        bars = self.write("settle_last")
        result, said = self.backtest()
        self.assertIn("it is settled at that price", said)
        self.assertEqual(result["costs"], 0)
        seen = self.live(bars)
        self.assertEqual(seen[4]["cash"], "20020.0064")
        self.assertEqual(seen[5]["cash"], "70022.008401")
        self.assertEqual(seen[5]["equity"], "100022.008401")
        self.assertEqual([position["instrument"] for position in self.host.get("/v1/books/main/portfolio")["positions"]], ["BB"])
        self.assertEqual(seen[-1]["unpriced"], "")
        self.compare(seen[-1], result)

    def test_what_a_halt_was_to_close_and_could_not_is_told_until_it_is_closed(self):
        bars = self.write("hold")
        self.live(bars[:5])
        halt = ("halt", "--flatten", "--reason", "out")
        done = self.host.command(*halt)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("not closed in main: AA (MARKET_STALE_PRICE)", " ".join(done.stderr.split()))
        self.assertIn("main was to be closed, and these were not: AA (MARKET_STALE_PRICE)", " ".join(self.host.command("status").stdout.split()))
        self.assertIn("AA (MARKET_STALE_PRICE)", self.host.command("events", "--kind", "not_closed", "--json").stdout)
        self.host.post([bars[5], json.dumps({"date": "2020-01-10", "bars": {"AA": 9, "BB": 20}})])
        self.assertEqual([position["instrument"] for position in self.host.get("/v1/books/main/portfolio")["positions"]], ["AA"])
        self.assertEqual(self.host.command(*halt).stderr, "")
        self.host.post([json.dumps({"date": "2020-01-13", "bars": {"AA": 9, "BB": 20}})])
        self.assertEqual(self.host.settled_book()["not_closed"], "")
        self.assertEqual(self.host.get("/v1/books/main/portfolio")["positions"], [])

    def test_a_policy_that_is_changed_afterwards_settles_what_was_held_until_then(self):
        bars = self.write("hold")
        self.live(bars[:7])
        self.assertIn("set on_prices_end of the book to settle_last", " ".join(self.host.command("status").stdout.split()))
        self.assertEqual(self.host.stop(), 0)
        self.write("settle_last")
        self.host.start("--accept-changes")
        self.host.post(bars[7:])
        self.assertEqual(self.host.settled_book()["unpriced"], "")
        self.assertEqual([position["instrument"] for position in self.host.get("/v1/books/main/portfolio")["positions"]], ["BB"])

    def test_it_halts_the_book_until_somebody_resumes_it_where_the_book_says_so(self):
        bars = self.write("halt")
        result, said = self.backtest()
        self.assertIn("RUN_HALTED", said)
        seen = self.live(bars)
        self.assertEqual([book["trading_state"] for book in seen], ["ACTIVE"] * 5 + ["HALTED"] * 3)
        self.assertEqual([state["code"] for state in seen[-1]["states"]], ["MARKET_PRICES_END"])
        self.assertEqual(seen[-1]["order_hash"], result["order_hash"])
        self.assertEqual(self.host.command("resume", "--book", "main", "--reason", "looked at it").returncode, 0)
        self.assertEqual(self.host.settled_book()["trading_state"], "ACTIVE")
        self.host.post([json.dumps({"date": "2020-01-14", "bars": {"BB": 20}})])
        self.assertEqual(self.host.settled_book()["trading_state"], "ACTIVE", "it is told once")

    def test_a_price_in_between_begins_the_count_anew_and_what_is_not_held_is_not_told(self):
        self.write("settle_last", [(10, 20), (10, 20), (None, 20), (None, 20), (10, 20), (None, 20), (None, 20), (10, 20)])
        self.assertNotIn("RUN_PRICES_END", self.backtest()[1])
        self.write("settle_last", [(10, 20)] + [(None, 20)] * 7)
        self.assertNotIn("RUN_PRICES_END", self.backtest()[1])


if __name__ == "__main__":
    run_tests("build", "cadre")
