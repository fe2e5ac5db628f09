"""Words that are no command are explained, every command has its help, and bad usage is told apart from bad input by the exit code."""

import json
import re
import unittest

from workbench import Workbench


class CommandLine(Workbench):
    def says(self, words, code, *lines):
        run = self.cadre(*words.split())
        self.assertEqual((run.returncode, run.stdout), (code, ""), run.stderr)
        self.assertEqual(run.stderr.splitlines()[:len(lines)], list(lines))

    def help_of(self, *words):
        run = self.cadre(*words, "--help")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return run.stdout

    def commands_of(self, *words):
        """The words that the help of a group lists."""
        return re.findall(r"^  ([a-z]+) ", self.help_of(*words).partition("\nSubcommands:\n")[2], re.M)

    def refused(self, words, *messages):
        """Each message and nothing else, as a line that says what to look at, and with --json as an object too."""
        run = self.cadre(*words.split())
        self.assertEqual((run.returncode, run.stdout), (2, ""), run.stderr)
        lines = run.stderr.splitlines()
        self.assertEqual([line.partition("; ")[0] for line in lines], list(messages), run.stderr)
        for line in lines:
            self.assertRegex(line, r"`cadre[a-z ]* --help` shows what it takes \[COMMAND_USAGE\]$")
        run = self.cadre(*words.split(), "--json")
        if "--json" not in run.stderr:
            self.assertEqual([p["message"] for p in json.loads(run.stdout)["problems"]], list(messages))
        return "\n".join(lines)

    def test_an_unknown_word_is_answered_with_the_nearest_one(self):
        self.assertIn('did you mean "backtest"? ', self.refused("backtst", '"backtst" is no command or option of cadre'))
        self.assertIn('did you mean "apply"? ', self.refused("revision aply", '"aply" is no command or option of cadre revision'))
        self.assertIn('did you mean "--json"? ', self.refused("check --jsn x", '"--jsn" is no command or option of cadre check'))
        self.refused("check x xyzzy --zzzzzz", '"--zzzzzz" is no command or option of cadre check')
        self.refused("agent list x y", '"x" is one word too many for cadre agent list', '"y" is one word too many for cadre agent list')

    def test_what_is_missing_or_out_of_range_is_bad_usage(self):
        self.refused("halt", "--reason is required: why, for the journal")
        self.refused("experiment analyze", "--control is required: CSV with the columns date and equity, or date and return",
                     "--candidate is required: the same of the version that would replace it")
        self.refused("run x --speed 3", "--speed requires --replay")
        self.refused("experiment analyze --control a --candidate b --alpha 3", "--alpha: Value 3 not in range 0.000001 to 0.500000")
        self.refused("experiment", "cadre experiment needs a command: run, analyze, start, status, results, stop")

    def test_a_value_that_is_empty_is_bad_usage_wherever_it_stands(self):
        for words, name in ((("init", ""), "DIR"), (("backtest", ""), "CONFIG"), (("backtest", "x.json", "--out", ""), "--out"), (("run", "x.json", "--state", ""), "--state"),
                            (("journal", "verify", ""), "PATH"), (("halt", "--reason", "x", "--book", ""), "--book"), (("feed", "", "x.csv"), "BOOK")):
            run = self.cadre(*words)
            self.assertEqual((run.returncode, run.stderr.partition("; ")[0]), (2, f"{name}: it may not be empty"))

    def test_options_stand_before_or_behind_the_command(self):
        self.write()
        orders = [("--json", "agent", "list"), ("agent", "--json", "list"), ("agent", "list", "--json"), ("agent", "list", "--json", "--log-level", "error")]
        listed = [self.cadre(*words) for words in orders]
        for run in listed:
            self.assertEqual((run.returncode, run.stdout, run.stderr), (0, listed[0].stdout, ""))
        words = ("scenario.json", "--set", "/seed=5")
        results = [self.cadre(*order) for order in (("backtest", *words, "--json"), ("--json", "backtest", *words), ("--json", *words[1:], "backtest", words[0]))]
        for run in results:
            self.assertEqual((run.returncode, json.loads(run.stdout)["order_hash"]), (0, json.loads(results[0].stdout)["order_hash"]), run.stderr)
        self.assertIn('"problems"', self.cadre("--json", "backtest", "none.json").stdout)

    def test_an_option_whose_value_may_be_left_out_takes_no_word_that_the_command_needs(self):
        self.write()
        run = self.cadre("run", "--replay", "scenario.json", "--exit-at-end", "--state", "state")
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_a_value_that_looks_like_an_option_of_the_program_stays_a_value(self):
        self.write()
        run = self.cadre("backtest", "scenario.json", "--set", "--agents")
        self.assertIn('"--agents" is not /json/pointer=value', run.stderr)

    def test_help_and_version_are_what_people_try_first(self):
        self.assertEqual(self.cadre("help").stdout, self.help_of())
        self.assertEqual(self.cadre("help", "revision", "apply").stdout, self.help_of("revision", "apply"))
        self.assertEqual(self.cadre("revision", "help").stdout, self.help_of("revision"))
        self.assertEqual(self.cadre("help", "backtest", "scenario.json").stdout, self.help_of("backtest"))
        self.assertEqual(self.cadre("-V").stdout, self.cadre("--version").stdout)
        self.says("help bogus", 2, '"bogus" is no command or option of cadre; `cadre --help` shows what it takes [COMMAND_USAGE]')

    def test_every_command_has_help_with_its_exit_codes(self):
        commands = self.commands_of()
        self.assertIn("backtest", commands)
        groups = {"agent": {"list", "show", "try", "restart"}, "experiment": {"run", "analyze", "start", "status", "results", "stop"},
                  "revision": {"list", "show", "diff", "apply", "confirm", "rollback"}, "quarantine": {"list", "release"}, "journal": {"verify", "show", "backup", "restore", "prune"},
                  "log": {"show", "set"}}
        for command in commands:
            with self.subTest(command):
                self.assertEqual(set(self.commands_of(command)), groups.get(command, set()))
                for words in [(command, inner) for inner in groups.get(command, ())] or [(command,)]:
                    self.assertIn("\nExit codes", self.help_of(*words))

    def test_a_refusal_is_lines_and_with_json_an_object_too(self):
        self.write()
        for words in ("backtest none.json", "replay none", "explain none 1", "agent show none", "agent try none --state none.json",
                      "experiment run none.json", "experiment analyze --control none.csv --candidate none.csv", "status --host none.sock"):
            with self.subTest(words):
                plain, run = self.cadre(*words.split()), self.cadre(*words.split(), "--json")
                self.assertEqual((run.returncode, run.stderr, plain.stdout), (plain.returncode, plain.stderr, ""))
                problems = json.loads(run.stdout)["problems"]
                self.assertEqual([p["code"] for p in problems], re.findall(r"\[([A-Z0-9_]+)\]$", run.stderr, re.M))
                self.assertTrue(problems)


if __name__ == "__main__":
    unittest.main()
