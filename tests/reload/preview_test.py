"""What a dry run says of the newest decisions: what the candidate would have ordered, each time where the book stood.

Usage: preview_test.py --build BUILD --cadre CADRE
"""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from journal_file import Journal
from running_host import RunningHost, agent_folders, bars, fresh_folder, risk_manager, scenario, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(420)
WARM_UP_BARS = 260


class Preview(unittest.TestCase):
    maxDiff = None

    def start(self, name, agents=("v1",), checkpoint_bars=16):
        root = fresh_folder(arguments.build, "reload_preview_test", name)
        self.path = write_json(os.path.join(root, "demo.json"), scenario([risk_manager()]))
        config = write_json(os.path.join(root, "host.json"), {"name": "host", "checkpoint": {"bars": checkpoint_bars}, "watch": {"enabled": False},
                                                              "books": [{"scenario": "demo.json", "set": {"/book/id": "main"}}]})
        host = RunningHost(arguments.cadre, root, config, agent_folders(arguments.build, *agents)).start()
        self.addCleanup(host.stop)
        return host

    def apply(self, host, manager, *more, code=0):
        write_json(self.path, scenario([manager]))
        done = host.command("revision", "apply", self.path, "--reason", "test", *more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def preview(self, host, manager, *more):
        """Of the only book."""
        said = json.loads(self.apply(host, manager, "--dry-run", "--json", *more).stdout)
        self.assertEqual([one["book"] for one in said["preview"]], ["main"])
        return said["preview"][0]

    def test_of_what_decides_the_same_differs_nowhere(self):
        host = self.start("same", ("v1", "v1b"))
        host.post(TEXTS[:400], "main")
        found = self.preview(host, risk_manager(version="1.0.1"), "--decisions", "30")
        self.assertEqual((found["decisions"], found["differ"], found["silent"], found["largest"], found["failed"]), (30, 0, 0, [], []))
        self.assertEqual(found["candidate"], found["recorded"])
        self.assertGreater(found["recorded"]["orders"], 0)

    def test_says_what_the_change_then_does(self):
        """One host is asked after a bar what a change would have made of its decision; another one takes the change before that bar."""
        manager = risk_manager(max_weight=0.02)
        asked = self.start("asked")
        asked.post(TEXTS[:400], "main")
        found = self.preview(asked, manager, "--decisions", "1")
        self.assertEqual((found["decisions"], found["differ"]), (1, 1))
        changed = self.start("changed")
        changed.post(TEXTS[:399], "main")
        self.apply(changed, manager)
        changed.post(TEXTS[399:400], "main")
        self.assertEqual(asked.stop(), 0)
        self.assertEqual(changed.stop(), 0)
        for host, side in ((asked, "recorded"), (changed, "candidate")):
            journal = Journal(host.journal("main"))
            decision = journal.of("decision")[-1]
            orders = [r for r in journal.of("order") if r.sequence == decision.sequence]
            let_through = [r["order"] for r in orders if not r["failed_checks"]]
            self.assertEqual(found[side]["orders"], len(let_through), side)
            self.assertEqual(found[side]["rejected"], len(orders) - len(let_through), side)
            turnover = sum(o["quantity_e9"] * o["decision_price_e9"] for o in let_through) / 1e18 / (decision["equity"] / 1e6)
            self.assertAlmostEqual(found[side]["turnover"], turnover, 12, side)
            gross = sum(abs(weight) for weight in decision["stages"][-1]["target"])
            self.assertAlmostEqual(found[side]["gross_exposure"], gross, 12, side)

    def test_looks_back_no_further_than_there_are_decisions_and_says_how_far(self):
        host = self.start("young")
        host.post(TEXTS[:10], "main")
        self.assertEqual(self.preview(host, risk_manager(max_weight=0.02))["decisions"], 0)
        self.assertIn("no decision to look at again", self.apply(host, risk_manager(max_weight=0.02), "--dry-run").stdout)
        host.post(TEXTS[10:400], "main")
        made = host.settled_book("main")["decisions"]
        found = self.preview(host, risk_manager(max_weight=0.02), "--decisions", "250")
        self.assertLessEqual(found["decisions"], made)
        self.assertGreaterEqual(found["decisions"], 32)  # two checkpoints

    def test_is_a_table_for_people_and_changes_nothing(self):
        host = self.start("table")
        host.post(TEXTS[:400], "main")
        before = host.standing()
        done = self.apply(host, risk_manager(max_weight=0.02), "--dry-run")
        self.assertIn("book main, its last 20 decisions again", done.stdout)
        for row in ("turnover", "gross exposure, mean", "volatility a year, mean", "where they differ most"):
            self.assertIn(row, done.stdout)
        self.assertLessEqual(max(len(line) for line in done.stdout.splitlines() if line.startswith(("turnover", "gross", "2"))), 80)
        self.assertEqual(host.standing(), before)
        host.post(TEXTS[400:], "main")
        self.assertEqual(host.revision(), 1)

    def test_of_too_many_decisions_or_of_a_change_that_is_not_dry_is_refused(self):
        host = self.start("refused")
        self.assertIn("a whole number from 0 to 250", self.apply(host, risk_manager(max_weight=0.02), "--dry-run", "--decisions", "251", code=3).stderr)
        self.assertIn("[PREVIEW_NOT_DRY]", self.apply(host, risk_manager(max_weight=0.02), "--decisions", "5", code=3).stderr)
        self.assertEqual(host.revision(), 1)


if __name__ == "__main__":
    run_tests("build", "cadre")
