"""A host of two books under load is changed again and again: no bar is lost, no decision mixed, nothing grows.

Usage: swaps_test.py --build BUILD --cadre CADRE [--changes N]

N plugin swaps and N changes of configuration, alternating, while a client per book posts bars as fast as they are taken. A change is made once both
books took BARS_PER_CHANGE bars since the one before it, so that a proof is as long on any machine. The same bars through a host that nobody changes are the measure for orders and for memory.
"""

import argparse
import bisect
import collections
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from journal_file import Journal
from running_host import Feeder, RunningHost, agent_folders, bars, fresh_folder, risk_manager, scenario, write_json

arguments = None
BOOKS = ("main", "second")
WARM_UP_BARS = 300
BARS_PER_CHANGE = 16
AHEAD_BARS = 64  # that a book may be fed beyond those that a change waits for, so that it is busy while it is changed
# Neither binds: the same orders with both. The first is hot, the second is not.
ROOMY_LIMITS = (50.0, 60.0)
SMALLEST_ORDERS = (0, 0.000001)
PLUGINS = 8  # of a chain
REVISIONS = lambda: 1 + 3 * arguments.changes  # N swaps, N configurations, and N swaps while nothing is posted


class Swaps(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.root = fresh_folder(arguments.build, "reload_swaps_test")
        cls.changed = cls.host("changed")
        cls.samples, cls.kinds, cls.current_from = [], collections.Counter(), {}
        posted = cls.post_while_changing()
        cls.changed_resources = cls.changed.resources()
        cls.quiet = cls.change_quietly(cls.changed)
        cls.last_status = cls.changed.status()
        cls.exit_code = cls.changed.stop()
        cls.posted = posted

        cls.plain = cls.host("plain")
        for book in BOOKS:
            cls.plain.post(posted[book], book)
        cls.plain_resources = cls.plain.resources()
        cls.plain_exit_code = cls.plain.stop()
        cls.journals = {(name, book): Journal(host.journal(book))
                        for name, host in (("changed", cls.changed), ("plain", cls.plain)) for book in BOOKS}

    @classmethod
    def host(cls, name):
        root = fresh_folder(cls.root, name)
        write_json(os.path.join(root, "demo.json"), scenario([risk_manager(), risk_manager("roomy", max_weight=ROOMY_LIMITS[0])]))
        books = [{"scenario": "demo.json", "set": {"/book/id": book}} for book in BOOKS]
        config = write_json(os.path.join(root, "host.json"), {"name": "two books", "books": books, "watch": {"enabled": False}})
        return RunningHost(arguments.cadre, root, config, agent_folders(arguments.build, "v1", "v1b", "v2")).start()

    @classmethod
    def post_while_changing(cls):
        host = cls.changed
        texts = bars(WARM_UP_BARS + 2 * arguments.changes * BARS_PER_CHANGE + AHEAD_BARS)
        for book in BOOKS:
            host.post(texts[:WARM_UP_BARS], book)
        cls.feeders = feeders = [Feeder(host, book, texts[WARM_UP_BARS:], allowed=AHEAD_BARS) for book in BOOKS]
        for feeder in feeders:
            feeder.start()
        begun = time.monotonic()
        cls.change(host)
        cls.seconds = time.monotonic() - begun
        return {feeder.book: texts[:WARM_UP_BARS] + feeder.finish() for feeder in feeders}

    @classmethod
    def change(cls, host):
        document = host.document()
        number = host.revision()
        pick = lambda book, key: document["books"][book]["scenario"]["chain"][key]

        def applied(kind, status, body):
            nonlocal number, document
            if status != 201:
                raise AssertionError(f"{kind}: {status} {json.dumps(body)}")
            cls.kinds[kind] += 1
            number = body["revision"]
            for feeder in cls.feeders:
                feeder.allow(BARS_PER_CHANGE)
            for feeder in cls.feeders:
                feeder.wait_for(sum(cls.kinds.values()) * BARS_PER_CHANGE)

        for turn in range(arguments.changes):
            # A swap: forth and back between versions of one state schema, then to another schema, then back from it.
            if turn % 4 == 3:
                applied("rollback from v2 to v1", *host.roll_back())
            else:
                version = ("1.0.1", "1.0.0", "2.0.0")[turn % 4]
                for book in range(len(BOOKS)):
                    pick(book, "risk_managers")[0]["version"] = version
                applied("to " + version, *host.apply(document, based_on=number))
            if turn % 4 == 3:
                document = host.get(f"/v1/revisions/{number}")["config"]
            if turn % 4 != 2:
                cls.configure(host, document, pick, applied, turn, lambda: number)
            cls.sample(host)
        # Those that could not be between a schema change and its rollback.
        for turn in range(arguments.changes - sum(n for kind, n in cls.kinds.items() if kind.startswith("key"))):
            cls.configure(host, document, pick, applied, turn, lambda: number)
            cls.sample(host)

    @classmethod
    def change_quietly(cls, host):
        """Swaps while nothing is posted: what grows now, grows by them."""
        document, number, samples = host.document(), host.revision(), []
        for turn in range(arguments.changes):
            for book in range(len(BOOKS)):
                document["books"][book]["scenario"]["chain"]["risk_managers"][0]["version"] = ("1.0.1", "1.0.0")[turn % 2]
            status, body = host.apply(document, based_on=number)
            if status != 201:
                raise AssertionError(f"{status} {body}")
            number = body["revision"]
            samples.append(host.resources())
        return samples

    @classmethod
    def configure(cls, host, document, pick, applied, turn, number):
        for book in range(len(BOOKS)):
            if turn % 2 == 0:
                config = pick(book, "risk_managers")[1]["config"]
                config["max_weight"] = ROOMY_LIMITS[config["max_weight"] == ROOMY_LIMITS[0]]
            else:
                config = pick(book, "execution_rules")["config"]
                config["min_order_value"] = SMALLEST_ORDERS[config.get("min_order_value", 0) == SMALLEST_ORDERS[0]]
        kind = "key that is " + ("hot" if turn % 2 == 0 else "not hot")
        if turn % 8 < 6:
            applied(kind, *host.apply(document, based_on=number()))
            return
        path = write_json(os.path.join(host.root, "next.json"), document)
        done = host.command("revision", "apply", path, "--reason", "next", "--json")
        applied(kind + ", by command", 201 if done.returncode == 0 else done.stderr, json.loads(done.stdout or "{}"))

    @classmethod
    def sample(cls, host):
        cls.samples.append(host.resources())

    def test_every_change_was_made(self):
        print("changes:", dict(self.kinds), f"in {self.seconds:.1f} s;", "bars:", {b: len(t) for b, t in self.posted.items()})
        swaps = sum(n for kind, n in self.kinds.items() if not kind.startswith("key"))
        self.assertEqual((swaps, sum(self.kinds.values())), (arguments.changes, 2 * arguments.changes))
        self.assertEqual(self.last_status["revision"]["number"], REVISIONS())
        self.assertEqual((self.exit_code, self.plain_exit_code), (0, 0))

    def test_every_bar_that_was_accepted_is_in_the_journal_once_and_in_order(self):
        for book in BOOKS:
            expected = []
            for text in self.posted[book]:
                bar = json.loads(text)
                expected.append((int(bar["date"].replace("-", "")), [round(bar["bars"][i] * 10**9) for i in sorted(bar["bars"])]))
            journal = self.journals["changed", book]
            found = [(bar["date"], list(bar["close_e9"])) for bar in journal.of("bar")]
            self.assertEqual(len(found), len(expected))
            self.assertTrue(found == expected, "a bar differs")
            self.assertEqual(journal.gaps(), [])
            print(f"{book}: {len(found)} bars accepted, all journaled once, {journal.sequences()[-1]} sequence numbers without a gap")

    def test_every_decision_was_made_by_the_revision_that_was_current(self):
        for book in BOOKS:
            journal = self.journals["changed", book]
            revisions, decisions = journal.of("revision"), journal.of("decision")
            begins = [revision.sequence for revision in revisions]
            numbers = [revision["revision"] for revision in revisions]
            self.assertEqual(numbers, list(range(1, 1 + REVISIONS())))
            limit_of = {revision["revision"]: json.loads(revision["text"])["chain"]["risk_managers"][1]["config"]["max_weight"]
                        for revision in revisions}
            self.assertEqual(set(limit_of.values()), set(ROOMY_LIMITS))
            mixed, by_revision = 0, collections.Counter()
            for decision in decisions:
                current = numbers[bisect.bisect_right(begins, decision.sequence) - 1]
                roomy = {limit["limit"] for limit in decision["limits"] if limit["name"] == "largest_weight" and limit["limit"] > 1}
                mixed += decision["revision"] != current or roomy != {limit_of[current]}
                by_revision[current] += 1
            print(f"{book}: {len(decisions)} decisions under {len(by_revision)} revisions, {mixed} mixed")
            self.assertEqual(mixed, 0)
            self.assertGreater(len(by_revision), arguments.changes // 2)

    def test_orders_are_those_of_a_host_that_nobody_changed(self):
        for book in BOOKS:
            changed = self.journals["changed", book].orders_without_ids()
            plain = self.journals["plain", book].orders_without_ids()
            print(f"{book}: {len(changed)} orders, without swaps {len(plain)}")
            self.assertGreater(len(plain), 100)
            self.assertTrue(changed == plain, "orders differ")

    def test_what_every_version_counted_is_what_was_posted(self):
        for book in BOOKS:
            journal = self.journals["changed", book]
            self.assertEqual(int.from_bytes(journal.agent_state("risk")["bytes"][:8], "little"), len(self.posted[book]))

    def test_nothing_grows_with_the_number_of_changes(self):
        half = self.samples[len(self.samples) // 2:]
        quarter = len(half) // 4
        mean = lambda part, key: sum(sample[key] for sample in part) / len(part)
        first, last = ({key: round(mean(part, key), 1) for key in half[0]} for part in (half[:quarter], half[-quarter:]))
        most = {key: max(sample[key] for sample in half) for key in half[0]}
        # Orders and bars stay in memory: what the same bars need without changes is not the changes'.
        more_kib = self.changed_resources["anonymous_kib"] - self.plain_resources["anonymous_kib"]
        print("second half, from", first, "to", last, "at most", most)
        print("after the same bars: changed", self.changed_resources, "plain", self.plain_resources, "more by", more_kib, "KiB")
        print("changes without bars:", self.quiet[0], "to", self.quiet[-1])
        for key in ("descriptors", "threads"):
            self.assertLessEqual(last[key] - first[key], 0.5, key)
        self.assertLessEqual(most["plugins_mapped"], PLUGINS + 2)  # the running, the replaced and the next version
        # What orders need grows by doubling: only a leak that is larger than all of them would show here.
        self.assertLessEqual(more_kib, max(8192, self.plain_resources["anonymous_kib"]))
        quiet_kib = self.quiet[-1]["anonymous_kib"] - self.quiet[len(self.quiet) // 2]["anonymous_kib"]
        self.assertLessEqual(quiet_kib, 1024)
        self.assertEqual(self.last_status["retained"], [])
        self.assertEqual((self.last_status["refused"], self.last_status["waiting"]), ([], []))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--changes", type=int, default=60)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
