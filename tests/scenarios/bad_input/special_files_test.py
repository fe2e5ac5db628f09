"""What is no regular file, or is larger than anything of its kind, is refused with its place wherever one can be named, and never waited for."""

import os
import unittest

from workbench import Workbench

HUGE = 20 << 30  # bytes, none of which is written

# What stands for a file, and the code of its refusal.
KINDS = {
    "a pipe": (os.mkfifo, "FILE_NOT_REGULAR"),
    "a device": (lambda path: os.symlink("/dev/zero", path), "FILE_NOT_REGULAR"),
    "a terminal": (lambda path: os.symlink("/dev/tty", path), "FILE_NOT_REGULAR"),
    "a folder": (os.mkdir, "FILE_IS_DIRECTORY"),
    "a huge file": (lambda path: truncated(path, HUGE), "FILE_TOO_LARGE"),
}
EXPERIMENT = {"name": "e", "scenario": "scenario.json", "candidate": {"set": {"/chain/constraints/max_weight": 0.1}}}


def truncated(path, size):
    with open(path, "wb") as file:
        file.truncate(size)


class SpecialFiles(Workbench):
    def each_kind(self, name):
        """In the place of a file that is there."""
        for kind, (make, code) in KINDS.items():
            path = self.path(name)
            if os.path.lexists(path):
                os.unlink(path)
            make(path)
            with self.subTest(f"{name} is {kind}"):
                yield code
            os.rmdir(path) if os.path.isdir(path) else os.unlink(path)

    def refused(self, code, place, *words):
        run = self.cadre(*words)
        self.assertEqual(run.returncode, 3, run.stdout + run.stderr)
        lines = [line for line in run.stderr.splitlines() if line.endswith(f"[{code}]")]
        self.assertEqual(len(lines), 1, run.stderr)
        self.assertIn(place, lines[0])

    def test_scenarios_and_hosts(self):
        self.write()
        for code in self.each_kind("scenario.json"):
            for words in (("backtest",), ("check",), ("run",)):
                self.refused(code, "scenario.json", *words, "scenario.json")
        self.assertFalse(os.path.exists(self.path("scenario.state")))

    def test_the_scenario_that_a_host_file_names(self):
        self.raw["host.json"] = '{"books": [\n  {"scenario": "scenario.json"}]}'
        self.write()
        for code in self.each_kind("scenario.json"):
            for words in (("check",), ("run",)):
                self.refused(code, "host.json:2:16 /books/0/scenario", *words, "host.json")

    def test_the_chain_the_prices_and_the_signals_that_a_scenario_names(self):
        for name, place in (("chain.json", "/chain"), ("prices.csv", "/data/prices/file"), ("signals.csv", "/data/signals/file")):
            self.write()
            for code in self.each_kind(name):
                self.refused(code, "scenario.json:", "backtest", "scenario.json")
                self.refused(code, place, "backtest", "scenario.json")

    def test_the_files_of_an_experiment(self):
        self.write()
        for code in self.each_kind("experiment.json"):
            self.refused(code, "experiment.json", "experiment", "run", "experiment.json")
        for option in ("--control", "--candidate"):
            other = "--candidate" if option == "--control" else "--control"
            self.raw["series.csv"] = "date,equity\n2024-01-02,1\n2024-01-03,2\n"
            self.write()
            for code in self.each_kind("bad.csv"):
                self.refused(code, "bad.csv", "experiment", "analyze", option, "bad.csv", other, "series.csv")

    def test_the_files_of_an_agent_that_is_tried(self):
        self.raw["good.json"] = "{}"
        self.write()
        for code in self.each_kind("state.json"):
            self.refused(code, "state.json", "agent", "try", "cadre.position_sizer", "--state", "state.json")

    def test_the_journal_of_a_run(self):
        self.write()
        self.assertEqual(self.cadre("backtest", "scenario.json", "--out", "run").returncode, 0)
        for code in self.each_kind("run/journal"):
            if code == "FILE_IS_DIRECTORY":
                continue  # a run that is not one
            # Its first bytes say already that a huge one is none.
            self.refused("JOURNAL_NOT_A_JOURNAL" if code == "FILE_TOO_LARGE" else code, "run/journal", "replay", "run")

    def test_a_token_file(self):
        self.write()
        for code in self.each_kind("token"):
            self.refused(code, "token", "status", "--host", "http://127.0.0.1:1", "--token-file", "token")

    def test_what_is_called_like_a_manifest_and_is_no_file_hides_no_other(self):
        self.write()
        os.mkdir(self.path("more"))
        self.agents.append(self.path("more"))
        for code in self.each_kind("more/manifest.json"):
            run = self.cadre("check", "scenario.json")
            self.assertEqual(run.returncode, 0, run.stderr)


if __name__ == "__main__":
    unittest.main()
