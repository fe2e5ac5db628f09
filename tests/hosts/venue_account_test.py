"""What a venue holds that a book did not trade: a running host says so every day, closes no more than the venue still has, and adopts it when it is told to.

Usage: venue_account_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import unittest

from running_host import RunningHost, new_folder
from test_main import run_tests

arguments = None
NAMES = ["AA", "BB"]


class Venue(unittest.TestCase):
    """A million; 100 of AA at 100, and 30 of them are sold by hand on the third day."""

    def setUp(self):
        self.root = new_folder("venue")
        self.addCleanup(shutil.rmtree, self.root)

    def start(self, isolation, targets):
        agent = lambda name, **config: {"name": name, "agent": f"test.{name}", "config": config}
        exchange = {"agent": "test.exchange", "isolation": isolation,
                    "config": {"fills": [[0, 0], [100, 0], [0, 0], [0, 0], [0, 0], [70, 0], [0, 0], [100, 0]], "manual": [[0, 0], [0, 0], [-30, 0]]}}
        scenario = {
            "scenario": "backtest", "name": "venue", "book": {"id": "main"}, "instruments": {"lot": 1},
            "data": {"prices": {"file": "prices.csv", "adjustment": "raw", "volume": "none"}},
            "execution_environment": exchange,
            "chain": {
                "signal_sources": [{"name": "source", "agent": "cadre.identity.signal_source"}],
                "signal_aggregator": {"name": "aggregator", "agent": "cadre.identity.signal_aggregator"},
                "position_sizer": agent("sizer", targets=targets),
                "risk_managers": [agent("risk")],
                "risk_feedback": {"resize_threshold": 0},
                "execution_rules": {"name": "rules", "agent": "test.rules", "config": {"time_in_force": "GTC"}},
            },
        }
        host = {"name": "venue", "watch": {"enabled": False}, "books": [{"scenario": scenario}]}
        with open(os.path.join(self.root, "host.json"), "w", encoding="utf-8") as file:
            json.dump(host, file)
        with open(os.path.join(self.root, "prices.csv"), "w", encoding="utf-8") as file:
            file.write("date,AA,BB\n2023-12-28,100,100\n2023-12-29,100,100\n")
        self.host = RunningHost(arguments.cadre, self.root, os.path.join(self.root, "host.json"),
                                [os.path.join(arguments.build, "agents"), os.path.join(arguments.build, "test_agents_scripted")])
        self.addCleanup(self.host.end)
        self.host.start()
        self.day = 0

    def post(self, count=1):
        for _ in range(count):
            self.day += 1
            self.host.post([json.dumps({"date": f"2024-01-{self.day:02}", "bars": {name: 100 for name in NAMES}})])
        return self.host.settled_book()

    def held(self):
        return {p["instrument"]: float(p["quantity"]) for p in self.host.get("/v1/books/main/portfolio")["positions"]}

    def sent(self):
        orders = self.host.get("/v1/books/main/orders?limit=100")["orders"]
        return [(o["side"], float(o["quantity"])) for o in reversed(orders)]

    def metric(self, name):
        text = self.host.client.request("GET", "/metrics")[1]
        return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(name)))

    def test_a_manual_sale_is_a_break_until_it_is_adopted(self):
        self.start("process", [[0.01, 0]] * 20)
        self.assertEqual(self.post(2)["venue_breaks"], "")
        self.assertEqual(self.host.command("adopt", "main", "--reason", "no").returncode, 4)
        book = self.post()
        self.assertEqual(book["venue_breaks"], "AA ours 100, the venue's 70; cash differs by 3000")
        self.assertEqual(self.metric("cadre_book_venue_breaks{"), 2)
        shown = self.host.command("status")
        self.assertEqual(shown.returncode, 1)
        self.assertIn("main does not agree with its venue: AA ours 100, the venue's 70", shown.stdout)
        self.assertIn("cadre adopt main", shown.stdout)
        self.post()
        events = self.host.command("events", "--kind", "venue_break", "--json").stdout.splitlines()
        self.assertEqual(len(events), 2)  # one each day
        self.host.kill()
        self.host.start()
        self.assertIn("AA ours 100", self.host.settled_book()["venue_breaks"])
        self.assertEqual(self.host.stop(), 0)

    def test_adopted_positions_are_the_books_and_are_traded(self):
        self.start("process", [[0.01, 0]] * 20)
        self.post(4)
        adopted = self.host.command("adopt", "main", "--reason", "sold by hand")
        self.assertEqual(adopted.returncode, 0, adopted.stderr)
        self.assertIn("AA of main was 100 and is 70, as at the venue", adopted.stdout)
        book = self.host.settled_book()
        self.assertEqual((book["venue_breaks"], float(book["equity"]), self.held()), ("", 1e6, {"AA": 70}))
        self.assertEqual(self.metric("cadre_book_venue_breaks{"), 0)
        self.assertEqual(self.host.command("status").returncode, 0)
        event = json.loads(self.host.command("events", "--kind", "adopted", "--json").stdout.splitlines()[0])
        self.assertEqual((event["book"], event["reason"]), ("main", "sold by hand"))
        before = self.host.settled_book()
        self.host.kill()
        self.host.start()
        after = self.host.settled_book()
        for name in ("equity", "cash", "sequence", "order_hash", "venue_breaks"):
            self.assertEqual(after[name], before[name], name)
        self.assertEqual(self.held(), {"AA": 70})

    def test_no_more_is_closed_than_the_venue_has(self):
        self.start("none", [[0.01, 0]] * 3 + [[0, 0]] * 10)
        self.post(7)
        self.assertEqual(self.sent(), [("buy", 100), ("sell", 70)])
        self.assertEqual(self.held(), {"AA": 30})
        self.assertIn("AA ours 30, the venue's 0", self.host.settled_book()["venue_breaks"])


if __name__ == "__main__":
    run_tests("build", "cadre")
