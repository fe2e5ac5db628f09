"""The venue of the recovery tests and the agent that trades with it.

Usage: venue_test.py --build BUILD --cadre CADRE
"""

import argparse
import csv
import json
import os
import select
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
ANSWER_WITHIN_S = 30
arguments = None


class RunningVenue:
    """venue.py on a folder, and a client of its own."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.start()

    def start(self):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "venue", "venue.py"), self.folder], stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise AssertionError("the venue did not start")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def ledger(self):
        with open(os.path.join(self.folder, "ledger.jsonl"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def events(self, event):
        return [entry for entry in self.ledger() if entry["event"] == event]


class Client:
    """As the agent does it: a FIFO for the answers, one question at a time."""

    def __init__(self, venue, session="test"):
        self.session, self.asked = session, 0
        path = os.path.join(venue.folder, "replies." + session)
        if os.path.exists(path):
            os.unlink(path)
        os.mkfifo(path)
        self.replies = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self.requests = os.open(os.path.join(venue.folder, "requests"), os.O_RDWR)
        self.send("\n")
        self.ask("HELLO")

    def close(self):
        os.close(self.replies)
        os.close(self.requests)

    def send(self, text):
        os.write(self.requests, text.encode())

    def ask(self, request):
        self.asked += 1
        self.send(f"{self.session} {self.asked} {request} .\n")
        while True:
            if not select.select([self.replies], [], [], ANSWER_WITHIN_S)[0]:
                raise AssertionError("no answer to " + request)
            number, _, answer = os.read(self.replies, 65536).decode().rstrip("\n").partition(" ")
            if int(number) == self.asked:
                return answer


class VenueAlone(unittest.TestCase):
    def setUp(self):
        folder = os.path.join(arguments.build, "recovery_venue_test", self._testMethodName)
        shutil.rmtree(folder, ignore_errors=True)
        self.venue = RunningVenue(folder)
        self.addCleanup(lambda: self.venue.kill())
        self.client = Client(self.venue)
        self.addCleanup(lambda: self.client.close())

    def ask(self, request):
        return self.client.ask(request)

    def buy(self, client_id, quantity=10):
        return self.ask(f"ORDER {client_id} AA 1 1 0 {quantity}")

    def test_an_order_fills_at_the_close_of_the_next_bar(self):
        self.assertEqual(self.buy("a.1"), "0 0")
        self.assertEqual(self.ask("QUERY a.1"), "0 0 0 0")
        self.assertEqual(self.ask("REPORTS 0"), "0")
        self.ask("BAR 7 700 AA 55 BB 66")
        self.assertEqual(self.ask("REPORTS 0"), "1 2 0 AA a.1 1 10 55 700")
        self.assertEqual(self.ask("QUERY a.1"), "2 0 10 55")

    def test_a_bar_that_is_told_again_does_nothing(self):
        self.buy("a.1")
        self.ask("BAR 7 700 AA 55")
        self.buy("a.2")
        for again in (7, 6):
            self.ask(f"BAR {again} 700 AA 99")
        self.assertEqual(self.ask("QUERY a.2"), "0 0 0 0")
        self.assertEqual(len(self.venue.events("BAR")), 1)

    def test_a_client_id_that_is_sent_again_is_refused_and_written_down(self):
        self.buy("a.1")
        self.assertEqual(self.buy("a.1", 99), "8 1000")
        self.assertEqual(self.venue.events("DUPLICATE"), [{"event": "DUPLICATE", "id": "a.1"}])
        self.assertEqual(len(self.venue.events("ORDER")), 1)
        self.ask("BAR 1 100 AA 55")
        self.assertEqual(self.ask("QUERY a.1"), "2 0 10 55")

    def test_an_unknown_order_is_unknown_and_cannot_be_cancelled(self):
        self.assertEqual(self.ask("QUERY a.9"), "UNKNOWN")
        self.assertEqual(self.ask("CANCEL a.9"), "UNKNOWN")

    def test_a_cancelled_order_is_reported_and_never_fills(self):
        self.buy("a.1")
        self.assertEqual(self.ask("CANCEL a.1"), "OK")
        self.assertEqual(self.ask("CANCEL a.1"), "UNKNOWN")
        self.ask("BAR 1 100 AA 55")
        self.assertEqual(self.ask("REPORTS 0"), "1 4 1003 AA a.1 1 0 0 0")

    def test_an_order_without_a_close_expires_and_one_good_till_cancelled_waits(self):
        self.buy("a.1")
        self.ask("ORDER a.2 AA 1 1 1 10")
        self.ask("BAR 1 100 BB 55")
        self.assertEqual(self.ask("QUERY a.1"), "C 1002 0 0")
        self.assertEqual(self.ask("QUERY a.2"), "0 0 0 0")

    def test_a_type_it_does_not_work_is_refused(self):
        self.assertEqual(self.ask("ORDER a.1 AA 1 3 0 10"), "8 1001")
        self.assertEqual(self.ask("QUERY a.1"), "UNKNOWN")

    def test_reports_are_handed_out_from_any_cursor_again_and_again(self):
        for i in range(40):
            self.buy(f"a.{i:02}")
        self.ask("BAR 1 100 AA 55")
        for _ in range(2):
            self.assertEqual(self.ask("REPORTS 0").split()[0], "16")
            self.assertEqual(self.ask("REPORTS 32").split()[0], "8")
            self.assertEqual(self.ask("REPORTS 39").split()[4], "a.39")
            self.assertEqual(self.ask("REPORTS 40"), "0")

    def test_it_goes_on_from_its_ledger_after_it_was_killed(self):
        self.buy("a.1")
        self.ask("BAR 1 100 AA 55")
        self.buy("a.2")
        self.venue.kill()
        with open(os.path.join(self.venue.folder, "ledger.jsonl"), "ab") as file:
            file.write(b'{"event": "REPO')  # cut off within a write: nobody was told
        self.venue.start()
        self.client.close()
        self.client = Client(self.venue)
        self.assertEqual(self.ask("QUERY a.1"), "2 0 10 55")
        self.assertEqual(self.buy("a.2"), "8 1000")
        self.ask("BAR 1 100 AA 99")
        self.ask("BAR 2 200 AA 66")
        self.assertEqual(self.ask("REPORTS 1"), "1 2 0 AA a.2 1 10 66 200")

    def test_it_outlives_a_client_that_was_killed_within_a_request(self):
        self.buy("a.1")
        self.client.send("test 99 ORDER a.2 AA 1 1 0 1")  # of 100, say
        self.client.close()
        self.client = Client(self.venue, "another")
        self.assertEqual(self.ask("QUERY a.2"), "UNKNOWN")
        self.assertEqual(self.ask("QUERY a.1"), "0 0 0 0")
        self.assertEqual(self.ask("ORDER too few"), "MALFORMED TypeError")


class VenueAndHost(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = os.path.join(arguments.build, "recovery_venue_test", "host")
        shutil.rmtree(cls.root, ignore_errors=True)
        os.makedirs(cls.root)
        cls.venue_folder = os.path.join(cls.root, "venue")

    def run_backtest(self, name, environment):
        """200 decisions of the demo, half of it in cash, so that cash never cuts a fill."""
        with open(os.path.join(ROOT, "manifests", "chains", "demo.json"), encoding="utf-8") as file:
            chain = json.load(file)
        chain["constraints"]["max_gross_exposure"] = 0.5
        prices = {"file": os.path.join(ROOT, "tests", "data", "dow30_close_1991_2001.csv"), "adjustment": "split", "volume": "none"}
        scenario = {"scenario": "backtest", "name": name, "chain": chain, "data": {"prices": prices, "to": "1992-10-15"},
                    "execution_environment": environment}
        path = os.path.join(self.root, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(scenario, file)
        folders = [part for folder in ("agents", "recovery_agents") for part in ("--agents", os.path.join(arguments.build, folder))]
        return subprocess.run([arguments.cadre, *folders, "backtest", path, "--out", os.path.join(self.root, "run_" + name), "--json"],
                              capture_output=True, text=True)

    def rows(self, name, file):
        with open(os.path.join(self.root, "run_" + name, file), encoding="utf-8") as rows:
            return list(csv.DictReader(rows))

    def test_fills_are_those_of_the_simulated_environment_and_ledger_and_run_agree(self):
        venue = RunningVenue(self.venue_folder)
        self.addCleanup(venue.kill)
        there = self.run_backtest("venue", {"agent": "venue.execution", "isolation": "process", "config": {"folder": self.venue_folder}})
        self.assertEqual(there.returncode, 0, there.stderr)
        here = self.run_backtest("simulated", {"agent": "cadre.simulated_execution", "config": {"fill_at": "close"}})
        self.assertEqual(here.returncode, 0, here.stderr)
        there, here = json.loads(there.stdout), json.loads(here.stdout)
        self.assertGreaterEqual(there["decisions"], 200)
        self.assertGreater(there["fills"], 100)
        self.assertEqual(there["order_hash"], here["order_hash"])
        self.assertEqual(there["final_equity"], here["final_equity"])
        self.assertEqual(self.rows("venue", "fills.csv"), self.rows("simulated", "fills.csv"))

        e9 = lambda text: round(float(text) * 1e9)
        ledger = [(r["id"], r["instrument"], r["quantity_e9"], r["price_e9"]) for r in venue.events("REPORT") if r["status"] == "2"]
        # What the last bar filled the run has too: it ends with the reports of its last bar.
        self.assertEqual(ledger, [(r["client_id"], r["instrument"], e9(r["quantity"]), e9(r["price"])) for r in self.rows("venue", "fills.csv")])
        self.assertEqual([o["id"] for o in venue.events("ORDER")], [o["client_id"] for o in self.rows("venue", "orders.csv")])
        self.assertEqual(venue.events("DUPLICATE"), [])

    def test_a_run_without_a_venue_says_so_and_makes_no_orders(self):
        done = self.run_backtest("no_venue", {"agent": "venue.execution", "isolation": "process", "config": {"folder": os.path.join(self.root, "nobody")}})
        self.assertIn("no venue listens at", done.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, required=True)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
