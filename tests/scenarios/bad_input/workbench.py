"""A folder with a good scenario, its chain, prices and signals, to be spoiled; and the one way to be refused.

The environment names the program (CADRE), the real agents (CADRE_REAL_AGENTS) and the hostile ones (CADRE_TEST_AGENTS).
"""

import copy
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import unittest

CADRE = os.environ["CADRE"]
REAL_AGENTS = os.environ["CADRE_REAL_AGENTS"]
TEST_AGENTS = os.environ["CADRE_TEST_AGENTS"]

# How the line of a problem ends.
CODE_AT_END = re.compile(r" \[[A-Z0-9]+(_[A-Z0-9]+)+\]$")

SCENARIO = {
    "name": "small",
    "scenario": "backtest",
    "chain": "chain.json",
    "book": {"id": "main", "currency": "USD", "initial_cash": 100000},
    "data": {
        "prices": {"file": "prices.csv", "adjustment": "raw", "volume": "none"},
        "signals": {"file": "signals.csv"},
        "periods_per_year": 252,
    },
    "execution_environment": {"agent": "cadre.simulated_execution"},
}
CHAIN = {
    "name": "small",
    "services": [{"name": "covariance", "agent": "cadre.sample_covariance", "config": {"window": 20}}],
    "signal_sources": [
        {"name": "momentum", "agent": "cadre.momentum", "config": {"lookback": 20, "skip": 2}},
        {"name": "external", "agent": "cadre.external_signals"},
    ],
    "signal_aggregator": {"agent": "cadre.confidence_weighted"},
    "position_sizer": {"agent": "cadre.position_sizer", "config": {"max_position_size": 0.3}},
    "risk_managers": [{"name": "risk", "agent": "cadre.risk_manager", "config": {"var_lookback": 20, "var_limit": 0.01}}],
    "execution_rules": {"agent": "cadre.execution_rules"},
}
INSTRUMENTS = ["AA", "BB", "CC", "DD"]


def price_rows():
    """60 days of a random walk, as the rows of a wide CSV with its header."""
    draw = random.Random(5)
    prices = [40.0, 50.0, 60.0, 70.0]
    rows = [["date", *INSTRUMENTS]]
    for day in range(60):
        prices = [p * (1 + draw.gauss(0.0005, 0.01)) for p in prices]
        rows.append([f"2024-{1 + day // 28:02}-{1 + day % 28:02}", *(f"{p:.2f}" for p in prices)])
    return rows


def csv_text(rows):
    return "".join(",".join(row) + "\n" for row in rows)


SIGNALS = [["time", "strategy", "instrument", "direction", "strength", "confidence", "horizon_days"],
           ["2024-01-05", "house", "AA", "1", "1.5", "0.8", "20"],
           ["2024-01-09", "house", "BB", "-1", "1.0", "0.5", "20"]]


def tree(folder):
    """Every file below a folder with its bytes."""
    found = {}
    for directory, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


class Workbench(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cadre_bad_input_")
        self.addCleanup(shutil.rmtree, self.folder)
        self.scenario = copy.deepcopy(SCENARIO)
        self.chain = copy.deepcopy(CHAIN)
        self.prices = price_rows()
        self.signals = copy.deepcopy(SIGNALS)
        self.agents = [REAL_AGENTS]
        self.raw = {}  # file name to bytes, instead of what the above would give

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self):
        files = {"scenario.json": json.dumps(self.scenario, indent=2) + "\n", "chain.json": json.dumps(self.chain, indent=2) + "\n",
                 "prices.csv": csv_text(self.prices), "signals.csv": csv_text(self.signals)}
        for name, content in {**files, **self.raw}.items():
            if content is None:
                continue
            with open(self.path(name), "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)

    def cadre(self, *arguments):
        folders = [word for folder in self.agents for word in ("--agents", folder)]
        return subprocess.run([CADRE, *folders, *arguments], capture_output=True, text=True, errors="replace",
                              cwd=self.folder, timeout=60)

    def is_refused(self, *expected, backtest_arguments=()):
        """check and backtest end with 3, tell each expected regular expression in a line of its own (and nothing
        else), and write nothing."""
        self.write()
        os.makedirs(self.path("old_run", "journal"), exist_ok=True)
        with open(self.path("old_run", "journal", "precious"), "w", encoding="utf-8") as file:
            file.write("of last week")
        before = tree(self.folder)
        runs = [self.cadre("backtest", "scenario.json", "--out", out, *backtest_arguments) for out in ("new_run", "old_run")]
        if not backtest_arguments:
            runs.append(self.cadre("check", "scenario.json"))
        for run in runs:
            if os.environ.get("SHOW_MESSAGES"):
                print(f"\n{self.id()}\n{run.stderr}", end="")
            coded = [line for line in run.stderr.splitlines() if ": warning: " not in line]
            lines = [CODE_AT_END.sub("", line) for line in coded]
            self.assertEqual(run.returncode, 3, run.stderr)
            for pattern in expected:
                matching = [line for line in lines if re.search(pattern, line)]
                self.assertEqual(len(matching), 1, f"{pattern} in:\n{run.stderr}")
            self.assertEqual(len(lines), len(expected), run.stderr)
            for line in coded:
                self.assertRegex(line, CODE_AT_END)
        self.assertEqual(tree(self.folder), before, "something was written")

    def is_fine(self, *expected_warnings):
        self.write()
        run = self.cadre("check", "scenario.json")
        self.assertEqual(run.returncode, 0, run.stderr)
        lines = [CODE_AT_END.sub("", line) for line in run.stderr.splitlines()]
        for pattern in expected_warnings:
            self.assertEqual(len([line for line in lines if re.search(pattern, line)]), 1, f"{pattern} in:\n{run.stderr}")
        self.assertEqual(len(lines), len(expected_warnings), run.stderr)
