"""A running host decides what a backtest decides: the same orders to the byte, however the bars come.

Usage: equals_backtest_test.py --build BUILD --cadre CADRE
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import PRICES, ROOT, RunningHost, agent_folders, demo_chain, new_folder, read_bars, wait_until, write_json

TO = "1992-12-31"
arguments = None


class EqualsBacktest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = new_folder("equals")
        cls.addClassCleanup(shutil.rmtree, cls.root)
        with open(os.path.join(ROOT, "manifests", "scenarios", "demo.json"), encoding="utf-8") as file:
            scenario = json.load(file)
        scenario["chain"] = demo_chain()
        scenario["data"]["prices"]["file"] = PRICES
        scenario["data"]["to"] = TO
        cls.bars = [bar for bar in read_bars(600) if bar["date"] <= TO]
        cls.demo = cls.write("demo", scenario)
        with_signals = json.loads(json.dumps(scenario))
        with_signals["chain"]["signal_sources"].append({"name": "outside", "agent": "cadre.external_signals"})
        with_signals["data"]["signals"] = {"file": os.path.join(cls.root, "signals.jsonl")}
        with open(with_signals["data"]["signals"]["file"], "w", encoding="utf-8") as file:
            for i, bar in enumerate(cls.bars[260::7]):
                file.write(json.dumps({"time": bar["date"], "strategy": "test", "instrument": sorted(bar["bars"])[i % 30], "direction": (1, 0, -1)[i % 3],
                                       "strength": 0.5 + i % 4, "confidence": 0.25 * (1 + i % 4), "horizon_days": 10}) + "\n")
        cls.with_signals = cls.write("with_signals", with_signals)
        cls.wanted = {path: cls.backtest(path) for path in (cls.demo, cls.with_signals)}

    @classmethod
    def write(cls, name, document):
        return write_json(os.path.join(cls.root, name + ".json"), document)

    @classmethod
    def backtest(cls, path):
        done = subprocess.run([arguments.cadre, "--agents", os.path.join(arguments.build, "agents"), "backtest", path, "--json",
                               "--out", path[:-5] + ".run"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def host(self, config, *options):
        """Started, but perhaps not ready."""
        host = RunningHost(arguments.cadre, os.path.join(self.root, self._testMethodName[:40]), config, agent_folders(arguments.build))
        self.addCleanup(host.end)
        return host.spawn(*options)

    def assert_equals(self, book, scenario):
        wanted = self.wanted[scenario]
        self.assertGreater(wanted["orders"], 100)
        self.assertEqual((book["order_hash"], book["orders"], book["fills"], book["decisions"]),
                         (wanted["order_hash"], wanted["orders"], wanted["fills"], wanted["decisions"]))
        self.assertEqual(float(book["equity"]), float(wanted["final_equity"]))

    def after_replay(self, config, *options):
        """Runs a replay to its end, and looks at what comes back from the state it left."""
        host = self.host(config, "--replay", "--exit-at-end", *options)
        self.assertEqual(host.wait(), 0, host.log_text())
        said = host.log_text()
        host = self.host(config).wait_until_ready()
        books = {book["book"]: book for book in host.status()["books"]}
        self.assertEqual(host.stop(), 0)
        for book in books.values():
            self.assertIn(book["order_hash"][:12], said)
        return books

    def test_a_replay_at_full_speed(self):
        self.assert_equals(self.after_replay(self.demo)["main"], self.demo)

    def test_a_replay_with_a_clock(self):
        # Two years within a second.
        self.assert_equals(self.after_replay(self.demo, "--speed", "100000000x")["main"], self.demo)

    def test_a_replay_with_signals_from_a_file(self):
        self.assertNotEqual(self.wanted[self.with_signals]["order_hash"], self.wanted[self.demo]["order_hash"])
        self.assert_equals(self.after_replay(self.with_signals)["main"], self.with_signals)

    def test_bars_over_http_one_by_one_and_many_at_once(self):
        host = self.host(self.demo).wait_until_ready()
        line = host.connection()
        self.addCleanup(line.close)
        many = len(self.bars) // 2
        status, said = host.ask("POST", "/v1/books/main/bars", self.bars[:many], connection=line)
        self.assertEqual((status, said["accepted"]), (202, many), said)
        for bar in self.bars[many:]:
            status, said = host.ask("POST", "/v1/books/main/bars", bar, connection=line)
            self.assertEqual((status, said["accepted"]), (202, 1), said)
        self.assert_equals(host.settled_book("main"), self.demo)
        self.assertEqual(host.stop(), 0)

    def test_two_books_in_one_host(self):
        config = self.write("two", {"name": "two", "books": [{"scenario": "demo.json", "set": {"/book/id": "main"}},
                                                             {"scenario": "demo.json", "set": {"/book/id": "second"}}]})
        second = self.write("second", dict(self.read(self.demo), book={"id": "second", "currency": "USD", "initial_cash": 1000000}))
        self.wanted[second] = self.backtest(second)
        books = self.after_replay(config)
        self.assert_equals(books["main"], self.demo)
        self.assert_equals(books["second"], second)

    def test_a_replay_that_is_stopped_and_goes_on(self):
        # Two years in ten seconds, of which the second one is stopped at its beginning.
        host = self.host(self.demo, "--replay", "--speed", "6000000x").wait_until_ready()
        wait_until("five decisions were made", lambda: host.book()["decisions"] >= 5)
        self.assertEqual(host.stop(), 0, host.log_text())
        self.assertNotIn(self.wanted[self.demo]["order_hash"][:12], host.log_text())
        self.assert_equals(self.after_replay(self.demo)["main"], self.demo)

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, type=os.path.abspath, required=True)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
