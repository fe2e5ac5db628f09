"""A running host whose bars come one instrument at a time: when one is complete, and what it does with too few.

Usage: open_bars_test.py --build BUILD --cadre CADRE
"""

import csv
import json
import os
import subprocess
import unittest

from running_host import ROOT, RunningHost, fresh_folder, wait_until
from test_main import run_tests

arguments = None
PRICES = os.path.join(ROOT, "tests", "data", "intraday_bars.csv")
IDS = ("AAA", "BBB", "CCC")


def rows():
    with open(PRICES, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield dict({key: float(row[key]) for key in ("open", "high", "low", "close", "volume")}, time=row["time"], symbol=row["symbol"])


ROWS = list(rows())


class OpenBars(unittest.TestCase):
    def host(self, name, **prices):
        root = fresh_folder(arguments.build, "open_bars_test", name)
        with open(os.path.join(ROOT, "manifests", "scenarios", "intraday.json"), encoding="utf-8") as file:
            document = json.load(file)
        document["data"]["prices"].update(dict({"file": PRICES, "missing": "carry"}, **prices))
        self.config = os.path.join(root, "intraday.json")
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump(document, file)
        host = RunningHost(arguments.cadre, root, self.config, [os.path.join(arguments.build, "agents")])
        self.addCleanup(host.end)
        return host.start()

    def say(self, host, *objects, status=202):
        answered, said = host.ask("POST", "/v1/books/main/bars", list(objects))
        self.assertEqual(answered, status, said)
        return said

    def completions(self, host):
        """Of each bar in the journal: which instruments it has, and how it was complete."""
        shown = subprocess.run([arguments.cadre, "journal", "show", "--kind", "bar", host.journal("main")], capture_output=True, text=True, check=True)
        return [("".join(id[0] for id in IDS if bar["valid"][id]), bar["completion"]) for bar in map(json.loads, shown.stdout.splitlines())]

    def test_rows_decide_what_a_backtest_decides(self):
        host = self.host("equal")
        said = self.say(host, *ROWS[:300])
        self.assertEqual((said["accepted"], said["rows"], said["bar_is_open"]), (100, 300, False))
        for row in ROWS[300:310]:
            self.say(host, row)
        self.assertTrue(self.say(host, ROWS[309])["bar_is_open"])  # said again
        host.settled_book()
        host.kill()
        host.start()
        said = self.say(host, *ROWS[309:])  # what was open is gone, and its sender knew
        self.assertEqual(said["rows"], len(ROWS) - 309)
        book = host.settled_book()
        done = subprocess.run([arguments.cadre, "--agents", os.path.join(arguments.build, "agents"), "backtest", self.config, "--json"],
                              capture_output=True, text=True, check=True)
        wanted = json.loads(done.stdout)
        self.assertEqual((book["order_hash"], book["orders"], book["decisions"]), (wanted["order_hash"], wanted["orders"], wanted["decisions"]))
        self.assertGreater(book["orders"], 5)
        self.assertEqual({how for _, how in self.completions(host)}, {1})

    def test_a_bar_is_complete_when_its_grace_is_over(self):
        host = self.host("grace", bar_grace_seconds=0.2)
        self.say(host, *ROWS[:2])
        wait_until("the bar was taken", lambda: host.settled_book()["bars"] == 1)
        said = self.say(host, ROWS[2], status=422)
        self.assertEqual([problem["code"] for problem in said["problems"]], ["BAR_LATE"])
        self.say(host, *ROWS[3:6])
        host.settled_book()
        self.assertEqual(self.completions(host), [("AB", 3), ("ABC", 1)])

    def test_a_bar_is_complete_when_it_is_said_or_a_later_one_comes(self):
        host = self.host("said")
        self.say(host, ROWS[0], {"time": ROWS[0]["time"], "complete": True}, ROWS[3], ROWS[6], ROWS[7])
        host.settled_book()
        self.assertEqual(self.completions(host), [("A", 2), ("A", 4)])

    def test_too_few_instruments_only_reduce(self):
        host = self.host("cover", min_coverage=0.6)
        self.say(host, *ROWS[:3], dict(ROWS[3], complete=True))
        book = host.settled_book()
        self.assertEqual(book["trading_state"], "REDUCING")
        self.assertIn("min_coverage", book["reason"])
        self.say(host, *ROWS[6:9])
        self.assertEqual(host.settled_book()["trading_state"], "ACTIVE")


if __name__ == "__main__":
    run_tests("build", "cadre")
