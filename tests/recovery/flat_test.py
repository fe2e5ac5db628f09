"""A host of ten books is as large, and starts as fast, after many bars as after few.

Usage: flat_test.py --build BUILD --cadre CADRE [--bars N]

N bars in all of its books together, on weekdays from 1991 on; decisions begin after 40. At a tenth of them, at half and at all it is measured, killed and
started again.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import PRICES, Feeder, RunningHost, bars, demo_chain, new_folder, wait_until, write_json

BOOKS = 10
SHARES = (0.1, 0.5, 1.0)
NAMES = ("IBM", "GE", "KO", "XOM")
BARS_REMEMBERED = 16384  # by each book, at most
arguments = None


def chain():
    """The demo's, with a month of history, so that books decide nearly from the beginning."""
    text = json.dumps(demo_chain()).replace('"window": 252', '"window": 40').replace("_lookback\": 252", "_lookback\": 40")
    text = text.replace('"lookback": 252, "skip": 21', '"lookback": 40, "skip": 5')
    return json.loads(text)


def texts_of(count):
    texts = []
    for text in bars(count):
        bar = json.loads(text)
        texts.append(json.dumps({"date": bar["date"], "bars": {name: bar["bars"][name] for name in NAMES}}))
    return texts


class Flat(unittest.TestCase):
    def setUp(self):
        self.root = new_folder("flat")
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        with open(os.path.join(self.root, "prices.csv"), "w", encoding="utf-8") as file:
            file.write("date," + ",".join(NAMES) + "\n" + "".join(f"{day},10,10,10,10\n" for day in ("1990-12-28", "1990-12-31")))
        books = [{"scenario": {"scenario": "backtest", "name": f"book{k}", "chain": chain(), "book": {"id": f"book{k}", "currency": "USD", "initial_cash": 1000000},
                               "data": {"prices": {"file": "prices.csv", "adjustment": "split", "volume": "none"}},
                               "execution_environment": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close"}}}} for k in range(BOOKS)]
        config = write_json(os.path.join(self.root, "host.json"), {"name": "flat", "books": books, "journal": {"segment_mb": 1, "keep_segments": 2}, "watch": {"enabled": False}})
        self.host = RunningHost(arguments.cadre, self.root, config, [os.path.join(arguments.build, "agents")])

    def feed(self, texts):
        feeders = [Feeder(self.host, f"book{k}", texts, group=128) for k in range(BOOKS)]
        for feeder in feeders:
            feeder.start()
        for feeder in feeders:
            feeder.join()
            feeder.finish()
        return [self.host.settled_book(f"book{k}") for k in range(BOOKS)]

    def state_bytes(self):
        total = 0
        for folder, _, names in os.walk(os.path.join(self.host.state, "books")):
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # a checkpoint that is being written has its own name later
                    total += os.path.getsize(os.path.join(folder, name))
        return total

    def start(self):
        begin = time.monotonic()
        self.host.start()
        return time.monotonic() - begin

    def test_memory_disk_and_recovery_do_not_grow_with_the_bars(self):
        texts = texts_of(arguments.bars // BOOKS)
        measured, done = [], 0
        self.start()
        for share in SHARES:
            until = int(len(texts) * share)
            stands = self.feed(texts[done:until])
            done = until
            # Connections that close and files that are being written come and go: what stays is asked for.
            most = measured[0]["descriptors"] + BOOKS // 2 if measured else sys.maxsize
            wait_until(lambda: f"fewer than {most} descriptors", lambda: self.host.resources()["descriptors"] < most)
            held = self.host.resources()
            self.host.kill()
            seconds = self.start()
            again = [self.host.settled_book(f"book{k}") for k in range(BOOKS)]
            for before, after in zip(stands, again):
                for name in ("date", "sequence", "decisions", "orders", "equity", "order_hash"):
                    self.assertEqual(after[name], before[name], (name, before["book"]))
            measured.append({"bars": until * BOOKS, "anonymous_kib": held["anonymous_kib"], "threads": held["threads"], "descriptors": held["descriptors"],
                             "recovery_s": round(seconds, 2), "recovered_kib": self.host.resources()["anonymous_kib"], "state_kib": self.state_bytes() // 1024,
                             "orders": sum(book["orders"] for book in again)})
            print(json.dumps(measured[-1]), flush=True)
        self.assertEqual(self.host.stop(), 0, self.host.log_text())
        first, half, last = measured
        # What is remembered of bars and closed orders has limits (docs/guides/live.md), which are reached on the way.
        grown = BARS_REMEMBERED * BOOKS < half["bars"]
        self.assertLess(last["anonymous_kib"], half["anonymous_kib"] * 1.15 + 8192 if grown else 160 * 1024, measured)
        self.assertLess(last["recovery_s"], half["recovery_s"] * 1.5 + 0.5, measured)
        self.assertLess(last["state_kib"], half["state_kib"] * 1.5 + 8192 if grown else 64 * 1024, measured)
        self.assertEqual(last["threads"], first["threads"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, type=os.path.abspath, required=True)
    parser.add_argument("--bars", type=int, default=20000)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
