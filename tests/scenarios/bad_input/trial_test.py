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


if __name__ == "__main__":
    unittest.main()
