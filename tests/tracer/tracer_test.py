"""The tracer: a risk manager in C11 with learned state, built out of tree against the installed SDK, through everything that makes an ABI hard.

Usage: tracer_test.py --cmake CMAKE --build BUILD --cadre CADRE
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
arguments = None


def run(*command):
    environment = {k: v for k, v in os.environ.items() if k not in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CADRE_AGENTS")}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


class Tracer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = os.path.join(arguments.build, "tracer_test")
        shutil.rmtree(cls.root, ignore_errors=True)
        prefix = os.path.join(cls.root, "prefix")
        build = os.path.join(cls.root, "build")
        for command in (
            [arguments.cmake, "--install", arguments.build, "--prefix", prefix, "--component", "CadreSdk"],
            [arguments.cmake, "-G", "Ninja", "-S", os.path.join(HERE, "agent"), "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
             "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_COMPILER=/usr/bin/cc", "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Werror"],
            [arguments.cmake, "--build", build],
        ):
            done = run(*command)
            if done.returncode != 0:
                raise AssertionError(done.stdout + done.stderr)
        cls.agents = os.path.join(build, "agents")
        with open(os.path.join(ROOT, "tests", "data", "dow30_close_1991_2001.csv"), encoding="utf-8") as file:
            cls.instruments = file.readline().strip().split(",")[1:]

    def scenario(self, name, version="^1", changes=(), isolation="none", max_risk=0.2):
        """A year and a half of the demo with the tracer as its only risk manager, across a change of the universe."""
        with open(os.path.join(ROOT, "manifests", "chains", "demo.json"), encoding="utf-8") as file:
            chain = json.load(file)
        chain["risk_managers"] = [{"name": "risk", "agent": "tracer.ewma_risk", "version": version, "isolation": isolation, "config": {"max_risk": max_risk}}]
        smaller = [i for i in self.instruments if i not in ("MSFT", "INTC", "GE")]
        scenario = {
            "scenario": "backtest", "name": name, "chain": chain,
            "data": {"prices": {"file": os.path.join(ROOT, "tests", "data", "dow30_close_1991_2001.csv"), "adjustment": "split", "volume": "none"},
                     "to": "1993-12-31"},
            "universe": [{"from": "1992-06-01", "instruments": smaller}, {"from": "1993-06-01", "instruments": self.instruments}],
            "changes": list(changes),
            "execution_environment": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close", "commission_bp": 2, "half_spread_bp": 2}},
        }
        path = os.path.join(self.root, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(scenario, file)
        return path

    def backtest(self, name, **options):
        folder = os.path.join(self.root, "run_" + name)
        done = run(arguments.cadre, "--agents", os.path.join(arguments.build, "agents"), "--agents", self.agents, "backtest",
                   self.scenario(name, **options), "--out", folder, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return folder, json.loads(done.stdout)

    def rows(self, folder, file):
        with open(os.path.join(folder, file), encoding="utf-8") as f:
            return f.read().splitlines()[1:]

    SWAP = {"at": "1992-09-01", "set": {"/chain/risk_managers/0/version": "^2"}, "reason": "version 2"}
    BACK = {"at": "1993-03-01", "rollback": True, "reason": "back to version 1"}

    def assert_replays(self, folder):
        done = run(arguments.cadre, "replay", folder, "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(json.loads(done.stdout)["identical"])

    def test_its_source_fits_on_two_screens(self):
        with open(os.path.join(HERE, "agent", "ewma_risk.c"), encoding="utf-8") as file:
            self.assertLessEqual(len(file.readlines()), 160)

    def test_it_bounds_the_risk_of_a_backtest_in_this_process(self):
        tight, tight_result = self.backtest("tight", max_risk=0.1)
        loose, loose_result = self.backtest("loose", max_risk=10.0)
        self.assertGreater(tight_result["orders"], 100)
        self.assertLess(tight_result["annualised_volatility"], 0.75 * loose_result["annualised_volatility"])

    def test_a_child_process_gives_the_same_orders_to_the_bit(self):
        _, here = self.backtest("here")
        folder, there = self.backtest("there", isolation="process")
        self.assertGreater(here["orders"], 100)
        self.assertEqual(here["order_hash"], there["order_hash"])
        self.assert_replays(folder)

    def test_a_swap_to_another_state_schema_hands_over_what_was_learned(self):
        plain, _ = self.backtest("plain")
        swapped, result = self.backtest("swapped", changes=[self.SWAP])
        self.assertEqual(result["revision"], 2)
        before = lambda rows: [r for r in rows if r < "1992-09-02"]
        after = lambda rows: [r for r in rows if r >= "1992-09-02"]
        a, b = self.rows(plain, "orders.csv"), self.rows(swapped, "orders.csv")
        decisions = lambda rows: [",".join(r.split(",")[:9]) for r in rows]
        self.assertEqual(decisions(before(a)), decisions(before(b)))
        self.assertNotEqual(decisions(after(a)), decisions(after(b)))
        # What version 1 had learned was migrated: from scratch, decisions are others.
        fresh, _ = self.backtest("fresh", changes=[dict(self.SWAP, state="reset")])
        self.assertNotEqual(decisions(after(self.rows(fresh, "orders.csv"))), decisions(after(b)))
        self.assert_replays(swapped)

    def test_after_a_rollback_the_old_version_decides_as_if_it_had_never_left(self):
        # The book differs after the swap, so compare what the agent knows: with a limit that never binds both versions leave the book alone.
        plain, _ = self.backtest("plain_loose", max_risk=10.0)
        back, result = self.backtest("back_loose", changes=[self.SWAP, self.BACK], max_risk=10.0)
        self.assertEqual(result["revision"], 3)
        decisions = lambda folder: [",".join(r.split(",")[:9]) for r in self.rows(folder, "orders.csv")]
        self.assertEqual(len(decisions(plain)), len(decisions(back)))
        self.assert_replays(back)
        # And with one that does: rolled back in the evening of the swap, nothing of version 2 is ever seen.
        at_once = {"at": "1992-09-02", "rollback": True}
        never, _ = self.backtest("never", changes=[dict(self.SWAP, at="1992-09-01")] + [dict(at_once)])
        self.assert_replays(never)

    def test_swap_and_rollback_are_the_same_in_a_child_process(self):
        changes = [self.SWAP, self.BACK]
        _, here = self.backtest("cycle_here", changes=changes)
        folder, there = self.backtest("cycle_there", changes=changes, isolation="process")
        self.assertEqual(here["order_hash"], there["order_hash"])
        self.assert_replays(folder)

    def test_version_1_refuses_the_state_of_version_2(self):
        back_by_hand = {"at": "1993-03-01", "set": {"/chain/risk_managers/0/version": "^1"}}
        folder = os.path.join(self.root, "run_refused")
        done = run(arguments.cadre, "--agents", os.path.join(arguments.build, "agents"), "--agents", self.agents, "backtest",
                   self.scenario("refused", changes=[self.SWAP, back_by_hand]), "--out", folder, "--json")
        self.assertEqual(done.returncode, 3)
        self.assertIn("cannot read state of schema 2", done.stderr)
        self.assertFalse(os.path.exists(folder))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("cmake", "build", "cadre"):
        parser.add_argument("--" + name, required=True)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
