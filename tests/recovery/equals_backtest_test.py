"""A running host decides what a backtest decides: the same orders to the byte, however the bars come.

Usage: equals_backtest_test.py --build BUILD --cadre CADRE
"""

import argparse
import csv
import datetime
import json
import os
import shutil
import subprocess
import sys
import unittest
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import PRICES, ROOT, RunningHost, agent_folders, demo_chain, new_folder, read_bars, wait_until, write_json

TO = "1992-12-31"
INTRADAY = os.path.join(ROOT, "tests", "data", "intraday_bars.csv")
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
        cls.intraday = cls.write("intraday", cls.five_minutes())
        # Orders that are open, asked to change and in parts when a host is killed.
        cls.in_parts = cls.write("in_parts", cls.with_rules(scenario, schedule="twap", slices=4, time_in_force="GTC", default_order_type="MARKET"))
        cls.resting = cls.write("resting", cls.with_rules(scenario, default_order_type="LIMIT", limit_offset=0, time_in_force="GTC", price_threshold=0.03))
        # Windows in which what rests and increases is canceled before a bar is filled: some begin where a host is killed.
        windows = cls.with_rules(scenario, default_order_type="LIMIT", limit_offset=0, time_in_force="GTC", price_threshold=0.03)
        closed = [[cls.bars[k]["date"] for k in (first, min(first + 3, len(cls.bars) - 1))] for first in range(259, len(cls.bars), 37)]
        windows["pre_trade_checks"] = {**windows.get("pre_trade_checks", {}), "no_trade_windows": [{"from": first, "to": last} for first, last in closed]}
        cls.windows = cls.write("windows", windows)
        cls.wanted = {path: cls.backtest(path) for path in (cls.demo, cls.with_signals, cls.intraday, cls.in_parts, cls.resting, cls.windows)}

    @staticmethod
    def with_rules(scenario, **rules):
        changed = json.loads(json.dumps(scenario))
        changed["chain"]["execution_rules"]["config"] = rules
        return changed

    @classmethod
    def five_minutes(cls):
        """Bars of five minutes with quotes, and orders all day."""
        with open(os.path.join(ROOT, "manifests", "scenarios", "intraday.json"), encoding="utf-8") as file:
            scenario = json.load(file)
        scenario["chain"]["signal_sources"].append({"name": "outside", "agent": "cadre.external_signals"})
        scenario["data"]["prices"]["file"] = INTRADAY
        scenario["data"]["signals"] = {"file": os.path.join(cls.root, "intraday.csv")}
        with open(INTRADAY, encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        cls.intraday_bars = []
        for row in rows:
            if not cls.intraday_bars or cls.intraday_bars[-1]["time"] != row["time"]:
                cls.intraday_bars.append({"time": row["time"], "bars": {}})
            cls.intraday_bars[-1]["bars"][row["symbol"]] = {key: float(row[key]) for key in row if key not in ("time", "symbol", "bid_close", "ask_close")}
            cls.intraday_bars[-1]["bars"][row["symbol"]].update(bid=float(row["bid_close"]), ask=float(row["ask_close"]))
        with open(scenario["data"]["signals"]["file"], "w", encoding="utf-8") as file:
            file.write("time,strategy,instrument,direction,strength,confidence,horizon_days\n")
            zone = zoneinfo.ZoneInfo("America/New_York")
            for i, bar in enumerate(cls.intraday_bars[::5]):
                time = datetime.datetime.fromisoformat(bar["time"]).replace(tzinfo=zone).astimezone(datetime.timezone.utc)
                file.write(f"{time:%Y-%m-%dT%H:%M:%SZ},test,{('AAA', 'BBB', 'CCC')[i % 3]},{(1, 0, 1, -1)[i % 4]},1,1,10\n")
        return scenario

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

    def assert_equals(self, book, scenario, orders_least=100):
        wanted = self.wanted[scenario]
        self.assertGreater(wanted["orders"], orders_least)
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

    def kill_among(self, scenario):
        host = self.host(scenario).wait_until_ready()
        for first in range(0, len(self.bars), 37):
            status, said = host.ask("POST", "/v1/books/main/bars", self.bars[first:first + 37])
            self.assertEqual((status, said["accepted"]), (202, len(self.bars[first:first + 37])), said)
            if first % 3 == 0:
                host.settled_book("main")
            if first > 250:
                host.kill()
                host.start()
        self.assert_equals(host.settled_book("main"), scenario)
        self.assertEqual(host.stop(), 0)
        shutil.rmtree(os.path.join(host.state, "books", "main", "checkpoints"))  # and once more from the journal alone
        host = self.host(scenario).wait_until_ready()
        self.assert_equals(host.settled_book("main"), scenario)
        scheduled = json.loads(host.command("orders", "--json").stdout)["scheduled"]
        self.assertEqual(host.stop(), 0)
        return scheduled

    def test_orders_that_go_in_parts_over_kills(self):
        scheduled = self.kill_among(self.in_parts)
        self.assertTrue(scheduled)
        self.assertTrue(all(1 <= order["parts_left"] <= 3 and order["parts_sent"] >= 1 for order in scheduled), scheduled)

    def test_orders_that_rest_for_days_over_kills(self):
        self.kill_among(self.resting)

    def test_orders_that_a_window_cancels_over_kills(self):
        self.assertNotEqual(self.wanted[self.windows], self.wanted[self.resting])
        self.kill_among(self.windows)

    def test_a_replay_of_bars_within_a_day(self):
        self.assert_equals(self.after_replay(self.intraday)["main"], self.intraday)

    def test_bars_within_a_day_over_http_and_a_kill_among_them(self):
        config = self.write("posted", dict(self.read(self.intraday), data=self.without_signals(self.intraday)))
        self.wanted[config] = self.backtest(config)
        host = self.host(config).wait_until_ready()
        half = len(self.intraday_bars) // 2 + 7  # within a session
        status, said = host.ask("POST", "/v1/books/main/bars", self.intraday_bars[:half])
        self.assertEqual((status, said["accepted"]), (202, half), said)
        host.kill()
        host = self.host(config).wait_until_ready()
        status, said = host.ask("POST", "/v1/books/main/bars", self.intraday_bars[half - 3:half + 3])
        self.assertEqual((status, said["accepted"], said["duplicates"]), (202, 3, 3), said)
        for bar in self.intraday_bars[half + 3:]:
            status, said = host.ask("POST", "/v1/books/main/bars", bar)
            self.assertEqual((status, said["accepted"]), (202, 1), said)
        self.assert_equals(host.settled_book("main"), config, 8)
        self.assertEqual(host.stop(), 0)

    def test_a_file_of_bars_within_a_day_that_is_fed(self):
        config = self.write("fed", dict(self.read(self.intraday), data=self.without_signals(self.intraday)))
        self.wanted[config] = self.backtest(config)
        host = self.host(config).wait_until_ready()
        done = host.command("feed", "main", INTRADAY)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assert_equals(host.settled_book("main"), config, 8)
        self.assertEqual(host.stop(), 0)

    def without_signals(self, path):
        data = self.read(path)["data"]
        del data["signals"]
        return data

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
