"""What a start may boot: --revision, --halted, --accept-changes, and what each refuses.

Usage: start_test.py --build BUILD --cadre CADRE
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from journal_file import Journal
from running_host import RunningHost, agent_folders, bars, fresh_folder, risk_manager, scenario, wait_until, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(400)
WARM_UP_BARS = 300
FIRST_DECISION = 253  # bars before it


def limit(document, book=0):
    return document["books"][book]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"]


class Start(unittest.TestCase):
    maxDiff = None

    def host(self, name, agents=("v1",), watch=False):
        self.root = fresh_folder(arguments.build, "reload_start_test", name)
        self.scenario = os.path.join(self.root, "demo.json")
        write_json(self.scenario, scenario([risk_manager()]))
        self.document = {"name": "host", "books": [{"scenario": "demo.json"}], "watch": {"enabled": watch, "debounce_ms": 20}}
        self.config = os.path.join(self.root, "host.json")
        self.write_host()
        host = RunningHost(arguments.cadre, self.root, self.config, agent_folders(arguments.build, *agents))
        self.addCleanup(host.end)
        return host

    def write_host(self, **more):
        write_json(self.config, {**self.document, **more})

    def with_three_revisions(self, name):
        host = self.host(name).start()
        host.post(TEXTS[:WARM_UP_BARS])
        for value in (0.04, 0.03):
            document = host.document()
            document["books"][0]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"] = value
            self.assertEqual(host.apply(document)[0], 201)
            host.post(TEXTS[WARM_UP_BARS + len(host.revisions()) * 10:][:10])
        return host

    def refused(self, host, *options):
        """What it says; it ends with exit code 3 and leaves everything as it was."""
        before = self.revision_files(host)
        host.spawn(*options)
        self.assertEqual(host.wait(), 3, host.log_text())
        self.assertEqual(self.revision_files(host), before)
        return host.log_text()

    def revision_files(self, host):
        folder = os.path.join(host.state, "revisions")
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        try:
            with open(os.path.join(host.state, "CURRENT"), encoding="ascii") as file:
                return names, file.read()
        except FileNotFoundError:
            return names, None

    def test_a_named_revision_comes_back_as_a_new_one_with_all_it_knew(self):
        host = self.with_three_revisions("named")
        self.assertEqual(host.stop(), 0)
        host.start("--revision", "2")
        revision = host.status()["revision"]
        self.assertEqual((revision["number"], revision["based_on"], revision["restores"]), (4, 3, 2))
        self.assertEqual(limit(host.document()), 0.04)
        self.assertIn("started with --revision 2", revision["reason"])
        self.assertEqual(host.revisions()[-1]["line"], 1)
        posted = WARM_UP_BARS + 20
        self.assertEqual(host.book()["decisions"], posted - FIRST_DECISION)
        host.post(TEXTS[380:390])
        self.assertEqual(host.stop(), 0)
        counted = Journal(host.journal()).agent_state("risk")["bytes"]
        self.assertEqual(int.from_bytes(counted[:8], "little"), posted + 10)
        # And it is what boots from now on.
        host.start()
        self.assertEqual((host.revision(), limit(host.document())), (4, 0.04))

    def test_the_current_revision_by_its_number_is_a_start_like_any_other(self):
        host = self.with_three_revisions("current")
        self.assertEqual(host.stop(), 0)
        host.start("--revision", "3")
        self.assertEqual((host.revision(), limit(host.document()), len(host.revisions())), (3, 0.03, 3))

    def test_a_revision_that_is_not_there_is_refused(self):
        host = self.with_three_revisions("unknown")
        self.assertEqual(host.stop(), 0)
        self.assertIn("REVISION_UNKNOWN", self.refused(host, "--revision", "9"))
        host.expect_logged("there are 1 to 3")
        host.start()
        self.assertEqual(host.revision(), 3)
        self.assertEqual(host.stop(), 0)
        fresh = self.host("unknown_fresh")
        self.assertIn("REVISION_UNKNOWN", self.refused(fresh, "--revision", "1"))

    def test_a_host_without_current_says_how_to_start_and_does(self):
        host = self.with_three_revisions("lost")
        self.assertEqual(host.stop(), 0)
        os.unlink(os.path.join(host.state, "CURRENT"))
        self.assertIn("cadre run --revision N", self.refused(host))
        host.start("--revision", "3")
        self.assertEqual((host.revision(), limit(host.document())), (4, 0.03))

    def test_a_damaged_current_revision_is_passed_by_with_another(self):
        host = self.with_three_revisions("damaged")
        self.assertEqual(host.stop(), 0)
        with open(os.path.join(host.state, "revisions", "000003.json"), "r+b") as file:
            file.write(b"{]")
        self.assertIn("000003.json", self.refused(host))
        host.start("--revision", "2")
        self.assertEqual((host.revision(), limit(host.document())), (4, 0.04))

    def test_halted_means_that_no_book_decides_before_somebody_says_so(self):
        host = self.with_three_revisions("halted")
        self.assertEqual(host.stop(), 0)
        host.start("--halted")
        book = host.book()
        self.assertEqual(book["state"], "halted")
        self.assertIn("started with --halted", book["reason"])
        host.post(TEXTS[380:385])
        self.assertEqual(host.settled_book()["decisions"], book["decisions"])
        host.kill()
        host.start()  # it is in the halts' file
        self.assertEqual(host.settled_book()["state"], "halted")
        self.assertEqual(host.command("resume", "--reason", "looked").returncode, 0)
        host.post(TEXTS[385:390])
        wait_until("it decides", lambda: host.settled_book()["decisions"] > book["decisions"])
        self.assertEqual(host.stop(), 0)

    def test_halted_holds_for_a_first_start_too(self):
        host = self.host("halted_first").start("--halted")
        host.post(TEXTS[:WARM_UP_BARS])
        book = host.settled_book()
        self.assertEqual((book["state"], book["decisions"]), ("halted", 0))

    def checkpoint_bars(self, host):
        return host.document()["checkpoint"]["bars"]

    def test_what_changes_only_at_a_start_waits_for_one_that_accepts_it(self):
        host = self.host("accept", watch=True).start()
        host.post(TEXTS[:WARM_UP_BARS])
        self.write_host(checkpoint={"bars": 5})
        refused = wait_until("it is refused", lambda: host.status()["refused"])
        self.assertEqual({p["code"] for p in refused[0]["problems"]}, {"CONFIG_NEEDS_RESTART"})
        self.assertIn("cadre run --accept-changes", refused[0]["problems"][0]["next_step"])
        self.assertEqual(self.checkpoint_bars(host), 64)
        self.assertEqual(host.stop(), 0)
        host.start()
        self.assertEqual((host.revision(), self.checkpoint_bars(host)), (1, 64))
        self.assertEqual(host.stop(), 0)
        host.start("--accept-changes")
        self.assertEqual((host.revision(), self.checkpoint_bars(host)), (2, 5))
        self.assertIn("/checkpoint/bars", host.status()["revision"]["reason"])
        self.assertEqual(host.book()["decisions"], WARM_UP_BARS - FIRST_DECISION)
        self.assertEqual(host.stop(), 0)
        host.start("--accept-changes")  # there is nothing to accept any more
        self.assertEqual(host.revision(), 2)
        # What only a start changes, only a start takes back.
        self.assertEqual(host.command("revision", "rollback", "--reason", "back").returncode, 3)
        self.assertEqual(host.stop(), 0)
        host.start("--revision", "1")
        self.assertEqual((host.revision(), self.checkpoint_bars(host)), (3, 64))

    def test_what_changes_live_comes_with_an_accepting_start_after_it(self):
        host = self.host("accept_live").start()
        self.assertEqual(host.stop(), 0)
        write_json(self.scenario, scenario([risk_manager(max_weight=0.02)]))
        self.write_host(checkpoint={"bars": 5})
        host.start("--accept-changes")
        wait_until("the rest is applied", lambda: host.revision() == 3)
        self.assertEqual((limit(host.document()), self.checkpoint_bars(host)), (0.02, 5))

    def test_a_new_book_comes_with_an_accepting_start(self):
        host = self.with_three_revisions("new_book")
        book = {"scenario": "demo.json", "set": {"/book/id": "second"}}
        self.write_host(books=[book] + self.document["books"])
        self.assertEqual(host.stop(), 0)
        host.start("--accept-changes")
        # Nothing of it waits for a start: it comes with the rest of the file, right after.
        wait_until("the file is taken", lambda: host.revision() == 4)
        self.assertEqual(sorted(b["book"] for b in host.status()["books"]), ["main", "second"])
        host.post(TEXTS[:WARM_UP_BARS], "second")
        self.assertEqual(host.settled_book("second")["decisions"], WARM_UP_BARS - FIRST_DECISION)
        self.assertEqual(host.settled_book("main")["decisions"], WARM_UP_BARS + 20 - FIRST_DECISION)
        self.assertEqual(host.stop(), 0)
        host.start()
        self.assertEqual(host.settled_book("second")["decisions"], WARM_UP_BARS - FIRST_DECISION)

    def test_what_never_changes_and_a_book_that_is_missing_are_refused_together(self):
        host = self.host("never")
        book = {"scenario": "demo.json", "set": {"/book/id": "second"}}
        self.write_host(books=self.document["books"] + [book])
        host.start()
        self.assertEqual(host.stop(), 0)
        changed = scenario([risk_manager()])
        changed["book"]["initial_cash"] = 5
        write_json(self.scenario, changed)
        self.write_host()
        said = self.refused(host, "--accept-changes")
        self.assertIn("CONFIG_NEVER_CHANGES", said)
        self.assertIn("/books/0/scenario/book/initial_cash", said)
        self.assertIn("CONFIG_BOOK_MISSING", said)
        self.assertIn('"second"', said)


if __name__ == "__main__":
    run_tests("build", "cadre")
