"""Changes of a host whose book trades at a venue: they are tried without it, and nothing of a trial ever reaches it.

Usage: venue_changes_test.py --build BUILD --cadre CADRE
"""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
import kill_test
from journal_file import committed, read_journal, was_accepted
from kill_test import BOOKS, WARM_UP, Trader, host_of
from running_host import read_bars, write_json
from test_main import run_tests

BARS = WARM_UP + 40
arguments = None


class VenueChanges(unittest.TestCase):
    def setUp(self):
        kill_test.arguments = arguments
        self.trader = Trader(self._testMethodName, read_bars(BARS), [])
        self.addCleanup(self.trader.close)

    def start(self, until=WARM_UP + 20):
        self.trader.host = host_of(self.trader).start()
        self.feed(until)

    def feed(self, until):
        for book in BOOKS:
            self.trader.feed(book, until, lambda: 8, lambda n: None)
            self.trader.host.settled_book(book)

    def seen_by_venue(self):
        """All that it wrote down, and everybody who ever connected."""
        venue = self.trader.venue
        return venue.ledger(), sorted(name for name in os.listdir(venue.folder) if name.startswith("replies."))

    def at_venue(self, **keys):
        """The configuration that runs, with these keys of the book at the venue."""
        host = self.trader.host.document()
        scenario = host["books"][BOOKS.index("at_venue")]["scenario"]
        for name, value in keys.items():
            scenario[name].update(value)
        return host

    def apply(self, config, *words):
        file = write_json(os.path.join(self.trader.folder, "candidate.json"), config)
        return self.trader.host.command("revision", "apply", file, "--actor", "anna", "--reason", "test", *words)

    def assert_ledger_is_the_journal(self):
        journal = committed(read_journal(self.trader.host.journal("at_venue")))
        self.assertEqual(self.trader.venue.events("DUPLICATE"), [])
        ordered = [r["order"]["client_id"] for r in journal if r.kind == "order" and was_accepted(r)]
        self.assertGreater(len(ordered), 10)
        self.assertEqual(ordered, [entry["id"] for entry in self.trader.venue.events("ORDER")])

    def test_a_chain_is_tried_and_previewed_without_the_venue_and_then_trades_there(self):
        self.start()
        before = self.seen_by_venue()
        changed = self.at_venue(chain={"constraints": {"long_only": True, "max_gross_exposure": 0.4, "max_weight": 0.05}})
        tried = self.apply(changed, "--dry-run", "--decisions", "8")
        self.assertEqual(tried.returncode, 0, tried.stderr)
        self.assertEqual(self.seen_by_venue(), before)
        done = self.apply(changed)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.seen_by_venue(), before)
        self.feed(BARS)
        self.assertEqual(self.trader.host.stop(), 0)
        self.assert_ledger_is_the_journal()

    def test_a_chain_that_cannot_decide_is_refused_and_the_venue_hears_nothing(self):
        self.start()
        before = self.seen_by_venue()
        chain = self.at_venue()["books"][BOOKS.index("at_venue")]["scenario"]["chain"]
        chain["trade_adjusters"] = [{"name": "strange", "agent": "nobody.knows"}]
        refused = self.apply(self.at_venue(chain=chain))
        self.assertEqual(refused.returncode, 3, refused.stdout)
        self.assertIn("AGENT_UNKNOWN", refused.stderr)
        self.assertEqual(self.seen_by_venue(), before)

    def test_settings_of_what_knows_the_open_orders_are_refused_with_the_next_step(self):
        self.start()
        before = self.seen_by_venue()
        for environment in ({"config": {"folder": self.trader.folder}}, {"agent": "cadre.simulated_execution", "config": {}}):
            with self.subTest(environment):
                refused = self.apply(self.at_venue(execution_environment=environment))
                self.assertNotEqual(refused.returncode, 0, refused.stdout)
                self.assertIn("/execution_environment", refused.stderr)
                self.assertIn("open orders", refused.stderr)
        restarted = self.trader.host.command("agent", "restart", "at_venue/execution_environment", "--actor", "anna", "--reason", "test")
        self.assertIn("ENVIRONMENT_RESTART", restarted.stderr)
        self.assertEqual(self.seen_by_venue(), before)
        self.feed(BARS)
        self.assertEqual(self.trader.host.stop(), 0)
        self.assert_ledger_is_the_journal()

    def test_a_check_of_the_host_needs_no_venue(self):
        self.trader.venue.kill()
        before = self.seen_by_venue() if os.path.exists(os.path.join(self.trader.venue.folder, "ledger.jsonl")) else None
        agents = [word for folder in ("agents", "recovery_agents") for word in ("--agents", os.path.join(arguments.build, folder))]
        checked = subprocess.run([arguments.cadre, *agents, "check", self.trader.config], capture_output=True, text=True, timeout=60)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        if before is not None:
            self.assertEqual(self.seen_by_venue(), before)
        self.trader.venue.start()

    def test_an_arm_beside_the_book_sends_the_venue_nothing(self):
        self.start()
        before = self.seen_by_venue()
        experiment = {"name": "try", "candidate": {"set": {"/chain/constraints/max_weight": 0.05}}}
        order = {"actor": "anna", "reason": "test", "book": "at_venue", "origin": "try.json", "experiment": experiment}
        status, said = self.trader.host.ask("POST", "/v1/experiments", order)
        self.assertEqual((status, said["problems"][0]["code"]), (422, "EXPERIMENT_NOT_SIMULATED"), said)
        experiment["simulation"] = {"agent": "cadre.simulated_execution"}
        status, said = self.trader.host.ask("POST", "/v1/experiments", order)
        self.assertEqual(status, 201, said)
        self.assertEqual(self.seen_by_venue(), before)
        self.feed(BARS)
        experiment, = self.trader.host.ask_for("/v1/experiments")
        self.assertEqual(experiment["state"], "running")
        self.assertGreater(experiment["periods"], 0)
        self.assertEqual(self.seen_by_venue()[1], before[1])
        self.assertEqual(self.trader.host.stop(), 0)
        self.assert_ledger_is_the_journal()


if __name__ == "__main__":
    run_tests("build", "cadre")
