"""The agents for reload tests are what their README says: the good ones decide alike, the bad ones are refused with their code.

Usage: agents_test.py --build BUILD --cadre CADRE
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
arguments = None

ROW = re.compile(r"^\| `(?P<variant>\w+)` \| (?P<version>[\d.]+) \| .* \| (?P<answer>.*) \|$")


def readme_rows():
    """variant -> (version, answer), as the README has them."""
    with open(os.path.join(HERE, "agents", "README.md"), encoding="utf-8") as file:
        return {m["variant"]: (m["version"], m["answer"]) for m in map(ROW.match, file.read().splitlines()) if m}


ROWS = readme_rows()
REFUSED_AT_ONCE = {variant: answer.strip("`") for variant, (_, answer) in ROWS.items() if re.fullmatch(r"`[A-Z_]+`", answer)}
# What an agent does wrong only when it is asked: check asks it once.
REFUSED_ON_DATA = {"crash_isolated": "fatal: its process is gone: killed by signal 11", "nan_output": 'rejected: limit "largest_weight": its value is nan'}

FORGETS = {"state_refused": "risk: ", "state_migrated_wrongly": "it forgets what it is given"}


class ReloadAgents(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.root = os.path.join(arguments.build, "reload_agents_test")
        shutil.rmtree(cls.root, ignore_errors=True)
        os.makedirs(cls.root)
        with open(os.path.join(ROOT, "manifests", "chains", "demo.json"), encoding="utf-8") as file:
            cls.chain = json.load(file)

    def scenario(self, name, version="*", isolation="none", changes=()):
        """Two years of the demo with the variant as its only risk manager, at a limit that binds."""
        manager = {"name": "risk", "agent": "reload.counting_risk", "version": version, "isolation": isolation, "config": {"max_weight": 0.05}}
        prices = {"file": os.path.join(ROOT, "tests", "data", "dow30_close_1991_2001.csv"), "adjustment": "split", "volume": "none"}
        scenario = {
            "scenario": "backtest", "name": name, "chain": dict(self.chain, risk_managers=[manager]),
            "data": {"prices": prices, "to": "1993-12-31"}, "changes": list(changes),
            "execution_environment": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close"}},
        }
        path = os.path.join(self.root, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(scenario, file)
        return path

    def cadre(self, variants, *command):
        folders = [os.path.join(arguments.build, "agents")] + [os.path.join(arguments.build, "reload_agents", v) for v in variants]
        options = [part for folder in folders for part in ("--agents", folder)]
        environment = {k: v for k, v in os.environ.items() if k != "CADRE_AGENTS"}
        return subprocess.run([arguments.cadre, *options, *command], capture_output=True, text=True, env=environment)

    def backtest(self, name, *variants, **options):
        done = self.cadre(variants, "backtest", self.scenario(name, **options), "--json", "--out", os.path.join(self.root, "run_" + name))
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(self.root, "run_" + name, "orders.csv"), encoding="utf-8") as file:
            self.orders = [dict(zip(("date", "id", "instrument", "side", "type", "time_in_force", "quantity", "limit", "price"), line.split(",")))
                           for line in file.read().splitlines()[1:]]
        return json.loads(done.stdout), done.stderr

    def orders_without_ids(self):
        """A change takes a sequence number, of which ids are made."""
        return [{key: value for key, value in order.items() if key != "id"} for order in self.orders]

    def change(self, at, variant):
        return {"at": at, "set": {"/chain/risk_managers/0/version": ROWS[variant][0]}, "reason": variant}

    def swap(self, name, *variants):
        """Starts with the first, goes over to the next ones at the beginning of 1993, a month apart. Returns the process."""
        changes = [self.change(f"1993-{month:02}-01", variant) for month, variant in enumerate(variants[1:], 1)]
        return self.cadre(variants, "backtest", self.scenario(name, version=ROWS[variants[0]][0], changes=changes), "--json")

    def test_the_readme_has_a_row_for_every_variant_with_its_version(self):
        folder = os.path.join(arguments.build, "reload_agents")
        self.assertEqual(sorted(ROWS), sorted(os.listdir(folder)))
        for variant, (version, _) in ROWS.items():
            with open(os.path.join(folder, variant, "manifest.json"), encoding="utf-8") as file:
                self.assertEqual(json.load(file)["version"], version, variant)

    def test_bad_variants_are_refused_with_their_code_and_no_other(self):
        self.assertEqual(len(REFUSED_AT_ONCE), 9)
        path = self.scenario("refused")
        for variant, code in REFUSED_AT_ONCE.items():
            with self.subTest(variant):
                done = self.cadre([variant], "check", path, "--json")
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertEqual({problem["code"] for problem in json.loads(done.stdout) if problem["severity"] == "error"}, {code})

    def assert_refused_on_data(self, name, variants, code, begin):
        """Each by one problem of this code, with what the table says behind `begin`."""
        path = self.scenario(name, isolation="process")
        for variant, why in variants.items():
            with self.subTest(variant):
                done = self.cadre([variant], "check", path, "--json")
                self.assertEqual(done.returncode, 3, done.stderr)
                problem, = json.loads(done.stdout)
                self.assertEqual(problem["code"], code)
                self.assertRegex(problem["message"], r"^risk \(reload.counting_risk .*: " + begin + why)

    def test_what_fails_at_its_first_decision_is_refused_with_stage_and_call(self):
        self.assert_refused_on_data("first_decision", REFUSED_ON_DATA, "PROBE_FAILED", "deciding answered ")

    def test_what_a_second_instance_would_not_know_is_refused(self):
        self.assert_refused_on_data("second_instance", FORGETS, "STATE_MIGRATED_WRONGLY", "load_state: ")

    def test_the_other_variants_pass_the_check(self):
        path = self.scenario("passes", isolation="process")
        for variant in set(ROWS) - set(REFUSED_AT_ONCE) - set(REFUSED_ON_DATA) - set(FORGETS):
            with self.subTest(variant):
                done = self.cadre([variant], "check", path, "--json")
                self.assertEqual((done.returncode, json.loads(done.stdout)), (0, []))

    def test_the_good_versions_decide_alike_and_differ_in_their_bytes(self):
        hashes = {self.backtest(variant, variant)[0]["order_hash"] for variant in ("v1", "v1b", "v2")}
        self.assertEqual(len(hashes), 1)
        self.assertGreater(len(self.orders), 100)
        libraries = set()
        for variant in ("v1", "v1b", "v2"):
            with open(os.path.join(arguments.build, "reload_agents", variant, "lib.so"), "rb") as file:
                libraries.add(file.read())
        self.assertEqual(len(libraries), 3)

    def test_swaps_between_good_versions_change_no_order(self):
        self.backtest("plain", "v1")
        plain = self.orders_without_ids()
        back = {"at": "1993-05-03", "rollback": True, "reason": "back"}
        changes = [self.change("1993-01-04", "v1b"), self.change("1993-03-01", "v2"), back]
        swapped, _ = self.backtest("swapped", "v1", "v1b", "v2", version="1.0.0", changes=changes)
        self.assertEqual(swapped["revision"], 4)
        self.assertEqual(self.orders_without_ids(), plain)

    def test_what_v2_learned_does_not_go_back_to_v1(self):
        done = self.swap("down", "v2", "v1")
        self.assertEqual(done.returncode, 3)
        self.assertIn("cannot read state of schema 2", done.stderr)

    def test_state_refused_is_refused_as_a_successor_only(self):
        done = self.swap("refuses_state", "v1", "state_refused")
        self.assertEqual(done.returncode, 3)
        self.assertIn("load_state answered rejected", done.stderr)
        self.backtest("starts_without_state", "state_refused")

    def test_state_migrated_wrongly_is_found_out_at_the_latest_by_its_successor(self):
        done = self.swap("loses_state", "v1", "state_migrated_wrongly", "v1b")
        self.assertEqual(done.returncode, 3)
        self.assertIn("state", done.stderr)

    def test_nan_output_behaves_for_twenty_bars_and_then_fails_closed(self):
        self.backtest("not_nan", "v1")
        plain = self.orders_without_ids()
        _, warnings = self.backtest("nan", "v1", "nan_output", version="1.0.0", changes=[self.change("1993-01-04", "nan_output")])
        self.assertIn("gave no usable answer in", warnings)
        # 20 bars from 4 January on end with that of 1 February.
        before = lambda orders: [order for order in orders if order["date"] <= "1993-02-01"]
        self.assertEqual(before(self.orders_without_ids()), before(plain))
        self.assertEqual({order["side"] for order in self.orders if order["date"] > "1993-02-02"}, {"sell"})

    def test_crash_isolated_takes_nothing_down_but_itself(self):
        result, messages = self.backtest("crash", "crash_isolated", isolation="process")
        self.assertEqual(result["orders"], 0)
        self.assertIn("gave no usable answer", messages)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, required=True)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
