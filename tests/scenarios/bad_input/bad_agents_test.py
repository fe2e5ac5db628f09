"""Agents that work and give wrong answers: their answer is discarded, their policy applies, and the run says so."""

import json

from workbench import TEST_AGENTS, Workbench


class BadAgents(Workbench):
    def run_with(self, stage, name, expected_exit=0):
        self.agents.append(TEST_AGENTS)
        instance = {"name": "subject", "agent": f"test.{name}"}
        self.chain[stage] = [instance] if stage in ("signal_sources", "trade_adjusters") else instance
        self.write()
        run = self.cadre("backtest", "scenario.json", "--json")
        self.assertEqual(run.returncode, expected_exit, run.stderr)
        return json.loads(run.stdout), run.stderr

    def fails_closed(self, stage, name, policy):
        result, told = self.run_with(stage, name)
        self.assertEqual((result["decisions"], result["orders"]), (39, 0))
        self.assertRegex(told, rf"warning: subject gave no usable answer in 39 of 39 decisions, first on 2024-\d\d-\d\d; the policy {policy} applied \[RUN_AGENT_FAILED\]\n$")

    def test_the_good_ones_trade_in_silence(self):
        for stage, name in (("position_sizer", "good_sizer"), ("signal_sources", "good_signals"), ("execution_rules", "good_rules")):
            with self.subTest(name):
                self.setUp()
                result, told = self.run_with(stage, name)
                self.assertGreater(result["orders"], 10)
                self.assertEqual(told, "")

    def test_weights_that_are_no_numbers(self):
        self.fails_closed("position_sizer", "nan_output", "hold")

    def test_weights_above_every_bound(self):
        self.fails_closed("position_sizer", "above_bounds", "hold")

    def test_short_positions_under_long_only(self):
        self.fails_closed("position_sizer", "negative_weights", "hold")

    def test_signals_of_an_instrument_that_does_not_exist(self):
        self.fails_closed("signal_sources", "bad_signals", "hold")

    def test_signals_in_structs_that_end_too_early(self):
        self.fails_closed("signal_sources", "short_signals", "hold")

    def test_orders_in_structs_that_end_too_early(self):
        self.fails_closed("execution_rules", "short_orders", "fail_closed")

    def test_orders_for_more_than_is_needed(self):
        self.fails_closed("execution_rules", "too_many_orders", "fail_closed")
