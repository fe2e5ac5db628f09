"""A change is on trial until it is confirmed: only the books it changed, with guardrails that go back by themselves, and over the death of the host.

Usage: trial_test.py --build BUILD --cadre CADRE
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from journal_file import Journal
from running_host import RunningHost, actor, agent_folders, bars, fresh_folder, risk_manager, scenario, wait_until, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(500)
WARM_UP_BARS = 300
BOOKS = ("main", "second")


class Trial(unittest.TestCase):
    maxDiff = None

    def start(self, name, *variants, **confirm):
        root = fresh_folder(arguments.build, "reload_trial_test", name)
        write_json(os.path.join(root, "demo.json"), scenario([risk_manager()]))
        config = write_json(os.path.join(root, "host.json"),
                            {"name": "host", "watch": {"enabled": False}, "confirm": confirm,
                             "books": [{"scenario": "demo.json", "set": {"/book/id": book}} for book in BOOKS]})
        host = RunningHost(arguments.cadre, root, config, agent_folders(arguments.build, "v1", *variants)).start()
        self.addCleanup(host.end)
        self.at = dict.fromkeys(BOOKS, 0)
        for book in BOOKS:
            self.post(host, WARM_UP_BARS, book)
        return host

    def post(self, host, count, book="main"):
        host.post(TEXTS[self.at[book]:self.at[book] + count], book)
        self.at[book] += count
        host.settled_book(book)

    def set(self, host, limit, book="main", code=0, pointer="/chain/risk_managers/0/config/max_weight"):
        done = host.command("revision", "apply", "--book", book, "--set", f"{pointer}={limit}", "--reason", "test")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def limit(self, host, book="main"):
        return host.document()["books"][BOOKS.index(book)]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"]

    def trials(self, host):
        return {b["book"]: b["trial"] and (b["trial"]["revision"], b["trial"]["decisions"]) for b in host.status()["books"]}

    def commands(self, host, book="main"):
        return [r["kind"] for r in Journal(host.journal(book)).of("command")]

    def until_over(self, host, book="main"):
        wait_until(lambda: f"the trial is over: {host.status()['books']}", lambda: self.trials(host)[book] is None)

    def test_without_a_wish_for_it_there_is_no_trial(self):
        host = self.start("none")
        self.set(host, 0.04)
        self.assertEqual(self.trials(host), {"main": None, "second": None})

    def test_only_the_changed_book_is_on_trial_until_enough_decisions(self):
        host = self.start("decisions", decisions=3)
        self.set(host, 0.04)
        self.assertEqual(self.trials(host), {"main": (2, 0), "second": None})
        self.post(host, 2)
        self.post(host, 5, "second")
        self.assertEqual(self.trials(host), {"main": (2, 2), "second": None})
        self.assertIn("main: revision 2, 2 of 3 decisions", " ".join(host.command("status").stdout.split()))
        self.post(host, 1)
        self.until_over(host)
        self.assertEqual((host.revision(), self.limit(host)), (2, 0.04))
        self.assertEqual(host.stop(), 0)
        self.assertEqual(self.commands(host).count("trial_confirmed"), 1)
        self.assertNotIn("trial_confirmed", self.commands(host, "second"))

    def test_minutes_have_to_go_by_too(self):
        host = self.start("minutes", decisions=1, minutes=100000, longest_minutes=1000000)
        self.set(host, 0.04)
        self.post(host, 3)
        self.assertEqual(self.trials(host)["main"], (2, 1))

    def test_a_failing_agent_takes_its_book_back_and_no_other(self):
        host = self.start("guardrail", "nan_output", decisions=1000)
        self.set(host, '"1.9.0"', pointer="/chain/risk_managers/0/version")
        self.set(host, 0.03, "second")
        self.assertEqual(self.trials(host), {"main": (2, 0), "second": (3, 0)})
        self.post(host, 40)
        wait_until(lambda: f"it went back: {host.status()['revision']} {host.status()['refused']}", lambda: host.revision() == 4)
        revision = host.get("/v1/revisions/4")
        self.assertEqual((revision["actor"], revision["restores"], revision["restores_book"]), ("guardrail", 1, "main"))
        self.assertIn("failed answers of agents", revision["reason"])
        self.assertEqual((host.stage("risk")["version"], self.limit(host, "second")), ("1.0.0", 0.03))
        self.assertEqual(self.trials(host), {"main": None, "second": (3, 0)})
        self.assertEqual(host.stop(), 0)
        self.assertIn("trial_failed", self.commands(host))

    def test_a_book_that_hears_nothing_for_longer_than_its_heartbeat_goes_back(self):
        host = self.start("heartbeat", decisions=1000, heartbeat_s=1)
        self.set(host, 0.04)
        wait_until(lambda: f"it went back: {host.status()['revision']}", lambda: host.revision() == 3)
        self.assertIn("no bar for 1 seconds, the limit is 1", host.get("/v1/revisions/3")["reason"])
        self.assertEqual((self.limit(host), self.trials(host)["main"]), (0.05, None))

    def test_a_person_confirms_a_trial_before_its_time(self):
        host = self.start("confirm", decisions=1000)
        self.set(host, 0.04)
        self.set(host, 0.03, "second")
        done = host.command("revision", "confirm", "--book", "main", "--actor", "anna", "--reason", "seen enough")
        self.assertEqual((done.returncode, done.stdout), (0, "revision 2 is confirmed for book main\n"))
        self.assertEqual(self.trials(host), {"main": None, "second": (3, 0)})
        self.assertEqual((host.revision(), self.limit(host)), (3, 0.04))
        host.kill()
        host.start()
        self.assertEqual(self.trials(host), {"main": None, "second": (3, 0)})
        done = host.command("revision", "confirm", "--reason", "all of it")
        self.assertEqual((done.returncode, self.trials(host)), (0, {"main": None, "second": None}))
        self.assertEqual(host.stop(), 0)
        confirmed = [r for r in Journal(host.journal()).of("command") if r["kind"] == "trial_confirmed"]
        self.assertEqual([(r["actor"], r["reason"]) for r in confirmed], [(actor("anna"), "seen enough")])

    def test_what_is_on_no_trial_cannot_be_confirmed(self):
        host = self.start("confirm_none", decisions=1000)
        self.set(host, 0.04)
        for words, code in ((("--book", "second"), "TRIAL_NONE"), (("--book", "third"), "BOOK_UNKNOWN")):
            done = host.command("revision", "confirm", *words, "--reason", "no")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(code, done.stderr)
        self.assertEqual(self.trials(host), {"main": (2, 0), "second": None})

    def test_a_rollback_by_hand_ends_a_trial(self):
        host = self.start("by_hand", decisions=1000)
        self.set(host, 0.04)
        self.set(host, 0.03, "second")
        self.assertEqual(host.command("revision", "rollback", "--book", "main", "--reason", "no").returncode, 0)
        self.assertEqual(self.trials(host), {"main": None, "second": (3, 0)})
        self.assertEqual(host.command("revision", "rollback", "--reason", "no").returncode, 0)
        self.assertEqual(self.trials(host), {"main": None, "second": None})

    def test_a_change_on_a_trial_goes_back_to_what_was_confirmed(self):
        host = self.start("twice", decisions=1000)
        self.set(host, 0.04)
        self.set(host, 0.03)
        trial = host.book()["trial"]
        self.assertEqual((trial["revision"], trial["confirmed"]), (3, 1))

    def test_a_trial_goes_on_after_a_restart(self):
        host = self.start("restart", decisions=4)
        self.set(host, 0.04)
        self.post(host, 2)
        for _ in range(3):  # a host that is told to end does not die
            self.assertEqual(host.stop(), 0)
            host.start()
        self.assertEqual(self.trials(host), {"main": (2, 2), "second": None})
        self.post(host, 2)
        self.until_over(host)
        self.assertEqual((host.revision(), self.limit(host)), (2, 0.04))

    def test_a_book_whose_trial_failed_and_whose_way_back_is_refused_decides_nothing(self):
        host = self.start("no_way_back", "v2", decisions=100, heartbeat_s=2)
        done = host.command("revision", "apply", "--book", "main", "--set", "/chain/risk_managers/0/version=2.0.0", "--reason", "test")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(host.stop(), 0)  # with it goes the instance from before, and what the new one knows is of a newer schema
        host.start()
        self.until_over(host)
        wait_until("it is halted", lambda: host.book()["state"] == "halted")
        self.assertIn("no bar for 2 seconds", host.book()["reason"])
        self.assertIn("STATE_REFUSED", host.book()["reason"])
        self.assertEqual([r["problems"][0]["code"] for r in host.status()["refused"]], ["STATE_REFUSED"])
        self.assertEqual((host.revision(), host.book("second")["state"]), (2, "deciding"))
        host.kill()
        host.start()
        self.assertEqual(host.book()["state"], "halted")

    def test_a_host_that_dies_once_starts_the_same_and_twice_the_confirmed_one_halted(self):
        host = self.start("dies", decisions=1000)
        self.set(host, 0.04)
        self.set(host, 0.03, "second")
        host.kill()
        host.start()
        self.assertEqual((host.revision(), self.trials(host)), (3, {"main": (2, 0), "second": (3, 0)}))
        self.assertEqual({b["state"] for b in host.status()["books"]}, {"deciding"})
        host.kill()
        host.start()
        host.expect_logged("TRIAL_FAILED")
        self.assertEqual((host.revision(), self.limit(host), self.limit(host, "second")), (4, 0.05, 0.05))
        self.assertEqual({b["state"] for b in host.status()["books"]}, {"halted"})
        self.assertEqual(self.trials(host), {"main": None, "second": None})
        self.assertIn("revision 2 was on trial", host.book()["reason"])
        for book in BOOKS:
            self.assertEqual(host.command("resume", "--book", book, "--reason", "looked").returncode, 0)
            self.post(host, 3, book)
        self.assertEqual(host.stop(), 0)
        for book in BOOKS:
            counted = Journal(host.journal(book)).agent_state("risk")["bytes"]
            self.assertEqual(int.from_bytes(counted[:8], "little"), self.at[book])

    def test_a_start_that_ends_on_its_way_back_leaves_the_way_back_to_the_next_one(self):
        host = self.start("on_its_way", decisions=1000)
        self.set(host, 0.04)
        host.kill()
        host.start()
        host.kill()
        aside = host.journal("second") + ".aside"
        os.rename(host.journal("second"), aside)
        os.mkdir(host.journal("second"))  # no start gets past it
        self.assertEqual(host.spawn().wait(), 3, host.log_text())
        os.rmdir(host.journal("second"))
        os.rename(aside, host.journal("second"))
        host.start()
        self.assertEqual((self.limit(host), self.limit(host, "second")), (0.05, 0.05))
        self.assertEqual([b["state"] for b in host.status()["books"]], ["halted", "deciding"])
        self.assertEqual(host.stop(), 0)

    def test_only_the_book_on_trial_is_halted_after_two_deaths(self):
        host = self.start("one_dies", decisions=2)
        self.set(host, 0.03, "second")
        self.post(host, 2, "second")
        self.until_over(host, "second")
        self.set(host, 0.04)
        for _ in range(2):
            host.kill()
            host.start()
        self.assertEqual((self.limit(host), self.limit(host, "second")), (0.05, 0.03))
        self.assertEqual((host.book("main")["state"], host.book("second")["state"]), ("halted", "deciding"))
        # Confirmed is confirmed: nothing goes back however often it dies.
        for _ in range(3):
            host.kill()
            host.start()
        self.assertEqual(self.limit(host, "second"), 0.03)

    def test_what_is_no_trial_is_refused(self):
        host = self.start("refused")
        document = host.document()
        document["confirm"]["drawdown"] = 2
        status, answer = host.apply(document)
        self.assertEqual((status, answer["problems"][0]["pointer"]), (422, "/confirm/drawdown"))


if __name__ == "__main__":
    run_tests("build", "cadre")
