"""A host that is killed anywhere in an apply, a trial, its confirmation or a rollback starts under what its last acknowledged word promised.

Usage: revision_kill_test.py --build BUILD --cadre CADRE [--kills N] [--seed S]

Two books are changed, confirmed and rolled back one at a time, and the host is killed at places that chance names, also while it starts. What was acknowledged
has happened; what was not has happened as a whole or not at all. A host that died once on a trial starts the same, one that died twice the confirmed one with
the books on trial halted. A model says which states may be found; the host is asked which it is.
"""

import argparse
import dataclasses
import json
import os
import random
import shutil
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from journal_file import Journal
from running_host import GONE, RunningHost, agent_folders, bars, new_folder, risk_manager, scenario, wait_until, write_json

arguments = None
BOOKS = ("main", "second")
WARM_UP_BARS = 260
DECISIONS = 2  # of a trial


@dataclasses.dataclass(frozen=True)
class Book:
    limit: float
    confirmed: float = None  # the limit to go back to; None: not on trial
    deaths: int = 0  # of hosts on this trial


@dataclasses.dataclass(frozen=True)
class State:
    books: tuple
    halted: frozenset = frozenset()

    def with_book(self, index, book):
        books = list(self.books)
        books[index] = book
        return State(tuple(books), self.halted)

    def on_trial(self):
        return {i for i, book in enumerate(self.books) if book.confirmed is not None}

    def after_a_death(self):
        """What a start makes of it."""
        if all(book.deaths == 0 for book in self.books):
            return State(tuple(book if book.confirmed is None else dataclasses.replace(book, deaths=1) for book in self.books), self.halted)
        books = tuple(Book(book.limit if book.confirmed is None else book.confirmed) for book in self.books)
        return State(books, self.halted | {BOOKS[i] for i in self.on_trial()})


class RevisionKills(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.chance = random.Random(arguments.seed)
        self.folder = new_folder("revision_kill")
        self.addCleanup(shutil.rmtree, self.folder)
        write_json(os.path.join(self.folder, "demo.json"), scenario([risk_manager()]))
        config = write_json(os.path.join(self.folder, "host.json"),
                            {"name": "host", "watch": {"enabled": False}, "confirm": {"decisions": DECISIONS}, "checkpoint": {"bars": 16},
                             "books": [{"scenario": "demo.json", "set": {"/book/id": book}} for book in BOOKS]})
        self.host = RunningHost(arguments.cadre, self.folder, config, agent_folders(arguments.build, "v1"))
        self.addCleanup(self.host.end)
        self.texts = bars(WARM_UP_BARS + 40 + 2 * DECISIONS * arguments.kills)
        self.place = {json.loads(text)["date"]: at for at, text in enumerate(self.texts)}
        self.next = dict.fromkeys(BOOKS, 0)
        self.limits = iter(round(0.05 + n * 1e-5, 6) for n in range(1, 100000))
        self.counts = dict.fromkeys(("acknowledged", "not acknowledged", "found done", "found undone", "fell back", "killed starts"), 0)

    # What is done. Each gives the states that may be there afterwards when it is killed, and does it; `done` is set when it was acknowledged.

    def apply(self, state):
        index, limit = self.chance.randrange(2), next(self.limits)
        document = self.host.document()
        document["books"][index]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"] = limit
        before = state.books[index]
        after = state.with_book(index, Book(limit, before.limit if before.confirmed is None else before.confirmed))
        revision = self.host.revision()
        return after, lambda: self.request("/v1/revisions", {"config": document}, revision)

    def roll_back_book(self, state):
        index = self.chance.choice(sorted(state.on_trial()) or [0])
        if state.books[index].confirmed is None:
            return self.apply(state)
        # A trial on a trial goes back to the one before it, and ends all the same.
        shown = self.host.get(f"/v1/revisions/{self.host.revision()}")
        after = state.with_book(index, Book(self.before(shown, index)))
        return after, lambda: self.request("/v1/revisions:rollback", {"book": BOOKS[index]}, shown["revision"])

    def before(self, shown, index):
        """The limit that a book had before, along its line."""
        limit_of = lambda revision: revision["config"]["books"][index]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"]
        now, at = limit_of(shown), shown
        while limit_of(at) == now:
            mine = at.get("restores_book")
            number = at["line"] if not mine else at["restores"] if mine == BOOKS[index] else at["based_on"]
            at = self.host.get(f"/v1/revisions/{number}")
        return limit_of(at)

    def confirm(self, state):
        index = self.chance.choice(sorted(state.on_trial()) or [0])
        if state.books[index].confirmed is None:
            return self.apply(state)
        book = BOOKS[index]

        def run():
            self.post(book, DECISIONS)
            wait_until("it is confirmed", lambda: self.host.ask_for("/v1/status")["books"][index]["trial"] is None, 20)

        return state.with_book(index, Book(state.books[index].limit)), run

    def request(self, path, members, base):
        status, body = self.host.ask("POST", path, {"actor": "test", "reason": "test", **members}, {"If-Match": f'"{base}"'})
        if status != 201:
            raise AssertionError((path, status, body))

    def post(self, book, count):
        status, said = self.host.ask("POST", f"/v1/books/{book}/bars", "[" + ",".join(self.texts[self.next[book]:self.next[book] + count]) + "]")
        if status != 202:
            raise AssertionError((status, said))
        self.next[book] += count

    # Killing.

    def kill_within(self, run, longest_s):
        """Whether it was acknowledged before the kill."""
        acknowledged, failures = [], []

        def work():
            try:
                run()
                acknowledged.append(True)
            except GONE:
                pass
            except AssertionError as failure:
                failures.append(failure)

        thread = threading.Thread(target=work)
        begun = time.monotonic()
        thread.start()
        thread.join(self.chance.uniform(0, longest_s))
        self.host.kill()
        thread.join(60)
        if failures and "not within" not in str(failures[0]):
            raise failures[0]
        self.slowest = max(self.slowest, time.monotonic() - begun if acknowledged else 0)
        return bool(acknowledged)

    def start_again(self, states):
        """The states that may be there after some starts, of which the last one lives."""
        states = {state.after_a_death() for state in states}
        while self.chance.random() < 0.2:
            self.host.spawn()
            threading.Event().wait(self.chance.uniform(0, 0.3))
            self.host.kill()
            self.counts["killed starts"] += 1
            # Whether that one had got as far as to be a host that dies, nobody knows.
            states = states | {state.after_a_death() for state in states}
        self.host.start()
        return states

    def found(self, states):
        """The one of them that is there."""
        # Bars that nobody was told of count as well.
        is_due = lambda book: book["trial"] is not None and book["trial"]["decisions"] >= DECISIONS
        wait_until("what is due is confirmed", lambda: not any(is_due(book) for book in self.host.status()["books"]))
        status = self.host.status()
        for book in status["books"]:
            self.next[book["book"]] = self.place[book["date"]] + 1
        document = self.host.document()
        books = []
        for index, name in enumerate(BOOKS):
            limit = document["books"][index]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"]
            trial = status["books"][index]["trial"]
            confirmed, deaths = None, 0
            if trial is not None:
                with open(os.path.join(self.host.state, "trials"), encoding="utf-8") as file:
                    deaths = next(t["deaths"] for t in json.load(file) if (t["book"], t["revision"]) == (name, trial["revision"]))
                old = self.host.get(f"/v1/revisions/{trial['confirmed']}")["config"]["books"][index]
                confirmed = old["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"]
            books.append(Book(limit, confirmed, deaths))
        halted = frozenset(b["book"] for b in status["books"] if b["state"] == "halted")
        state = State(tuple(books), halted)
        if state not in states:
            events = self.host.command("events", "--all", "--json").stdout.splitlines()
            told = [line for line in events if '"decision"' not in line]
            self.fail("\n".join([f"{state} is none of", *map(str, states), "reasons: " + str([b["reason"] for b in status["books"]]),
                                 "revisions: " + json.dumps(self.host.revisions()[-6:]), *told[-30:], self.host.log_text()]))
        return state

    def test_every_start_is_what_the_last_acknowledged_word_promised(self):
        print(f"--kills {arguments.kills} --seed {arguments.seed}", flush=True)
        self.slowest = 0.15
        self.host.start()
        for book in BOOKS:
            while self.next[book] < WARM_UP_BARS:
                self.post(book, 20)
        state = State((Book(0.05), Book(0.05)))
        for _ in range(arguments.kills):
            step = self.chance.choice((self.apply, self.apply, self.roll_back_book, self.confirm))
            before = state
            after, run = step(before)
            acknowledged = self.kill_within(run, 1.3 * self.slowest)
            self.counts["acknowledged" if acknowledged else "not acknowledged"] += 1
            state = self.found(self.start_again({after} if acknowledged else {before, after}))
            if not acknowledged:
                done = [b.limit for b in state.books] == [b.limit for b in after.books] and after != before
                self.counts["found done" if done else "found undone"] += 1
            if state.halted:
                self.counts["fell back"] += 1
                for book in sorted(state.halted):
                    self.assertEqual(self.host.command("resume", "--book", book, "--reason", "looked").returncode, 0)
                state = dataclasses.replace(state, halted=frozenset())
        for book in BOOKS:
            self.post(book, 3)
        self.assertEqual(self.host.stop(), 0, self.host.log_text())
        for book in BOOKS:
            journal = Journal(self.host.journal(book))
            self.assertEqual(journal.gaps(), [])
            counted = int.from_bytes(journal.agent_state("risk")["bytes"][:8], "little")
            self.assertEqual(counted, self.next[book])
        print(", ".join(f"{count} {name}" for name, count in self.counts.items()), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, type=os.path.abspath, required=True)
    parser.add_argument("--kills", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
