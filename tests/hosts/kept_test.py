"""What a host of 0.9 left is read by this one: its run is explained and replayed, its state folder goes on.

Usage: kept_test.py --build BUILD --cadre CADRE

The folders are in tests/data/0.9; their agents are 0.9's own binaries, of an ABI that is no longer offered, so that
agents of this build take their places.
"""

import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import unittest

from journal_file import Journal, file_format, was_accepted
from running_host import ROOT, RunningHost, new_folder, read_bars, write_json

KEPT = os.path.join(ROOT, "tests", "data", "0.9")
arguments = None

with open(os.path.join(KEPT, "expected.json"), encoding="utf-8") as expected_file:
    EXPECTED = json.load(expected_file)


def cadre(*words):
    variables = {k: v for k, v in os.environ.items() if k != "CADRE_AGENTS"}
    return subprocess.run([arguments.cadre, *words], capture_output=True, text=True, env=variables)


class Unpacked(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = new_folder("kept")
        self.addCleanup(shutil.rmtree, self.folder)

    def unpack(self, name):
        with tarfile.open(os.path.join(KEPT, name + ".tar.xz")) as archive:
            archive.extractall(self.folder)
        return os.path.join(self.folder, name)


class KeptRun(Unpacked):
    def setUp(self):
        super().setUp()
        self.run_folder = self.unpack("run")

    def orders(self):
        return Journal(os.path.join(self.run_folder, "journal")).of("order")

    def explain(self, order):
        done = cadre("explain", self.run_folder, order["order"]["client_id"], "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_it_is_of_format_1_and_has_what_0_9_said(self):
        self.assertEqual(file_format(os.path.join(self.run_folder, "journal")), 1)
        orders = self.orders()
        self.assertEqual((len(orders), sum(not was_accepted(order) for order in orders)), (EXPECTED["run"]["orders"], EXPECTED["run"]["rejected_orders"]))
        for order in orders:
            self.assertEqual(order["verdict"] == 0, was_accepted(order))

    def test_an_accepted_order_is_explained(self):
        order = next(order for order in self.orders() if was_accepted(order))
        said = self.explain(order)
        self.assertEqual((said["order"], said["failed_checks"]), (order["order"]["client_id"], []))
        self.assertEqual([report["status"] for report in said["reports"]], ["filled"])
        changes = sum(float(step["change"]) for step in said["steps"])
        self.assertEqual(abs(changes), float(said["quantity"]))

    def test_rejected_orders_are_explained_with_the_check_that_rejected_them(self):
        for check in ("RESTRICTION_RESTRICTED_LIST", "FAT_FINGER_MAX_QUANTITY"):
            order = next(order for order in self.orders() if check in order["failed_checks"])
            said = self.explain(order)
            self.assertEqual((said["failed_checks"], said["reports"]), ([check], []))
            self.assertEqual(said["steps"][-1]["stage"], "pre_trade_checks")
            words = cadre("explain", self.run_folder, order["order"]["client_id"])
            self.assertIn("rejected by the pre-trade checks: " + check, words.stdout)

    def replay(self, *words):
        return cadre("--agents", os.path.join(arguments.build, "agents"), "replay", self.run_folder, *words)

    def test_its_replay_without_agents_for_this_host_is_refused_by_their_abi(self):
        done = cadre("--agents", self.folder, "replay", self.run_folder)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r"momentum\.json:\d+:\d+ /abi: built for ABI 0\.9, this host offers 0\.10; build the plugin against this SDK \[ABI_MISMATCH\]")

    def test_its_replay_names_the_first_order_that_this_host_decides_otherwise(self):
        """What the checks refused for its size in 0.9 is cut to what they accept, or not sent."""
        done = self.replay("--json")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual((said["identical"], said["recorded_orders"]), (False, EXPECTED["run"]["orders"]))
        self.assertRegex(said["first_difference"], r"^order main\.\d+\.\d+ (is where the run had main\.\d+\.\d+|has other fields than in the run)")
        self.assertEqual((said["recorded_hash"], said["hash_was_compared"]), (EXPECTED["run"]["order_hash"], False))

    def test_a_journal_of_a_format_nobody_knows_is_refused_with_one_sentence(self):
        path = os.path.join(self.run_folder, "journal")
        with open(path, "r+b") as file:
            file.seek(12)
            file.write(struct.pack("<I", 9))
        for command in (("explain", self.run_folder, "main.255.3"), ("replay", self.run_folder)):
            done = cadre(*command)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn("the journal has format 9, this host reads formats 1 to 8; read it with the host that wrote it", done.stderr)


class KeptState(Unpacked):
    def setUp(self):
        super().setUp()
        self.state = self.unpack("state")
        shutil.copy(os.path.join(KEPT, "prices.csv"), self.folder)
        with open(os.path.join(self.state, "revisions", "000003.json"), encoding="utf-8") as file:
            document = json.load(file)["config"]
        self.config = write_json(os.path.join(self.folder, "host.json"), document)
        self.bars = read_bars(file=os.path.join(KEPT, "prices.csv"))
        self.old_orders = Journal(os.path.join(self.state, "books", "main", "journal")).of("order")

    def host(self, agents=None):
        host = RunningHost(arguments.cadre, self.folder, self.config, [agents or os.path.join(arguments.build, "agents")], state=self.state)
        self.addCleanup(host.end)
        return host

    def start(self):
        return self.host().start()

    def assert_stands(self, host, **other):
        expected = dict(EXPECTED["state"], **other)
        # Its hash hashed rejected orders otherwise.
        expected.pop("order_hash")
        expected["revision"] += 1  # the agents of this build
        book = host.settled_book()
        self.assertEqual({key: book[key] for key in expected}, expected)

    def test_a_host_goes_on_where_0_9_was_killed(self):
        host = self.start()
        self.assert_stands(host)
        orders = host.get("/v1/books/main/orders?limit=1000")
        self.assertIn("FAT_FINGER_MAX_QUANTITY", json.dumps(orders))
        after = [bar for bar in self.bars if bar["date"] > EXPECTED["state"]["date"]]
        status, said = host.ask("POST", "/v1/books/main/bars", after[0])
        self.assertEqual((status, said["accepted"]), (202, 1), said)
        taken = host.settled_book()
        self.assertEqual((taken["date"], taken["decisions"]), (after[0]["date"], EXPECTED["state"]["decisions"] + 1))
        self.assertEqual(host.stop(), 0, host.log_text())

        self.assertEqual(file_format(host.journal()), 8)
        journal = Journal(host.journal())
        self.assertEqual(journal.gaps(), [])
        self.assertEqual(len(journal.of("bar")), 351)
        kept = journal.of("order")[:len(self.old_orders)]
        # The struct has grown: its first field says so.
        content = [[(o.sequence, dict(o["order"], size=0), o["failed_checks"]) for o in orders] for orders in (kept, self.old_orders)]
        self.assertEqual(content[0], content[1])
        self.assertNotIn("verdict", kept[0].fields)

        host = self.start()
        again = host.settled_book()
        for key in ("date", "decisions", "orders", "rejected_orders", "fills", "open_orders", "equity", "cash", "order_hash", "revision", "sequence"):
            self.assertEqual(again[key], taken[key], key)
        self.assertEqual(host.stop(), 0, host.log_text())

    def test_a_host_without_agents_for_it_refuses_and_leaves_everything_alone(self):
        agents = os.path.join(self.folder, "no_agents")
        os.makedirs(agents)
        host = self.host(agents)
        self.assertEqual(host.spawn().wait(), 3)
        lines = [line for line in host.log_text().splitlines() if "[ABI_MISMATCH]" in line]
        self.assertEqual(len(lines), 8, host.log_text())
        for line in lines:
            self.assertRegex(line, r"/abi: built for ABI 0\.9, this host offers 0\.10; name a folder with --agents that has a version of it for this host")
        self.assertEqual(sorted(os.listdir(os.path.join(self.state, "revisions"))), ["000001.json", "000002.json", "000003.json"])
        self.assertEqual(Journal(os.path.join(self.state, "books", "main", "journal")).of("order")[-1]["order"], self.old_orders[-1]["order"])

    def test_the_revision_that_replaces_its_agents_says_so(self):
        host = self.start()
        revision = host.get("/v1/revisions/4")
        self.assertEqual((revision["based_on"], revision["actor"]), (3, "upgrade"))
        self.assertRegex(revision["reason"], r"^built for an ABI this host does not offer: .*cadre\.momentum 0\.9\.0 \w{12} by 0\.\d+\.0 \w{12}")
        self.assertEqual(host.stop(), 0, host.log_text())

    def test_its_book_is_explained_before_and_after_a_host_went_on_with_it(self):
        book = os.path.join(self.state, "books", "main")
        rejected = next(order for order in self.old_orders if not was_accepted(order))["order"]["client_id"]
        before = cadre("explain", book, rejected, "--json")
        self.assertEqual(before.returncode, 0, before.stderr)
        host = self.start()
        self.assertEqual(host.stop(), 0, host.log_text())
        after = cadre("explain", book, rejected, "--json")
        self.assertEqual(after.stdout, before.stdout)

    def test_a_journal_of_a_format_nobody_knows_is_refused_and_left_alone(self):
        path = os.path.join(self.state, "books", "main", "journal")
        with open(path, "r+b") as file:
            file.seek(12)
            file.write(struct.pack("<I", 9))
        with open(path, "rb") as file:
            content = file.read()
        host = self.host()
        self.assertEqual(host.spawn().wait(), 3)
        host.expect_logged("the journal has format 9, this host reads formats 1 to 8")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), content)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, type=os.path.abspath, required=True)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
