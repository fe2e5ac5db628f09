"""Figures that other engines have published come out to the cent.

Usage: parity_test.py --build BUILD --cadre CADRE
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "hosts"))
from test_main import run_tests

HERE = os.path.dirname(os.path.abspath(__file__))
arguments = None


class OneBuy(unittest.TestCase):
    """All of 100,000 into SPY at the first regular minute of 2013-10-07, 0.25 % left in cash: what the regression figures of LEAN's BasicTemplateAlgorithm say."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cadre_parity_")
        self.addCleanup(shutil.rmtree, self.folder)
        self.run_folder = os.path.join(self.folder, "run")

    def backtest(self, *options):
        return subprocess.run([arguments.cadre, "--agents", os.path.join(arguments.build, "agents"), "backtest", os.path.join(HERE, "one_buy.json"), "--out",
                               self.run_folder, "--json", *options], capture_output=True, text=True)

    def rows(self, name):
        with open(os.path.join(self.run_folder, name), newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_one_order_of_688_shares_and_the_equity_to_the_cent(self):
        done = self.backtest()
        self.assertEqual(done.returncode, 0, done.stderr)
        orders = self.rows("orders.csv")
        self.assertEqual([(o["quantity"], o["status"], o["fees"]) for o in orders], [("688", "filled", "3.44")])
        equity = self.rows("equity.csv")
        self.assertEqual(equity[-1]["time"], "2013-10-11T20:00:00Z")
        self.assertEqual(f"{float(equity[-1]['equity']):.2f}", "101691.92")
        drawdown, peak = 0, 100000
        for row in equity:
            peak = max(peak, float(row["equity"]))
            drawdown = max(drawdown, 1 - float(row["equity"]) / peak)
        self.assertEqual(f"{drawdown:.3f}", "0.022")

    def test_latency_none_is_refused_without_quotes(self):
        with open(os.path.join(self.folder, "closes.csv"), "w", encoding="utf-8") as file:
            file.write("time,SPY\n2013-10-07T09:31:00-04:00,168\n2013-10-07T09:32:00-04:00,168\n2013-10-07T09:33:00-04:00,168\n")
        done = self.backtest("--set", f'/data/prices/file="{self.folder}/closes.csv"', "--set", '/data/prices/volume="none"')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("latency is none, but these data have no bid and ask", done.stderr)


if __name__ == "__main__":
    run_tests("build", "cadre")
