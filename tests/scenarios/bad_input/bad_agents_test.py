"""Agents that work and give wrong answers: their answer is discarded, their policy applies, and the run says so."""

import json
import re

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

    def fails_closed(self, stage, name, policy, why):
        result, told = self.run_with(stage, name)
        self.assertEqual((result["decisions"], result["orders"]), (39, 0))
        self.assertRegex(told, r"warning: subject gave no usable answer in 39 of 39 decisions, first on 2024-\d\d-\d\d: "
                         + re.escape(f"{why}; the policy {policy} applied [RUN_AGENT_FAILED]\n") + "$")

    def test_the_good_ones_trade_in_silence(self):
        for stage, name in (("position_sizer", "good_sizer"), ("signal_sources", "good_signals"), ("execution_rules", "good_rules")):
            with self.subTest(name):
                self.setUp()
                result, told = self.run_with(stage, name)
                self.assertGreater(result["orders"], 10)
                self.assertEqual(told, "")

    def test_weights_that_are_no_numbers(self):
        self.fails_closed("position_sizer", "nan_output", "hold", 'the target of AA is nan')

    def test_weights_above_every_bound(self):
        self.fails_closed("position_sizer", "above_bounds", "hold", 'the target of AA is 3, above max_weight 1')

    def test_short_positions_under_long_only(self):
        self.fails_closed("position_sizer", "negative_weights", "hold", "the target of AA is -0.0625, and the book is long only")

    def test_signals_of_an_instrument_that_does_not_exist(self):
        self.fails_closed("signal_sources", "bad_signals", "hold", "signal 1: there is no instrument 11, the universe has 4")

    def test_signals_in_structs_that_end_too_early(self):
        self.fails_closed("signal_sources", "short_signals", "hold", 'signal 1 of AA: its size is 8, the ABI says 112')

    def test_orders_in_structs_that_end_too_early(self):
        self.fails_closed("execution_rules", "short_orders", "fail_closed", "order 1 of AA: its size is 0, the ABI says 144")

    def test_orders_for_more_than_is_needed(self):
        self.fails_closed("execution_rules", "too_many_orders", "fail_closed", "order 1 of AA: it is to buy 710, what is needed is to buy 709")

    def test_an_agent_says_why_in_its_own_words_on_one_line(self):
        self.fails_closed("position_sizer", "says_why", "hold", "the   moon [31m is full")

    def test_a_confidence_above_one(self):
        self.fails_closed("signal_sources", "vague_signals", "hold", "signal 1 of AA: confidence is 1.5, not from 0 to 1")

    def test_reasons_that_the_host_does_not_have(self):
        self.fails_closed("position_sizer", "reserved_reasons", "hold", "BB: reason 500 is one of the host's, which has no such")

    def test_fields_that_an_order_type_has_no_use_for(self):
        self.fails_closed("execution_rules", "priced_market_orders", "fail_closed", "order 1 of AA: it has a limit price, which its type has no use for")

    def test_events_that_an_agent_cannot_take_in_are_counted_and_said(self):
        # It fails for good: a fresh instance of it cannot take in an event either.
        result, told = self.run_with("trade_adjusters", "misses_bars")
        self.assertEqual(result["orders"], 0)
        self.assertRegex(told, r"warning: subject could not take in 1 event, on 2024-01-\d\d: no room for another bar; "
                               r"what it knows may be wrong from then on \[RUN_AGENT_MISSED_EVENTS\]\n$")

