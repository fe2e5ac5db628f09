"""A host whose power is cut again and again has afterwards what it acknowledged, nothing by halves, and starts without a hand.

Usage: power_cut_test.py --build BUILD --cadre CADRE [--cuts N] [--seed S]

A library that is preloaded writes down what the host does to its state folder (power_cut/recorder.cpp). A cut is a moment of that: power_cut/disk.py makes
the folder as a disk may have kept it, and the next host starts in it, whose start is cut in its turn. What it holds is compared with a host that had the same
bars and no cut.
"""

import argparse
import decimal
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "hosts"), os.path.join(HERE, "power_cut")]
import disk
from journal_file import read_journal
from running_host import GONE, PRICES, RunningHost, bars, demo_chain, new_folder, write_json

FIGURES = ("equity", "cash", "profit", "costs")
WARM_UP = 240  # bars before any cut: decisions begin after 253
arguments = None


def millionths(text):
    return int(decimal.Decimal(text).scaleb(6))


def configuration(folder, name, segments_kept):
    scenario = {"scenario": "backtest", "name": "cuts", "chain": demo_chain(), "book": {"id": "main", "currency": "USD", "initial_cash": 1000000},
                "data": {"prices": {"file": PRICES, "adjustment": "split", "volume": "none"}},
                "execution_environment": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close", "commission_bp": 2, "half_spread_bp": 2}}}
    host = {"name": "cuts", "books": [{"scenario": scenario}], "checkpoint": {"bars": 16}, "journal": {"segment_mb": 1, "keep_segments": segments_kept}, "watch": {"enabled": False}}
    return write_json(os.path.join(folder, name + ".json"), host)


class RecordedHost(RunningHost):
    """One whose work on its state folder is written down; with `log` None it is not."""

    log_of_steps = None

    def environment(self):
        variables = super().environment()
        if self.log_of_steps is not None:
            variables.update(LD_PRELOAD=os.path.join(arguments.build, "recovery_agents", "power_cut_recorder.so"),
                             POWER_CUT_ROOT=self.state, POWER_CUT_LOG=self.log_of_steps)
        return variables


class Reference:
    """What a host without cuts has after each bar."""

    def __init__(self, root, texts):
        config = configuration(root, "reference", 0)
        host = RecordedHost(arguments.cadre, os.path.join(root, "reference"), config, [os.path.join(arguments.build, "agents")]).start()
        host.post(texts)
        self.hash = host.settled_book()["order_hash"]
        assert host.stop() == 0
        self.after = {"": (0, (None,) * 4)}  # date -> (bars, figures)
        for record in read_journal(host.journal()):
            if record.kind == "account":
                date = str(record["date"])
                self.after[f"{date[:4]}-{date[4:6]}-{date[6:]}"] = (len(self.after), tuple(record[name] for name in FIGURES))
        shutil.rmtree(host.root)


class Cuts:
    """A chain of hosts, each in what the cut before left."""

    def __init__(self, root, reference, config, texts, chance, commands):
        self.root, self.reference, self.texts, self.chance, self.commands = root, reference, texts, chance, commands
        self.host = RecordedHost(arguments.cadre, os.path.join(root, "host"), config, [os.path.join(arguments.build, "agents")])
        os.makedirs(self.host.state)
        self.bars = self.sent = 0        # that were acknowledged, and that were sent
        self.halted = {False}            # what it may be
        self.revision, self.revisions = 0, 0  # acknowledged, sent
        self.rounds, self.seen = 0, dict.fromkeys(disk.VARIANTS, 0)

    def one_round(self):
        self.rounds += 1
        self.host.log_of_steps = os.path.join(self.root, "steps")
        if os.path.exists(self.host.log_of_steps):
            os.remove(self.host.log_of_steps)
        before = disk.Disk(self.host.state)
        acknowledged = []  # (bytes of the log by then, what it was)
        said = (self.bars, set(self.halted), self.revision)
        if self.chance.random() < 0.1:
            self.cut_within_the_start()
        else:
            self.host.start()
            self.check()
            self.work(acknowledged)
        self.cut(before, said, acknowledged)

    def cut_within_the_start(self):
        self.host.spawn()
        try:
            self.host.process.wait(self.chance.random() * 0.15)
            raise AssertionError(f"the host ended by itself:\n{self.host.log_text()}")
        except subprocess.TimeoutExpired:
            self.host.kill()

    def check(self):
        """What was acknowledged is there, and nothing by halves."""
        book = self.host.settled_book()
        count, figures = self.reference.after[book["date"] or ""]
        where = f"round {self.rounds}: {self.bars} bars were acknowledged and {self.sent} sent, {count} are there\n{self.host.log_text()}"
        assert self.bars <= count <= self.sent, where
        if count:
            found = tuple(millionths(book[name]) for name in FIGURES)
            assert found == figures, (where, found, figures)
        is_halted = book["state"] == "halted"
        assert is_halted in self.halted, (where, book["state"], self.halted)
        assert self.host.revision() >= self.revision, (where, self.host.revision(), self.revision)
        self.bars = self.sent = count
        self.halted, self.revision = {is_halted}, self.host.revision()

    def work(self, acknowledged):
        tell = lambda what, value: acknowledged.append((os.path.getsize(self.host.log_of_steps), what, value))
        if self.halted == {True}:
            self.change("resume", False, tell)
        if self.bars < WARM_UP:
            self.post(WARM_UP - self.bars, tell)
        for _ in range(self.chance.randint(1, 6)):
            self.post(self.chance.randint(1, 12), tell)
            if self.commands and self.chance.random() < 0.1:
                self.apply(tell)
        if self.commands and self.chance.random() < 0.25:
            self.change("halt", True, tell)
            if self.chance.random() < 0.5:
                self.change("resume", False, tell)
        last = threading.Thread(target=self.post_and_be_killed, args=(self.chance.randint(1, 8),), daemon=True)
        if self.halted == {False}:
            last.start()
            last.join(self.chance.random() * 0.01)
        self.host.kill()
        if last.ident is not None:
            last.join()

    def post(self, count, tell):
        texts = self.texts[self.bars:self.bars + count]
        self.sent = self.bars + len(texts)
        status, said = self.host.ask("POST", "/v1/books/main/bars", "[" + ",".join(texts) + "]")
        assert (status, said["accepted"]) == (202, len(texts)), (status, said)
        self.bars = self.sent
        tell("bars", self.bars)

    def post_and_be_killed(self, count):
        texts = self.texts[self.bars:self.bars + count]
        self.sent = self.bars + len(texts)
        try:
            self.host.ask("POST", "/v1/books/main/bars", "[" + ",".join(texts) + "]")
        except (*GONE, ValueError):
            pass

    def change(self, what, halted, tell):
        self.halted.add(halted)
        status, said = self.host.ask("POST", "/v1/" + what, {"actor": "test", "reason": "between two bars"})
        assert status == 200, said
        self.halted = {halted}
        tell("halted", halted)

    def apply(self, tell):
        config = self.host.document()
        self.revisions += 1
        config["books"][0]["scenario"]["pre_trade_checks"]["max_order_quantity"] = 10**8 + self.revisions  # above every order
        status, said = self.host.apply(config)
        assert status == 201, said
        self.revision = said["number"] if "number" in said else self.host.revision()
        tell("revision", self.revision)

    def cut(self, before, said, acknowledged):
        """At any step of the log, with what was told until there."""
        steps = disk.read_log(self.host.log_of_steps) if os.path.exists(self.host.log_of_steps) else []
        at = self.moment(steps)
        for step in steps[:at]:
            before.take(step)
        end = steps[at - 1].end if at else 0
        halted_then = set(said[1])
        self.bars, _, self.revision = said
        for size, what, value in acknowledged:
            if what == "halted":
                halted_then = {value} if size <= end else halted_then | {value}
            elif size <= end:
                setattr(self, what, value)
        self.halted = halted_then
        variant = self.chance.choice(disk.VARIANTS)
        self.seen[variant] += 1
        after = self.host.state + ".after"
        before.cut(variant, self.chance, after)
        names = [f"{step.kind}:{os.path.basename(step.path or before.named(step.inode))}" for step in steps[max(0, at - 25):at]]
        self.last = f"cut after step {at} of {len(steps)}, with {variant}; the last were {' '.join(names)}"
        shutil.rmtree(self.host.state)
        os.rename(after, self.host.state)

    def moment(self, steps):
        luck = self.chance.random()
        of_names = [i for i, step in enumerate(steps) if step.kind not in (disk.WRITE, disk.SYNC)]
        if luck < 0.4 or not steps:
            return len(steps)
        if luck < 0.7 and of_names:
            return min(len(steps), self.chance.choice(of_names) + self.chance.randint(0, 2))
        return self.chance.randint(0, len(steps))

    def finish(self, count):
        """The rest of the bars without a cut: what the host is worth then, and the hash of its orders."""
        self.host.log_of_steps = None
        self.host.start()
        self.check()
        if self.halted == {True}:
            self.change("resume", False, lambda *_: None)
        self.host.post(self.texts[self.bars:count])
        self.bars = self.sent = count
        self.check()
        found = self.host.settled_book()["order_hash"]
        assert self.host.stop() == 0
        return found


class PowerCut(unittest.TestCase):
    def run_chain(self, cuts, seed, commands):
        root = new_folder("power")
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        config = configuration(root, "cut", 4)
        texts = bars(WARM_UP + cuts * 40 + 50)
        reference = Reference(root, texts)
        chain = Cuts(root, reference, config, texts, random.Random(seed), commands)
        try:
            while chain.rounds < cuts:
                chain.one_round()
        except BaseException:
            print(f"seed {seed}, commands {commands}: in round {chain.rounds}, after the {getattr(chain, 'last', 'beginning')}", file=sys.stderr)
            raise
        found = chain.finish(len(texts))
        print(f"seed {seed}: {chain.rounds} cuts, {chain.seen}, {chain.revisions} revisions")
        return found, reference.hash

    def test_what_was_acknowledged_is_there_and_the_orders_are_those_without_a_cut(self):
        found, expected = self.run_chain((arguments.cuts + 1) // 2, arguments.seed, commands=False)
        self.assertEqual(found, expected)

    def test_halts_and_revisions_that_were_acknowledged_are_there(self):
        self.run_chain(arguments.cuts // 2, arguments.seed + 1, commands=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, type=os.path.abspath, required=True)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
