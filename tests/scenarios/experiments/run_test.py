"""`cadre experiment run` from outside: both arms over two years of the demo.

The environment names the program (CADRE).
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

CADRE = os.environ["CADRE"]
DEMO = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "..", "manifests", "scenarios", "demo.json"))
SHORT = {"/data/to": "1993-12-31"}


class Run(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cadre_experiment_run_")
        self.addCleanup(shutil.rmtree, self.folder)

    def run_experiment(self, candidate, command=("experiment", "run"), **changes):
        experiment = {"name": "test", "scenario": DEMO, "control": {"set": SHORT}, "candidate": {"set": {**SHORT, **candidate}}, **changes}
        with open(os.path.join(self.folder, "e.json"), "w", encoding="utf-8") as file:
            json.dump(experiment, file, indent=1)
        extra = ["--out", "out", "--json"] if command[0] == "experiment" else []
        return subprocess.run([CADRE, "--log-level", "off", *command, "e.json", *extra], capture_output=True, text=True, cwd=self.folder, timeout=120)

    def outcome(self, candidate, **changes):
        done = self.run_experiment(candidate, **changes)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout)

    def test_a_version_against_itself_differs_in_no_decision(self):
        outcome = self.outcome({})
        self.assertEqual((outcome["verdict"], outcome["mean_difference"], outcome["differing_decisions"]), ("inconclusive", 0, 0))
        self.assertEqual(outcome["control"]["order_hash"], outcome["candidate"]["order_hash"])
        self.assertGreater(outcome["decisions"], 400)

    def test_the_stage_that_was_changed_is_the_first_to_differ(self):
        for pointer, value, stage in (("/chain/position_sizer/config/max_position_size", 0.05, "position_sizer"),
                                      ("/chain/risk_managers/0/config/max_portfolio_risk", 0.05, "risk_feedback")):
            outcome = self.outcome({pointer: value})
            self.assertEqual(outcome["first_difference"]["stage"], stage)
            self.assertNotEqual(outcome["control"]["order_hash"], outcome["candidate"]["order_hash"])

    def test_another_agent_may_be_the_candidate(self):
        outcome = self.outcome({"/chain/position_sizer": {"agent": "cadre.identity.position_sizer"}})
        self.assertEqual(outcome["candidate"]["orders"], 0)
        self.assertEqual(outcome["first_difference"]["stage"], "position_sizer")

    def test_both_arms_leave_run_folders_that_replay(self):
        self.outcome({"/chain/position_sizer/config/max_position_size": 0.05})
        for arm in ("control", "candidate"):
            done = subprocess.run([CADRE, "replay", os.path.join("out", arm)], capture_output=True, text=True, cwd=self.folder, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(os.path.join(self.folder, "out", "comparison.json"), encoding="utf-8") as file:
            verdict = json.load(file)["verdict"]
        with open(os.path.join(self.folder, "out", "report.html"), encoding="utf-8") as file:
            page = file.read()
        self.assertIn(f'<h1 class="ruling {verdict}">', page)
        self.assertIn("position_sizer", page)

    def test_a_bad_candidate_is_refused_before_anything_runs(self):
        done = self.run_experiment({"/chain/position_sizer/config/max_position_size": 7})
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"e\.json: /chain/position_sizer/config/max_position_size: candidate: 7 is above the maximum 1|/chain/position_sizer/config/max_position_size: candidate: 7 is above the maximum 1")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "out")))
        done = self.run_experiment({"/chain/position_sizer/config/max_position_size": 7}, command=("check",))
        self.assertEqual(done.returncode, 3)

    def test_a_bad_rule_is_refused_with_its_place(self):
        done = self.run_experiment({}, rule={"alpha": 0.9, "tests": "sequential"})
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"e\.json:\d+:\d+ /rule/alpha: 0\.9 is above the maximum 0\.5")
        self.assertRegex(done.stderr, r'e\.json:\d+:\d+ /rule/tests: unknown key "tests"; did you mean "test"\?')


if __name__ == "__main__":
    unittest.main()
