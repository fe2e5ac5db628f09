"""Over prices with holes a host that is killed again and again sends the orders of a backtest.

Usage: gaps_test.py --build BUILD --cadre CADRE
"""

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import PRICES, RunningHost, agent_folders, demo_chain, new_folder, read_bars, write_json

DAYS = 420
arguments = None


def write_with_holes(path, seed):
    """The first closes of the Dow, of which one in fifty lacks, but for those of the first day."""
    chance = random.Random(seed)
    with open(PRICES, encoding="utf-8") as source, open(path, "w", encoding="utf-8") as target:
        rows = csv.writer(target, lineterminator="\n")
        for number, row in zip(range(DAYS + 1), csv.reader(source)):
            rows.writerow([cell if number < 2 or place == 0 or chance.random() >= 0.02 else "" for place, cell in enumerate(row)])
    return path


class Gaps(unittest.TestCase):
    def setUp(self):
        self.folder = new_folder("gaps")
        self.addCleanup(shutil.rmtree, self.folder)

    def write_scenario(self, missing):
        prices = write_with_holes(os.path.join(self.folder, "prices.csv"), 7)
        scenario = {"scenario": "backtest", "name": "gaps", "chain": demo_chain(), "book": {"id": "main"},
                    "data": {"prices": {"file": prices, "adjustment": "split", "volume": "none", "missing": missing}},
                    "execution_environment": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close"}}}
        return write_json(os.path.join(self.folder, "scenario.json"), scenario)

    def backtest(self, scenario):
        done = subprocess.run([arguments.cadre, "--agents", os.path.join(arguments.build, "agents"), "backtest", scenario, "--json",
                               "--out", os.path.join(self.folder, "run")], capture_output=True, text=True, timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("RUN_AGENT_FAILED", done.stderr)
        self.assertIn("RUN_RETURNS_FILLED", done.stderr)
        return json.loads(done.stdout)

    def post(self, host, bars):
        text = "".join(json.dumps(bar) + "\n" for bar in bars)
        status, said = host.ask("POST", "/v1/books/main/bars", text, kind="application/x-ndjson")
        self.assertEqual((status, said["accepted"]), (202, len(bars)), said)

    def test_a_host_that_is_killed_five_times_sends_the_orders_of_a_backtest(self):
        for missing in ("leave", "carry"):
            with self.subTest(missing):
                scenario = self.write_scenario(missing)
                wanted = self.backtest(scenario)
                self.assertGreater(wanted["orders"], 100)
                bars = read_bars(file=os.path.join(self.folder, "prices.csv"))
                host = RunningHost(arguments.cadre, os.path.join(self.folder, missing), scenario, agent_folders(arguments.build))
                self.addCleanup(host.end)
                done = 0
                for until in (101, 255, 300, 333, 390, len(bars)):
                    host.spawn().wait_until_ready()
                    self.post(host, bars[done:until])
                    done = until
                    if until < len(bars):
                        host.kill()
                book = host.settled_book("main")
                self.assertEqual((book["order_hash"], book["orders"], book["decisions"]),
                                 (wanted["order_hash"], wanted["orders"], wanted["decisions"]))
                self.assertEqual(host.stop(), 0, host.log_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, type=os.path.abspath, required=True)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
