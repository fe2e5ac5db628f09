"""Trading states of a running host, by an operator's order and by limits: told everywhere, kept over a kill, ended as they say.

Usage: trading_states_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import signal
import unittest

from running_host import RunningHost, bars, new_folder, write_json
from test_main import run_tests

arguments = None
WARM = 60


class TradingStates(unittest.TestCase):
    """A host of the demo's book, warmed up."""

    def setUp(self):
        self.folder = new_folder("trading_states")
        self.addCleanup(shutil.rmtree, self.folder)
        self.bars, self.at = bars(400), 0

    def start(self, checks=None):
        book = {"scenario": os.path.join(os.path.dirname(__file__), "..", "..", "docs", "..", SCENARIO)}
        if checks:
            book["set"] = {f"/pre_trade_checks/{name}": value for name, value in checks.items()}
        config = write_json(os.path.join(self.folder, "host.json"), {"name": "states", "books": [book]})
        self.host = RunningHost(arguments.cadre, self.folder, config, [os.path.join(arguments.build, "agents")]).start()
        self.addCleanup(self.host.end)
        self.book = self.host.status()["books"][0]["book"]

    def post(self, count):
        for _ in range(count):
            status, body = self.host.ask("POST", f"/v1/books/{self.book}/bars", self.bars[self.at])
            self.assertEqual(status, 202, body)
            self.at += 1

    def say(self, *words):
        done = self.host.command(*words, "--reason", "test")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def book_status(self):
        return self.host.status()["books"][0]

    def positions(self):
        body = self.host.ask("GET", f"/v1/books/{self.book}/portfolio")[1]
        return {each["instrument"]: float(each["quantity"]) for each in body["positions"]}

    def metric(self, name):
        text = self.host.client.request("GET", "/metrics")[1]
        return next(line.split()[-1] for line in text.splitlines() if line.startswith(name + "{"))

    def restart_after_kill(self):
        self.host.process.send_signal(signal.SIGKILL)
        self.host.process.wait()
        self.host.start()


if __name__ == "__main__":
    arguments = run_tests(__doc__)
