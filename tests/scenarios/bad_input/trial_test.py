"""`cadre agent try`: a state that makes no sense is refused, one that does is answered to the last digit."""

import json
import unittest

from workbench import Workbench


class Trial(Workbench):
    def try_agent(self, state, agent="cadre.position_sizer"):
        self.raw["state.json"] = json.dumps(state)
        self.write()
        return self.cadre("agent", "try", agent, "--state", "state.json", "--json")

    def test_every_fault_of_a_state_is_told_with_its_place(self):
        run = self.try_agent({"instruments": ["AA", "BB"], "close": [10, -1], "volume": [5, 0], "views": {"score": [1]},
                              "signals": [{"instrument": "AAA", "direction": 1}]})
        self.assertEqual((run.returncode, len(run.stderr.splitlines())), (3, 3))
        told = {(p["pointer"], p["code"]): p for p in json.loads(run.stdout)["problems"]}
        self.assertTrue(all(p["file"].endswith("state.json") and p["line"] == 1 and p["column"] > 0 for p in told.values()), told)
        for place, message in {
            ("/close/1", "CONFIG_OUT_OF_RANGE"): "-1 is no price",
            ("/views/score", "CONFIG_WRONG_LENGTH"): "has 1 numbers, expected one per instrument: 2",
            ("/signals/0/instrument", "INSTRUMENT_UNKNOWN"): 'the state has no instrument "AAA"; did you mean "AA"?',
        }.items():
            self.assertEqual(told[place]["message"], message)

    def test_a_sizer_answers_by_hand_arithmetic(self):
        # Two names with a positive score share equity half and half, and are capped at a tenth; the third has no view.
        run = self.try_agent({"instruments": ["AA", "BB", "CC"], "close": [10, 20, 40], "views": {"score": [1.5, 0.2, None]}})
        self.assertEqual(run.returncode, 0, run.stderr)
        out = json.loads(run.stdout)
        self.assertEqual(out["target_weight"], [0.1, 0.1, 0])
        self.assertEqual({r["instrument"]: r["reason"] for r in out["reasons"]}, {"AA": "max_position", "BB": "max_position", "CC": "no_view"})

    def test_an_answer_that_no_host_would_use_is_shown_with_the_reason(self):
        state = {"instruments": ["AA", "BB"], "close": [10, 20], "target_weight": [1.5, 0]}
        run = self.try_agent(state, "cadre.identity.trade_adjuster")
        out = json.loads(run.stdout)
        self.assertEqual((run.returncode, out["status"], out["target_weight"]), (1, "ok", [1.5, 0]))
        self.assertEqual(out["unusable"], "the target of AA is 1.5, above max_weight 1")
        run = self.try_agent({**state, "target_weight": [1, 0]}, "cadre.identity.trade_adjuster")
        self.assertEqual((run.returncode, "unusable" in json.loads(run.stdout)), (0, False))

    def test_a_state_with_less_history_than_the_agent_asks_for_is_told(self):
        state = {"instruments": ["AA", "BB"], "close": [[10, 20]] * 253}
        self.assertEqual(self.try_agent(state, "cadre.momentum").stderr, "")
        run = self.try_agent({**state, "close": state["close"][:200]}, "cadre.momentum")
        self.assertIn("cadre.momentum asks for 253 session closes and gets 200", run.stderr)
        self.assertIn("[TRY_SHORT_HISTORY]", run.stderr)


if __name__ == "__main__":
    unittest.main()
