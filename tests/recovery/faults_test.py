"""What goes wrong around a host: a full disk, a deleted journal, a venue that dies, SIGTERM under load, many clients with the same bars. Nothing that was
acknowledged is lost, nothing is sent that is not in the journal, and the book says why it stopped.

Usage: faults_test.py --build BUILD --cadre CADRE [--seed S]
"""

import argparse
import os
import random
import resource
import signal
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
import kill_test
from journal_file import committed, read_journal, report_of, was_accepted
from kill_test import BOOKS, WARM_UP, Trader, host_of
from running_host import read_bars, wait_until

BARS = WARM_UP + 60
arguments = None


class Faults(unittest.TestCase):
    def setUp(self):
        self.chance = random.Random(arguments.seed)
        self.bars = read_bars(BARS)
        self.trader = Trader(self._testMethodName, self.bars, [])
        self.addCleanup(self.trader.close)

    def start(self, limits=None, wait=True):
        host = self.trader.host = host_of(self.trader, limits)
        return host.start() if wait else host.spawn()

    def feed_all(self, until, book=None):
        for name in (book,) if book else BOOKS:
            self.trader.feed(name, until, lambda: 8, lambda n: None)

    def records(self, book):
        return committed(read_journal(self.trader.host.journal(book)))

    def assert_ledger_and_journal_agree(self):
        journal = self.records("at_venue")
        self.assertEqual(self.trader.venue.events("DUPLICATE"), [])
        ordered = [r["order"]["client_id"] for r in journal if r.kind == "order" and was_accepted(r)]
        self.assertGreater(len(ordered), 20)
        self.assertEqual(ordered, [entry["id"] for entry in self.trader.venue.events("ORDER")])
        self.assertEqual(sorted(report_of(r) for r in journal if r.kind == "report"),
                         sorted((r["id"], r["status"], r["quantity_e9"], r["price_e9"]) for r in self.trader.venue.events("REPORT")))

    def assert_every_bar_is_there_once(self, book, count):
        dates = [int(bar["date"].replace("-", "")) for bar in self.bars[:count]]
        self.assertEqual([r["date"] for r in self.records(book) if r.kind == "bar"], dates)

    def post_until_refused(self, book):
        """Bar after bar until one is not taken: (status, what it said)."""
        for bar in self.bars[self.trader.next[book]:]:
            status, said = self.trader.host.ask("POST", f"/v1/books/{book}/bars", bar)
            if status != 202:
                return status, said
            self.trader.next[book] += 1
        self.fail("every bar was taken")

    def test_a_full_disk_stops_the_book_and_no_order_leaves_that_is_not_in_the_journal(self):
        self.start()
        self.feed_all(WARM_UP + 4)
        self.assertEqual(self.trader.host.stop(), 0)
        for _ in range(4):
            host = self.start(limits=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
            room = os.path.getsize(host.journal("at_venue")) + self.chance.randint(100, 40000)
            resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (room, room))
            status, said = self.post_until_refused("at_venue")
            self.assertEqual(status, 503, said)
            self.assertIn("File too large", said["detail"])
            book = host.settled_book("at_venue")
            self.assertEqual(book["state"], "stopped")
            self.assertIn("File too large", book["reason"])
            self.assertEqual(host.settled_book("simulated")["state"], "deciding")
            self.assertEqual(host.stop(), 3, host.log_text())
            ordered = {r["order"]["client_id"] for r in self.records("at_venue") if r.kind == "order"}
            self.assertLessEqual({entry["id"] for entry in self.trader.venue.events("ORDER")}, ordered)
            self.assert_every_bar_is_there_once("at_venue", self.trader.next["at_venue"])
        self.start()
        self.feed_all(BARS)
        self.assertEqual(self.trader.host.stop(), 0)
        self.assert_ledger_and_journal_agree()
        self.assert_every_bar_is_there_once("at_venue", BARS)

    def test_a_deleted_journal_is_found_out_and_nothing_is_acknowledged(self):
        host = self.start()
        self.feed_all(20)
        os.unlink(host.journal("simulated"))
        status, said = self.post_until_refused("simulated")
        self.assertEqual((status, self.trader.next["simulated"]), (503, 20), said)
        self.assertIn("deleted", host.settled_book("simulated")["reason"])
        self.assertEqual(host.stop(), 3)

    def test_sigterm_under_load_loses_nothing_that_was_acknowledged(self):
        self.start()
        self.feed_all(WARM_UP - 10)
        for until in range(WARM_UP + 10, BARS + 1, 10):
            acknowledged = threading.Event()

            def feed(book):
                try:
                    self.trader.feed(book, until, lambda: 1, lambda n: acknowledged.set())
                except AssertionError as stopping:
                    if stopping.args[0][2] != 503:
                        raise

            threads = [threading.Thread(target=feed, args=(book,)) for book in BOOKS]
            for thread in threads:
                thread.start()
            acknowledged.wait()
            code = self.trader.host.stop()
            for thread in threads:
                thread.join()
            self.assertEqual(code, 0, self.trader.host.log_text())
            for book in BOOKS:
                taken = sum(r.kind == "bar" for r in self.records(book))
                self.assertGreaterEqual(taken, self.trader.next[book])
                self.assert_every_bar_is_there_once(book, taken)
            self.start()
        self.feed_all(BARS)
        self.assertEqual(self.trader.host.stop(), 0)
        self.assert_ledger_and_journal_agree()

    def test_a_venue_that_dies_stops_its_book_which_goes_on_when_both_are_back(self):
        self.start()
        self.feed_all(WARM_UP)
        for _ in range(2):
            timer = threading.Timer(self.chance.uniform(0, 0.03), self.trader.venue.kill)
            timer.start()
            status, said = self.post_until_refused("at_venue")
            timer.join()
            self.assertEqual(status, 503, said)
            # While its environment waits for the venue, the book is stuck.
            wait_until("the book has stopped", lambda: self.trader.host.book("at_venue")["state"] == "stopped")
            self.assertEqual(self.trader.host.stop(), 3, self.trader.host.log_text())
            # Without the venue nobody knows what became of the orders.
            host = self.start(wait=False)
            self.assertEqual(host.wait(), 3, host.log_text())
            self.trader.venue.start()
            self.start()
        self.feed_all(BARS)
        self.assertEqual(self.trader.host.stop(), 0)
        self.assert_ledger_and_journal_agree()
        self.assert_every_bar_is_there_once("at_venue", BARS)

    def test_fifty_clients_with_the_same_bars_are_all_told_that_they_are_there(self):
        host = self.start()
        said, wrong = [], []

        def client():
            line = host.connection()
            for bar in self.bars[:30]:
                status, body = host.ask("POST", "/v1/books/simulated/bars", bar, connection=line)
                (said if status == 202 else wrong).append((bar["date"], body))
            line.close()

        threads = [threading.Thread(target=client) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        for bar in self.bars[:30]:
            answers = [body for date, body in said if date == bar["date"]]
            self.assertEqual((sum(body["accepted"] for body in answers), sum(body.get("duplicates", 0) for body in answers)), (1, 49))
        self.assertEqual(host.stop(), 0)
        self.assert_every_bar_is_there_once("simulated", 30)

    def test_a_second_host_on_the_same_folder_is_refused_and_harms_nothing(self):
        host = self.start()
        self.feed_all(5)
        second = host_of(self.trader).spawn()
        self.assertEqual(second.wait(), 3)
        second.expect_logged("another host runs with this state folder")
        self.feed_all(10)
        self.assertEqual(host.stop(), 0)
        self.assert_every_bar_is_there_once("simulated", 10)

    def test_a_configuration_that_is_broken_at_the_next_start_is_not_what_runs(self):
        host = self.start()
        self.feed_all(5)
        self.assertEqual(host.stop(), 0)
        with open(self.trader.config, "w", encoding="utf-8") as file:
            file.write('{"name": ')
        host = self.start()
        self.feed_all(10)
        self.assertEqual(host.status()["revision"]["number"], 1)
        self.assertEqual(host.stop(), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, type=os.path.abspath, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments, rest = parser.parse_known_args()
    kill_test.arguments = arguments
    unittest.main(argv=[sys.argv[0]] + rest)
