"""Books come and go while the host runs: opened beside the others, let go halted and flat, by apply, file and rollback, over restarts.

Usage: books_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from journal_file import Journal
from running_host import Feeder, RunningHost, agent_folders, bars, fresh_folder, risk_manager, scenario, wait_until, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(420)
WARM_UP_BARS = 300


class Books(unittest.TestCase):
    maxDiff = None

    def host(self, name, *variants, books=("main",), **more):
        self.root = fresh_folder(arguments.build, "reload_books_test", name)
        write_json(os.path.join(self.root, "demo.json"), scenario([risk_manager()]))
        self.config, self.more = os.path.join(self.root, "host.json"), {"watch": {"enabled": False}, **more}
        self.write(*books)
        host = RunningHost(arguments.cadre, self.root, self.config, agent_folders(arguments.build, "v1", *variants)).start()
        self.addCleanup(host.end)
        for book in books:
            host.post(TEXTS[:WARM_UP_BARS], book)
        return host

    def write(self, *books, **settings):
        """The host's file with these books. SETTINGS: a book's values by pointer."""
        write_json(self.config + ".new", {"name": "host", **self.more, "books": [
            {"scenario": "demo.json", "set": {"/book/id": book, **settings.get(book, {})}} for book in books]})
        os.rename(self.config + ".new", self.config)

    def apply(self, host, *books, code=0, dry_run=False, **settings):
        self.write(*books, **settings)
        done = host.command("revision", "apply", self.config, "--reason", "test", *(["--dry-run"] if dry_run else []))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def books(self, host):
        return [book["book"] for book in host.status()["books"]]

    def metric_books(self, host):
        _, text = host.ask("GET", "/metrics")
        return {line.split('"')[1] for line in str(text).splitlines() if line.startswith("cadre_equity{")}

    def flatten(self, host, book, at):
        """Halts it, and gives it the bar that fills what closes it."""
        self.assertEqual(host.command("halt", "--book", book, "--flatten", "--reason", "it goes").returncode, 0)
        host.post(TEXTS[at:at + 1], book)
        wait_until("it is flat", lambda: not host.get(f"/v1/books/{book}/portfolio")["positions"] and host.settled_book(book)["open_orders"] == 0)

    def test_an_added_book_takes_bars_decides_and_is_shown_everywhere(self):
        host = self.host("added")
        said = self.apply(host, "main", "second")
        self.assertIn("second/risk", said)
        self.assertIn("new book", said)
        self.assertEqual((host.revision(), self.books(host)), (2, ["main", "second"]))
        host.post(TEXTS[:WARM_UP_BARS], "second")
        # The same inputs, the same orders as the book that was there from the first start.
        self.assertEqual(host.settled_book("second")["decisions"], host.settled_book("main")["decisions"])
        self.assertGreater(host.book("second")["decisions"], 0)
        self.assertEqual({s["since_revision"] for s in host.book("second")["stages"]}, {2})
        self.assertEqual({s["since_revision"] for s in host.book("main")["stages"]}, {1})
        self.assertEqual(self.metric_books(host), {"main", "second"})
        host.kill()
        host.start()
        self.assertEqual((host.revision(), self.books(host)), (2, ["main", "second"]))
        host.post(TEXTS[WARM_UP_BARS:WARM_UP_BARS + 5], "second")
        self.assertEqual(host.stop(), 0)
        self.assertEqual(len(Journal(host.journal("second")).of("bar")), WARM_UP_BARS + 5)

    def test_a_dry_run_says_that_a_book_would_come_and_brings_none(self):
        host = self.host("dry")
        self.assertIn("second/risk", self.apply(host, "main", "second", dry_run=True))
        self.assertEqual((host.revision(), self.books(host)), (1, ["main"]))
        self.assertFalse(os.path.exists(os.path.dirname(host.journal("second"))))

    def test_a_book_whose_agent_fails_the_probe_or_whose_prices_are_missing_does_not_come(self):
        host = self.host("refused", "crash_at_create", "nan_output")
        before = host.book()["sequence"]
        said = self.apply(host, "main", "second", code=3, second={"/data/prices/file": "/nowhere.csv"})
        self.assertIn("nowhere.csv", said)
        self.assertEqual((host.revision(), self.books(host), host.book()["sequence"]), (1, ["main"], before))
        self.assertFalse(os.path.exists(os.path.dirname(host.journal("second"))))
        self.assertEqual(len(host.revisions()), 1)
        # And mended it comes, under the number that was free.
        self.apply(host, "main", "second")
        self.assertEqual((host.revision(), self.books(host)), (2, ["main", "second"]))

    def test_the_other_books_go_on_while_books_come_and_go(self):
        host = self.host("busy")
        feeder = Feeder(host, "main", TEXTS[WARM_UP_BARS:], group=1)
        feeder.start()
        for _ in range(3):
            self.apply(host, "main", "second")
            self.assertEqual(host.command("halt", "--book", "second", "--reason", "it goes").returncode, 0)
            self.apply(host, "main")
        feeder.wait_for(len(TEXTS) - WARM_UP_BARS)
        feeder.finish()
        self.assertEqual(host.revision(), 7)
        decisions = host.settled_book()["decisions"]
        self.assertEqual(host.stop(), 0)
        journal = Journal(host.journal())
        self.assertEqual((len(journal.of("bar")), len(journal.of("decision"))), (len(TEXTS), decisions))
        # Nothing of it was an event of this book.
        self.assertEqual([r["kind"] for r in journal.of("command")], [])
        self.assertEqual(len(journal.of("revision")), 1)

    def test_who_halts_everything_meets_no_book_that_is_just_going(self):
        host = self.host("halts")
        refused, ending = [], threading.Event()

        def halt():
            while not ending.is_set():
                status, answer = host.ask("POST", "/v1/halt", {"actor": "test", "reason": "everything"})
                if status != 200:
                    refused.append(answer)

        halting = [threading.Thread(target=halt) for _ in range(4)]
        for thread in halting:
            thread.start()
        try:
            for _ in range(8):
                self.apply(host, "main", "second")
                self.apply(host, "main")
        finally:
            ending.set()
            for thread in halting:
                thread.join()
        self.assertEqual(refused, [])

    def test_a_book_that_decides_or_holds_something_stays_and_it_is_said_why(self):
        host = self.host("stays", books=("main", "second"))
        said = self.apply(host, "main", code=3)
        self.assertIn("BOOK_NOT_HALTED", said)
        self.assertIn("BOOK_NOT_FLAT", said)
        self.assertEqual(host.command("halt", "--book", "second", "--reason", "wait").returncode, 0)
        said = self.apply(host, "main", code=3, dry_run=True)
        self.assertNotIn("BOOK_NOT_HALTED", said)
        held = host.get("/v1/books/second/portfolio")["positions"][0]
        self.assertIn(f"{held['quantity']} {held['instrument']}", said)
        self.assertEqual((host.revision(), self.books(host)), (1, ["main", "second"]))
        host.post(TEXTS[WARM_UP_BARS:WARM_UP_BARS + 1], "second")
        self.assertEqual(host.settled_book("second")["state"], "halted")

    def test_a_halted_flat_book_goes_and_its_journal_stays(self):
        host = self.host("goes", books=("main", "second"))
        watcher = host.connection()
        self.flatten(host, "second", WARM_UP_BARS)
        self.apply(host, "main")
        self.assertEqual((host.revision(), self.books(host), self.metric_books(host)), (2, ["main"], {"main"}))
        status, body = host.ask("POST", "/v1/books/second/bars", TEXTS[WARM_UP_BARS + 1])
        self.assertEqual((status, body["problems"][0]["code"]), (404, "BOOK_UNKNOWN"))
        self.assertEqual(host.ask("GET", "/readyz")[0], 200)
        last = Journal(host.journal("second")).of("command")[-1]
        self.assertEqual((last["kind"], last["reason"]), ("book_removed", "test"))
        self.assertFalse([t for t in host.status()["retained"]])
        host.kill()
        host.start()
        self.assertEqual((host.revision(), self.books(host)), (2, ["main"]))
        watcher.close()

    def test_the_last_book_of_a_host_stays(self):
        host = self.host("last")
        status, body = host.apply({"name": "host", "books": []})
        self.assertEqual(status, 422)
        self.assertEqual(body["problems"][0]["pointer"], "/books")
        self.assertEqual(self.books(host), ["main"])

    def test_a_book_that_comes_back_goes_on_in_its_journal_halted_as_it_left(self):
        host = self.host("back", books=("main", "second"))
        self.flatten(host, "second", WARM_UP_BARS)
        equity = host.book("second")["equity"]
        self.apply(host, "main")
        self.apply(host, "main", "second")
        book = host.book("second")
        self.assertEqual((book["state"], book["equity"]), ("halted", equity))
        self.assertIn("it goes", book["reason"])
        self.assertEqual(host.command("resume", "--book", "second", "--reason", "on").returncode, 0)
        host.post(TEXTS[WARM_UP_BARS + 1:WARM_UP_BARS + 20], "second")
        self.assertGreater(host.settled_book("second")["orders"], book["orders"])
        self.assertEqual(host.stop(), 0)
        # Its agents know every bar, those before it left too.
        state = Journal(host.journal("second")).agent_state("risk")["bytes"]
        self.assertEqual(int.from_bytes(state[:8], "little"), WARM_UP_BARS + 20)

    def test_a_book_of_another_kind_under_an_id_that_was_there_is_refused_with_the_way_out(self):
        host = self.host("other", books=("main", "second"))
        self.flatten(host, "second", WARM_UP_BARS)
        self.apply(host, "main")
        said = self.apply(host, "main", "second", code=3, second={"/book/initial_cash": 5})
        self.assertIn("CONFIG_NEVER_CHANGES", said)
        self.assertIn("/book/initial_cash", said)
        self.assertIn("give the new book another id, or move", said)
        shutil.move(os.path.dirname(host.journal("second")), os.path.join(self.root, "moved"))
        self.apply(host, "main", "second", second={"/book/initial_cash": 5})
        self.assertEqual(host.book("second")["equity"], "5")

    def test_a_rollback_over_an_addition_takes_the_book_out_or_says_why_not(self):
        host = self.host("rollback")
        self.apply(host, "main", "second")
        status, body = host.roll_back()
        self.assertEqual((status, {p["code"] for p in body["problems"]}), (422, {"BOOK_NOT_HALTED"}))
        self.assertEqual(self.books(host), ["main", "second"])
        self.assertEqual(host.command("halt", "--book", "second", "--reason", "no").returncode, 0)
        self.assertEqual(host.roll_back()[0], 201)
        self.assertEqual((host.revision(), self.books(host)), (3, ["main"]))
        # And over a removal it brings it back, with the plugins it had.
        self.assertEqual(host.roll_back(2)[0], 201)
        self.assertEqual((self.books(host), host.book("second")["state"]), (["main", "second"], "halted"))

    def test_one_book_goes_back_to_before_it_was_there(self):
        host = self.host("rollback_one")
        self.apply(host, "main", "second")
        self.assertEqual(host.command("revision", "apply", "--book", "main", "--set", "/chain/risk_managers/0/config/max_weight=0.04",
                                      "--reason", "test").returncode, 0)
        self.assertEqual(host.command("halt", "--book", "second", "--reason", "no").returncode, 0)
        done = host.command("revision", "rollback", "--book", "second", "--reason", "no")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.books(host), ["main"])
        self.assertEqual(host.document()["books"][0]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"], 0.04)

    def test_an_edit_of_the_watched_file_brings_a_book_and_lets_one_go(self):
        host = self.host("watched", watch={"enabled": True, "debounce_ms": 20})
        # What was applied by other means to another book is not undone by it.
        self.assertEqual(host.command("revision", "apply", "--book", "main", "--set", "/chain/risk_managers/0/config/max_weight=0.04",
                                      "--reason", "test").returncode, 0)
        self.write("main", "second")
        wait_until(lambda: f"it is there: {host.status()['refused']}", lambda: self.books(host) == ["main", "second"])
        limits = [b["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"] for b in host.document()["books"]]
        self.assertEqual(limits, [0.04, 0.05])
        self.write("main")
        refused = wait_until("it is refused", lambda: host.status()["refused"])
        self.assertEqual([p["code"] for p in refused[0]["problems"]], ["BOOK_NOT_HALTED"])
        self.assertEqual(host.command("halt", "--book", "second", "--reason", "it goes").returncode, 0)
        self.write("main", "second")
        wait_until("it is mended", lambda: not host.status()["refused"])
        self.write("main")
        wait_until(lambda: f"it has gone: {host.status()['refused']}", lambda: self.books(host) == ["main"])
        self.assertEqual(host.document()["books"][0]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"], 0.04)

    def test_an_added_book_is_on_trial_and_is_halted_when_it_fails(self):
        host = self.host("trial", "nan_output", confirm={"decisions": 1000})
        self.apply(host, "main", "second", second={"/chain/risk_managers/0/version": "1.9.0"})
        self.assertEqual((host.book("second")["trial"]["revision"], host.book("main")["trial"]), (2, None))
        host.post(TEXTS[:WARM_UP_BARS], "second")
        wait_until(lambda: f"its trial is over: {host.book('second')}", lambda: host.book("second")["trial"] is None)
        book = wait_until("it is halted", lambda: host.book("second")["state"] == "halted" and host.book("second"))
        self.assertIn("which brought it, failed", book["reason"])
        self.assertEqual((host.revision(), self.books(host)), (2, ["main", "second"]))
        self.assertEqual(host.book()["state"], "deciding")

    def test_a_host_that_dies_twice_on_the_trial_of_a_book_starts_with_it_halted_once(self):
        host = self.host("deaths", confirm={"decisions": 1000})
        self.apply(host, "main", "second")
        for _ in range(2):
            host.kill()
            host.start()
        self.assertEqual((self.books(host), host.book("second")["state"]), (["main", "second"], "halted"))
        self.assertIn("nothing to go back to", host.book("second")["reason"])
        self.assertEqual((host.book("second")["trial"], host.revision()), (None, 2))
        self.assertEqual(host.command("resume", "--book", "second", "--reason", "looked").returncode, 0)
        host.kill()
        host.start()
        self.assertNotEqual(host.book("second")["state"], "halted")

    def test_a_book_that_comes_into_a_halted_host_begins_halted(self):
        host = self.host("all_halted")
        self.assertEqual(host.command("halt", "--reason", "everything").returncode, 0)
        self.apply(host, "main", "second")
        self.assertEqual(host.book("second")["state"], "halted")
        self.assertIn("every other book was halted", host.book("second")["reason"])

    def test_an_experiment_on_a_book_that_goes_ends_and_says_so(self):
        host = self.host("experiment", books=("main", "second"))
        self.flatten(host, "second", WARM_UP_BARS)
        file = write_json(os.path.join(self.root, "experiment.json"), {
            "name": "tighter", "candidate": {"set": {"/chain/risk_managers/0/config/max_weight": 0.03}}})
        done = host.command("experiment", "start", file, "--book", "second", "--reason", "test")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.apply(host, "main")
        ended = next(e for e in host.status()["experiments"] if e["name"] == "tighter")
        self.assertEqual(ended["state"], "ended")
        self.assertIn("took the book out of the host", ended["reason"])
        self.assertEqual(host.stop(), 0)

    def test_readers_and_writers_of_a_book_that_goes_are_answered(self):
        host = self.host("readers", books=("main", "second"))
        self.flatten(host, "second", WARM_UP_BARS)
        ending, answers = threading.Event(), set()

        def ask():
            connection = host.connection()
            while not ending.is_set():
                answers.add(host.ask("GET", "/v1/books/second/portfolio", connection=connection)[0])
                answers.add(host.ask("GET", "/v1/status", connection=connection)[0])
            connection.close()

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                self.apply(host, "main")
                self.apply(host, "main", "second")
        finally:
            ending.set()
            for thread in threads:
                thread.join()
        self.assertLessEqual(answers, {200, 404, 503})
        self.assertEqual(host.stop(), 0)

    def test_threads_descriptors_and_libraries_of_books_that_went_are_gone(self):
        host = self.host("flat")
        counts = []
        for _ in range(4):
            self.apply(host, "main", "second")
            host.post(TEXTS[:20], "second") if not counts else None
            self.assertEqual(host.command("halt", "--book", "second", "--reason", "it goes").returncode, 0)
            self.apply(host, "main")
            counts.append({k: v for k, v in host.resources().items() if k in ("threads", "descriptors", "plugins_mapped")})
        self.assertEqual(counts[1], counts[3])
        self.assertEqual(json.dumps(host.status()["retained"]), "[]")


if __name__ == "__main__":
    run_tests("build", "cadre")
