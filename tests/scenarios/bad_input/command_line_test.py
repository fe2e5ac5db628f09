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

    def test_an_unknown_word_is_answered_with_the_nearest_one(self):
        self.says("backtst", 2, '"backtst" is no command or option of cadre; did you mean "backtest"?')
        self.says("revision aply", 2, '"aply" is no command or option of revision; did you mean "apply"?')
        self.says("check --jsn x", 2, '"--jsn" is no command or option of check; did you mean "--json"?')
        self.says("check x xyzzy --zzzzzz", 2, '"--zzzzzz" is no command or option of check')

    def test_what_is_missing_or_out_of_range_is_bad_usage(self):
        self.says("halt", 2, "--reason is required")
        self.says("run x --speed 3", 2, "--speed requires --replay")
        self.says("experiment analyze --control a --candidate b --alpha 3", 2, "--alpha: Value 3 not in range 0.000001 to 0.500000")
        self.says("experiment", 2, "A subcommand is required")

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
