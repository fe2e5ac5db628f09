"""A file of one kind in the place of another is named as what it is, in one line, with what takes it."""

import os
import re
import shutil
import unittest

from workbench import Workbench


class WrongKind(Workbench):
    def setUp(self):
        super().setUp()
        self.raw["host.json"] = '{"books": [{"scenario": "scenario.json"}]}'
        self.raw["experiment.json"] = '{"scenario": "scenario.json", "candidate": {"/seed": 2}}'
        self.raw["manifest.json"] = '{"manifest_version": 1}'
        self.raw["state.json"] = '{"instruments": []}'
        self.raw["schema.json"] = '{"type": "object", "properties": {}}'
        self.write()
        made = self.cadre("backtest", "scenario.json", "--out", "folder")
        self.assertEqual(made.returncode, 0, made.stderr)
        for name in ("result.json", "report.html", "journal"):
            shutil.copy(self.path("folder", name), self.path(name if name != "journal" else "a_journal"))
        self.nouns = {"scenario.json": "a scenario", "host.json": "a host file", "chain.json": "a chain", "experiment.json": "an experiment",
                      "manifest.json": "a manifest of agents", "state.json": "an execution state", "schema.json": "a JSON schema",
                      "result.json": "the result of a run", "report.html": "a page for a browser", "a_journal": "a journal", "prices.csv": "a CSV file",
                      "folder": "a run folder"}

    def says_what_it_is(self, name, expected, *words):
        run = self.cadre(*words)
        line = f"{name}: this is {self.nouns[name]}, expected {expected}; "
        self.assertEqual((run.returncode, run.stdout), (3, ""), f"{words}\n{run.stderr}")
        told = run.stderr.splitlines()
        self.assertEqual(len(told), 1, run.stderr)
        self.assertTrue(told[0].startswith(line), f"{told[0]}\n{line}")
        self.assertTrue(told[0].endswith(" [FILE_OTHER_KIND]"), told[0])

    def test_each_command_names_what_it_was_given(self):
        commands = {
            ("backtest", "FILE"): ("a scenario", {"scenario.json"}),
            ("run", "FILE", "--state", "new"): ("a host file or a scenario", {"scenario.json", "host.json"}),
            ("run", "host.json", "--replay", "FILE", "--state", "new"): ("a CSV file", {"prices.csv"}),
            ("experiment", "run", "FILE"): ("an experiment", {"experiment.json"}),
            ("replay", "FILE"): ("a run folder", {"folder"}),
            ("explain", "FILE", "1"): ("a run folder", {"folder"}),
            ("journal", "verify", "FILE"): ("the state folder of a host, a run folder or a journal", {"folder", "a_journal"}),
            ("journal", "backup", "FILE", "--to", "copy"): ("the state folder of a host", set()),
            ("experiment", "analyze", "--control", "FILE", "--candidate", "folder/equity.csv"): ("a CSV file", {"prices.csv"}),
            ("agent", "try", "cadre.momentum", "--state", "FILE"): ("an execution state", {"state.json"}),
        }
        for words, (expected, fitting) in commands.items():
            for name in sorted(set(self.nouns) - fitting):
                with self.subTest(f"{words} {name}"):
                    self.says_what_it_is(name, expected, *(name if word == "FILE" else word for word in words))
        self.assertFalse(os.path.exists(self.path("new")) or os.path.exists(self.path("copy")), "something was made")

    def test_check_takes_every_file_that_people_write_and_names_the_others(self):
        for name in ("result.json", "report.html", "a_journal", "prices.csv", "folder", "schema.json"):
            with self.subTest(name):
                run = self.cadre("check", name)
                self.assertEqual(run.returncode, 3)
                self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
                self.assertIn(f"this is {self.nouns[name]}, expected a scenario, a host file, a chain, an experiment or a manifest of agents", run.stderr)

    def test_a_file_that_another_file_names_is_named_too(self):
        self.raw["host.json"] = '{"books": [{"scenario": "chain.json"}]}'
        self.scenario["chain"] = "experiment.json"
        self.write()
        for words, line in ((("check", "host.json"), r"^host.json:1:25 /books/0/scenario: .*chain.json: this is a chain, expected a scenario;"),
                            (("check", "scenario.json"), r"^scenario.json:4:12 /chain: experiment.json: this is an experiment, expected a chain;")):
            run = self.cadre(*words)
            self.assertEqual(run.returncode, 3)
            self.assertEqual([bool(re.match(line, each)) for each in run.stderr.splitlines()], [True], run.stderr)

    def test_arguments_that_are_exchanged_are_noticed(self):
        for words, line in ((("explain", "1", "folder"), "folder: this is a run folder, expected the id of an order; write cadre explain RUN ORDER [COMMAND_SWAPPED]"),
                            (("agent", "try", "state.json", "--state", "state.json"),
                             "state.json: this is an execution state, expected the id of an agent; write cadre agent try ID --state FILE [COMMAND_SWAPPED]"),
                            (("agent", "show", "manifest.json"),
                             "manifest.json: this is a manifest of agents, expected the id of an agent; `cadre agent list` shows the ids [COMMAND_SWAPPED]"),
                            (("backtest", "scenario.json", "--from", "2024-03-01", "--to", "2024-02-01"),
                             "--from /data/from: the first date is after the last one; exchange /data/from (--from) and /data/to (--to) [CONFIG_EMPTY_PERIOD]")):
            run = self.cadre(*words)
            self.assertEqual((run.returncode, run.stderr), (3, line + "\n"))

    def test_an_agent_is_found_by_what_people_remember_of_its_name(self):
        for word in ("cadre.momentm", "momentum", "Cadre.Momentum"):
            self.assertIn('did you mean "cadre.momentum"?', self.cadre("agent", "show", word).stderr)
        self.assertNotIn("did you mean", self.cadre("agent", "show", "xyzzy").stderr)

    def test_a_file_may_name_its_schema(self):
        self.scenario["$schema"] = "https://example.org/scenario.schema.json"
        self.chain["$schema"] = "../schema/chain.schema.json"
        self.is_fine()

    def test_a_schema_that_is_no_text_is_refused(self):
        self.scenario["$schema"] = 3
        self.is_refused(r'/\$schema: unknown key "\$schema"')


if __name__ == "__main__":
    unittest.main()
