"""Agents in Python: the same orders as the same rule in C++, and one sentence for everything that goes wrong.

Usage: python_test.py BUILD
"""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.abspath(sys.argv[1])
AGENTS = [os.path.join(BUILD, "agents"), os.path.join(BUILD, "python_agents"), os.path.join(BUILD, "test_agents_python")]
SCRIPT = os.path.join(ROOT, "plugins", "python_host", "examples", "inverse_volatility.py")
DAY = "1992-02-12"  # from which misbehaving.py does what it is told


def adjuster(agent, **keys):
    return {"name": "adjuster", "agent": agent, **keys}


class Python(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.runs = 0

    def run_demo(self, *settings, agents=AGENTS, to="1992-06-30"):
        """One backtest: its exit status, what it printed, and its result."""
        self.runs += 1
        out = os.path.join(self.folder, f"run{self.runs}")
        command = [os.path.join(BUILD, "bin", "cadre")]
        for folder in agents:
            command += ["--agents", folder]
        command += ["backtest", os.path.join(ROOT, "manifests", "scenarios", "demo.json"), "--out", out, "--set", f'/data/to="{to}"']
        for pointer, value in settings:
            command += ["--set", f"{pointer}={json.dumps(value)}"]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
        result = {}
        if ran.returncode == 0:
            with open(os.path.join(out, "result.json"), encoding="utf-8") as file:
                result = json.load(file)
        return ran.returncode, ran.stdout + ran.stderr, result

    def orders(self):
        """Those of the last run; their ids count events, a change among them."""
        with open(os.path.join(self.folder, f"run{self.runs}", "orders.csv"), encoding="utf-8") as file:
            return [[value for key, value in row.items() if key != "client_id"] for row in csv.DictReader(file)]

    def with_adjuster(self, agent, **keys):
        return self.run_demo(("/chain/trade_adjusters", [adjuster(agent, **keys)]))

    def misbehave(self, does):
        """What is printed when an agent does it, with every decision from then on held."""
        code, said, result = self.with_adjuster("python.misbehaving", on_error="quarantine", config={"does": does})
        self.assertEqual(code, 0, said)
        self.assertIn(f"first on {DAY}", said)
        self.assertIn("RUN_AGENT_FAILED", said)
        return said

    def test_decides_as_the_same_rule_in_cpp_does(self):
        hashes = {}
        for agent in ("example.inverse_volatility", "python.twin", "cadre.identity.trade_adjuster"):
            code, said, result = self.with_adjuster(agent)
            self.assertEqual(code, 0, said)
            self.assertNotIn("RUN_AGENT_FAILED", said)
            self.assertGreater(result["orders"], 100)
            hashes[agent] = result["order_hash"]
        self.assertEqual(hashes["example.inverse_volatility"], hashes["python.twin"])
        self.assertNotEqual(hashes["python.twin"], hashes["cadre.identity.trade_adjuster"])

    def test_settings_reach_the_class(self):
        hashes = {self.with_adjuster(agent, config={"lookback": lookback})[2]["order_hash"]
                  for agent in ("example.inverse_volatility", "python.twin") for lookback in (10, 120)}
        self.assertEqual(len(hashes), 2)

    def test_a_refusal_of_settings_is_the_authors_sentence(self):
        code, said, _ = self.with_adjuster("example.inverse_volatility", config={"lookback": 1})
        self.assertEqual(code, 3, said)
        with open(SCRIPT, encoding="utf-8") as file:
            line = next(number for number, text in enumerate(file, 1) if "raise cadre.Refusal" in text)
        self.assertIn(f"lookback 1: a volatility needs two returns (inverse_volatility.py:{line}) [AGENT_CONFIG]", said)
        self.assertNotIn("Refusal", said)

    def test_a_syntax_error_is_named_with_its_line(self):
        code, said, _ = self.with_adjuster("python.broken")
        self.assertEqual(code, 3, said)
        self.assertIn("SyntaxError: expected ':' (broken.py:3)", said)

    def test_a_class_without_the_method_of_its_role_is_refused(self):
        code, said, _ = self.with_adjuster("python.no_method")
        self.assertEqual(code, 3, said)
        self.assertIn("NoMethod has no method adjust_trades, which decides in the role cadre.trade_adjuster/1", said)

    def test_an_agent_of_the_manifest_without_a_class_is_refused(self):
        code, said, _ = self.with_adjuster("python.no_class")
        self.assertEqual(code, 3, said)
        self.assertIn("AGENTS has no class for 'python.no_class'", said)

    def test_an_exception_is_type_message_and_line(self):
        self.assertIn("KeyError: 'absent' (misbehaving.py:", self.misbehave("fail"))

    def test_an_exception_shows_its_whole_way_behind_the_stage_it_is_of(self):
        lines = self.misbehave("fail").splitlines()
        begin = lines.index("adjuster: Traceback (most recent call last):")
        self.assertRegex(lines[begin + 1], r'^adjuster:   File "misbehaving.py", line \d+, in adjust_trades$')
        self.assertIn("adjuster: KeyError: 'absent'", lines)

    def test_what_is_printed_is_shown_behind_the_stage_it_is_of(self):
        code, said, _ = self.with_adjuster("python.misbehaving", config={"does": "print"})
        self.assertEqual(code, 0, said)
        self.assertIn("adjuster: 3 names fall\n", said)

    def test_a_refusal_in_a_decision_is_its_sentence(self):
        said = self.misbehave("refuse")
        self.assertIn("too few returns (misbehaving.py:", said)
        self.assertNotIn("RUN_AGENT_QUARANTINED", said)  # bad input is not a bug

    def test_numbers_of_another_shape_are_refused(self):
        self.assertIn("adjust_trades: the shape is (31,), expected (30,)", self.misbehave("return_too_many"))
        self.assertIn("weight: the shape is (2, 30), expected (30,)", self.misbehave("set_too_many"))
        self.assertIn("adjust_trades: the shape is (), expected (30,)", self.misbehave("return_true"))
        self.assertIn("could not convert string to float", self.misbehave("return_text"))

    def test_numbers_that_are_none_are_refused_by_the_host(self):
        self.assertIn("the target of AXP is nan", self.misbehave("not_a_number"))

    def test_the_state_cannot_be_written(self):
        self.assertIn("assignment destination is read-only", self.misbehave("write_state"))
        self.assertIn("cannot set WRITEABLE flag to True", self.misbehave("make_state_writable"))

    def test_state_and_services_are_not_copied(self):
        for does in ("look", "look_at_services"):
            code, said, _ = self.with_adjuster("python.misbehaving", config={"does": does})
            self.assertEqual(code, 0, said)
            self.assertNotIn("RUN_AGENT_FAILED", said)

    def test_calls_leave_nothing_behind(self):
        code, said, _ = self.with_adjuster("python.misbehaving", config={"does": "count_blocks"})
        self.assertEqual(code, 0, said)
        self.assertNotIn("RUN_AGENT_FAILED", said)

    def test_an_unknown_kind_of_event_is_refused(self):
        code, said, _ = self.with_adjuster("python.no_event")
        self.assertEqual(code, 3, said)
        self.assertIn("ValueError: observes: 'bars' is no kind of event", said)

    def test_an_array_that_is_kept_is_named(self):
        self.assertIn("it keeps the array price beyond the call", self.misbehave("keep"))
        self.assertIn("it keeps the array services beyond the call", self.misbehave("keep_service"))

    def test_a_state_that_is_kept_shows_nothing(self):
        code, said, _ = self.with_adjuster("python.misbehaving", config={"does": "keep_state"})
        self.assertEqual(code, 0, said)
        self.assertIn("the call is over for which this view was made", said)

    def test_leaving_the_program_is_an_exception_like_any_other(self):
        self.assertIn("SystemExit: 3", self.misbehave("leave"))

    def test_files_and_programs_are_out_of_reach(self):
        self.assertIn("PermissionError", self.misbehave("open_file"))
        self.assertIn("PermissionError", self.misbehave("start_program"))

    def test_an_import_that_comes_too_late_is_told_where_it_belongs(self):
        self.assertRegex(self.misbehave("import_late"), r"Error: .*\(misbehaving\.py:\d+\); at the top of the file, what is in the standard library")

    def test_sources_and_sizers_decide_too(self):
        code, said, result = self.run_demo(("/chain/signal_sources", [{"name": "reversal", "agent": "python.reversal"}]),
                                           ("/chain/position_sizer", {"agent": "python.equal", "config": {"gross": 0.4}}))
        self.assertEqual(code, 0, said)
        self.assertNotIn("RUN_AGENT_FAILED", said)
        self.assertGreater(result["orders"], 100)
        self.assertNotEqual(result["order_hash"], self.run_demo()[2]["order_hash"])

    def test_libraries_of_one_book_share_an_interpreter(self):
        """Two of them in one child decide as each in a child of its own."""
        orders = []
        for isolation in ("process", "process_alone"):
            code, said, _ = self.run_demo(
                ("/chain/signal_sources", [{"name": "reversal", "agent": "python.reversal", "isolation": isolation}]),
                ("/chain/trade_adjusters", [adjuster("example.inverse_volatility", isolation=isolation)]))
            self.assertEqual(code, 0, said)
            self.assertNotIn("RUN_AGENT_FAILED", said)
            orders.append(self.orders())
        self.assertEqual(orders[0], orders[1])
        code, said, _ = self.run_demo(("/chain/signal_sources", [{"name": "reversal", "agent": "python.reversal"}]),
                                      ("/chain/trade_adjusters", [adjuster("example.inverse_volatility", config={"lookback": 1})]))
        self.assertIn("a volatility needs two returns", said)
        self.assertNotIn("Refusal", said)

    def test_what_was_learned_outlives_the_instance(self):
        """A change that changes nothing but the instance: the orders stay where the state is handed over, and only there."""
        learning = ("/chain/trade_adjusters", [adjuster("python.brake", config={"half_life": 40})])

        def change(state):
            return ("/changes", [{"at": "1992-03-31", "state": state, "set": {"/chain/trade_adjusters/0/config/note": "anew"}}])

        orders = []
        for settings in ([learning], [learning, change("migrate")], [learning, change("reset")]):
            code, said, _ = self.run_demo(*settings, to="1993-06-30")
            self.assertEqual(code, 0, said)
            orders.append(self.orders())
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])

    def test_the_same_run_comes_out_the_same(self):
        """Whatever the environment says about hashes and folders."""
        os.environ["PYTHONHASHSEED"] = "12345"
        os.environ["PYTHONPATH"] = self.folder
        self.addCleanup(os.environ.pop, "PYTHONHASHSEED")
        self.addCleanup(os.environ.pop, "PYTHONPATH")
        first, second = (self.with_adjuster("python.misbehaving", config={"does": "use_hashes"})[2]["order_hash"] for _ in range(2))
        self.assertEqual(first, second)

    def test_in_the_process_of_the_host_it_is_refused_with_the_word_that_helps(self):
        folder = os.path.join(self.folder, "unsaid")
        shutil.copytree(AGENTS[1], folder)
        manifest = os.path.join(folder, "inverse_volatility.json")
        with open(manifest, encoding="utf-8") as file:
            document = json.load(file)
        with open(os.path.join(folder, document["library"]["path"]), "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(), document["library"]["sha256"])
        del document["isolation"]
        with open(manifest, "w", encoding="utf-8") as file:
            json.dump(document, file)
        code, said, _ = self.run_demo(("/chain/trade_adjusters", [adjuster("example.inverse_volatility")]), agents=[AGENTS[0], folder])
        self.assertEqual(code, 3, said)
        self.assertIn("libpython3", said)
        self.assertIn('"isolation": "process"', said)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[2:]])
