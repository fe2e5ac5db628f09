"""An agent that can be called no more gets a fresh instance by `cadre agent restart`, as if it had been there all along.

Usage: restart_test.py --build BUILD --cadre CADRE
"""

import os
import random
import resource
import shutil
import signal
import struct
import threading
import time
import unittest

from walls import BARS, DAY, Journal, Walls, change, misbehaving, undisturbed, wait_until
from running_host import actor
from test_main import run_tests

arguments = None
CHECKPOINT = 16  # bars


def learned_in(walls):
    """What the agent of main had learned at the end: the number of bars it saw, and a digest of all that they showed."""
    return struct.unpack_from("<QQ", Journal(walls.host.journal("main")).agent_state("adjuster")["bytes"])


def process_of(walls, stage):
    """The pid of the process that the agent of a stage of main runs in."""
    return next(p["pid"] for p in walls.book("main")["processes"] if stage in p["stages"])


class Restart(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        _, cls.orders = undisturbed(arguments, 60)
        walls = Walls(arguments, misbehaving("nothing"))
        walls.host.start()
        walls.post("main", 0, 60)
        walls.host.settled_book("main")
        assert walls.host.stop() == 0
        cls.learned = learned_in(walls)
        shutil.rmtree(walls.root)

    def walls(self, isolation, does="abort", where="decide", on_error="quarantine", limits=None):
        walls = Walls(arguments, {**misbehaving(does, where, on_failure="bypass", on_error=on_error), "isolation": isolation},
                      limits=limits, checkpoint={"bars": CHECKPOINT})
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        walls.host.start()
        for book in ("main", "other"):
            walls.post(book, 0, DAY + 2)
            walls.host.settled_book(book)
        return walls

    def adjuster_of(self, walls):
        return next(s for s in walls.book("main")["stages"] if s["stage"] == "adjuster")

    def restart(self, walls, name="main/adjuster"):
        return walls.host.command("agent", "restart", name, "--actor", "anna", "--reason", "it was out of memory")

    def test_a_dead_process_is_named_and_a_fresh_one_knows_all_that_was_shown_to_it(self):
        walls = self.walls("process_alone")
        self.assertIn("killed by signal 6", self.adjuster_of(walls)["quarantined"])
        self.assertEqual(walls.host.ask("GET", "/readyz")[0], 503)
        done = self.restart(walls)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("main/adjuster has a fresh instance", done.stdout)
        self.assertEqual(self.adjuster_of(walls)["quarantined"], None)
        self.assertEqual(walls.host.ask("GET", "/readyz")[0], 200)
        event, = walls.events("agent_restarted")
        self.assertEqual((event["book"], event["stage"], event["actor"]), ("main", "adjuster", actor("anna")))
        for book in ("main", "other"):
            walls.post(book, DAY + 2, 60)
            walls.host.settled_book(book)
        self.assertEqual(walls.host.stop(), 0)
        for book in ("main", "other"):
            self.assertEqual(Journal(walls.host.journal(book)).orders_without_ids(), self.orders[book])
        kinds = [r.fields["kind"] for r in Journal(walls.host.journal("main")).of("command")]
        self.assertEqual(kinds, ["agent_quarantined", "agent_restarted"])
        self.assertEqual(learned_in(walls), self.learned)

    def test_it_is_the_same_after_a_kill(self):
        walls = self.walls("process_alone")
        self.assertEqual(self.restart(walls).returncode, 0)
        walls.post("main", DAY + 2, 55)
        walls.host.settled_book("main")
        walls.host.kill()
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls)["quarantined"], None)
        walls.post("main", 55, 60)
        walls.host.settled_book("main")
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(Journal(walls.host.journal("main")).orders_without_ids(), self.orders["main"])
        self.assertEqual(learned_in(walls), self.learned)

    def test_a_kill_at_any_moment_of_a_restart_loses_nothing(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        moments = random.Random(seed)
        for _ in range(8):
            walls = self.walls("process_alone")
            restart = threading.Thread(target=self.restart, args=(walls,))
            restart.start()
            time.sleep(moments.uniform(0, 0.15))  # the moment, not a wait for anything
            walls.host.kill()
            restart.join()
            walls.start_unready()  # it lacks the agent where the restart had not come to its end
            was_out = bool(self.adjuster_of(walls)["quarantined"])
            if was_out:
                done = self.restart(walls)
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.adjuster_of(walls)["quarantined"], None)
            walls.post("main", DAY + 2, 60)
            walls.host.settled_book("main")
            self.assertEqual(walls.host.stop(), 0)
            self.assertEqual(Journal(walls.host.journal("main")).orders_without_ids(), self.orders["main"])
            # A host that starts again without it has not shown it what came since.
            if not was_out:
                self.assertEqual(learned_in(walls), self.learned)

    def test_one_that_was_out_for_several_checkpoints_has_missed_nothing_either(self):
        walls = self.walls("process_alone")
        walls.post("main", DAY + 2, DAY + 2 + CHECKPOINT)
        walls.host.settled_book("main")
        self.assertEqual(self.restart(walls).returncode, 0)
        walls.post("main", DAY + 2 + CHECKPOINT, 60)
        walls.host.settled_book("main")
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(learned_in(walls), self.learned)

    def test_one_that_fails_again_over_what_happened_since_is_refused_and_its_book_goes_on(self):
        walls = self.walls("process_alone", where="observe")
        done = self.restart(walls)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("[AGENT_FAILED_AGAIN]", done.stderr)
        self.assertIn("killed by signal 6", self.adjuster_of(walls)["quarantined"])
        walls.post("main", DAY + 2, 60)
        walls.host.settled_book("main")
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(Journal(walls.host.journal("main")).orders_without_ids(), self.orders["main"])

    def test_one_whose_stage_resets_is_restarted_by_the_host(self):
        walls = self.walls("process_alone", on_error="reset")
        event, = wait_until("it is restarted", lambda: walls.events("agent_restarted"))
        self.assertEqual((event["book"], event["stage"], event["actor"]), ("main", "adjuster", "host"))
        self.assertIn("killed by signal 6", event["reason"])
        lost, = walls.events("agent_quarantined")
        self.assertEqual((lost["stage"], lost["process_is_gone"], lost["restarts"]), ("adjuster", True, True))
        self.assertEqual(self.adjuster_of(walls)["quarantined"], None)
        self.assertEqual(walls.host.ask("GET", "/readyz")[0], 200)
        walls.post("main", DAY + 2, 60)
        walls.host.settled_book("main")
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(Journal(walls.host.journal("main")).orders_without_ids(), self.orders["main"])
        self.assertEqual(learned_in(walls), self.learned)

    def test_one_that_is_lost_three_times_stays_for_a_person(self):
        walls = self.walls("process_alone", does="nothing", on_error="reset")
        at = DAY + 2
        for loss in range(3):
            os.kill(process_of(walls, "adjuster"), signal.SIGKILL)
            walls.post("main", at, at + 1)
            walls.host.settled_book("main")
            at += 1
            if loss < 2:
                wait_until("it is restarted", lambda: len(walls.events("agent_restarted")) == loss + 1)
        event, = wait_until("it stays out", lambda: walls.events("agent_not_restarted"))
        self.assertIn("3 times within 100 bars", event["why"])
        adjuster = self.adjuster_of(walls)
        self.assertIn("killed by signal 9", adjuster["quarantined"])
        self.assertEqual(adjuster["not_restarted"], event["why"])
        status, body = walls.host.ask("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertIn("it was not restarted: " + event["why"], body["detail"])
        self.assertIn("it was not restarted: " + event["why"], " ".join(walls.host.command("status").stdout.split()))
        self.assertIn("`cadre agent restart main/adjuster --reason ...`", str(walls.host.status()["next_steps"]))
        self.assertEqual(self.restart(walls).returncode, 0)
        self.assertEqual(walls.host.ask("GET", "/readyz")[0], 200)
        self.assertEqual(self.adjuster_of(walls)["not_restarted"], None)
        self.assertEqual(walls.host.stop(), 0)

    def changed_to(self, walls, adjuster):
        status, answer = walls.host.ask("POST", "/v1/revisions", change(config=walls.changed(adjuster)), {"If-Match": f'"{walls.host.revision()}"'})
        self.assertEqual(status, 201, answer)

    def test_a_way_back_to_one_whose_process_is_gone_makes_it_anew(self):
        walls = self.walls("process_alone", does="nothing")
        before = process_of(walls, "adjuster")
        mended = {**misbehaving("nothing", version="2.0.0", on_failure="bypass"), "isolation": "process_alone"}
        self.changed_to(walls, mended)
        os.kill(before, signal.SIGKILL)  # of the one that went on observing
        walls.post("main", DAY + 2, DAY + 4)
        self.assertEqual(walls.host.roll_back()[0], 201)
        walls.post("main", DAY + 4, 60)
        walls.host.settled_book("main")
        stage = self.adjuster_of(walls)
        self.assertEqual((stage["version"], stage["failures"], stage["quarantined"]), ("1.0.0", 0, None), stage)
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(learned_in(walls), self.learned)

    def test_a_way_back_to_one_that_is_called_no_more_makes_it_anew_and_so_does_a_start(self):
        walls = self.walls("process_alone")
        mended = {**misbehaving("nothing", version="2.0.0", on_failure="bypass"), "isolation": "process_alone", "state": "reset"}
        self.changed_to(walls, mended)
        walls.post("main", DAY + 2, DAY + 4)
        self.assertEqual(walls.host.roll_back()[0], 201)
        for again in ("rolled back", "started again"):
            with self.subTest(again):
                self.assertEqual(self.adjuster_of(walls)["quarantined"], None)
                self.assertEqual(walls.host.ask("GET", "/readyz")[0], 200)
            walls.host.kill()
            walls.start_unready()
        self.assertEqual(walls.host.stop(), 0)

    def test_one_that_the_journal_cannot_keep_is_not_said_to_be_there(self):
        walls = self.walls("none", does="nothing", limits=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        walls.post("main", DAY + 2, 600)  # a journal larger than the shared memory, which the limit is for too
        walls.host.settled_book("main")
        room = os.path.getsize(walls.host.journal("main")) + 10
        resource.prlimit(walls.host.process.pid, resource.RLIMIT_FSIZE, (room, room))
        for again in ("while it is found out", "afterwards"):
            with self.subTest(again):
                done = self.restart(walls)
                self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
                self.assertIn("File too large", done.stderr)
                self.assertIn("[BOOK_STOPPED]", done.stderr)
        self.assertEqual(walls.events("agent_restarted"), [])
        self.assertEqual((walls.book("main")["state"], walls.book("other")["state"]), ("stopped", "deciding"))

    def test_its_host_says_how_it_comes_back(self):
        walls = self.walls("process_alone")
        self.assertIn("`cadre agent restart main/adjuster --reason ...`", " ".join(walls.host.command("status").stdout.split()))

    def test_one_that_does_not_answer_holds_up_neither_its_restart_nor_its_book(self):
        walls = self.walls("process_alone", does="nothing")
        os.kill(process_of(walls, "adjuster"), signal.SIGSTOP)
        begun = time.monotonic()
        done = self.restart(walls)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(time.monotonic() - begun, 5)  # an answer may take ten seconds
        self.assertIn("misbehaving", walls.host.status()["retained"][0]["library"])
        walls.post("main", DAY + 2, 60)
        walls.host.settled_book("main")
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(Journal(walls.host.journal("main")).orders_without_ids(), self.orders["main"])

    def test_one_that_hung_until_it_was_lost_is_restarted_although_its_book_was_stuck(self):
        walls = self.walls("process_alone", does="nothing", on_error="reset")
        os.kill(process_of(walls, "adjuster"), signal.SIGSTOP)
        self.addCleanup(walls.post_and_go("main", BARS[DAY + 2]).close)
        walls.until_stuck()
        event, = wait_until("it is restarted", lambda: walls.events("agent_restarted"))
        self.assertIn("it gave no answer in 10 seconds", event["reason"])
        self.assertEqual(walls.events("agent_not_restarted"), [])
        wait_until("it goes on", lambda: walls.book("main")["state"] == "deciding")

    def test_one_that_hangs_while_it_is_restarted_holds_up_no_end_of_its_host(self):
        walls = Walls(arguments, {**misbehaving("hang", "observe", on_failure="bypass", on_error="reset"), "isolation": "process_alone"})
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        walls.host.start()
        walls.post("main", 0, DAY)
        self.addCleanup(walls.post_and_go("main", BARS[DAY]).close)
        wait_until("it is lost", lambda: walls.events("agent_quarantined"))
        wait_until("it hangs again, over what it is shown", lambda: walls.book("main")["state"] != "stuck" and walls.host.status()["hanging"])
        begun = time.monotonic()
        self.assertEqual(walls.host.stop(), 5, walls.host.log_text())
        self.assertLess(time.monotonic() - begun, 4)  # an answer may take ten seconds
        walls.host.expect_logged("adjuster")

    def test_what_ends_a_group_of_processes_ends_no_agent_before_its_host(self):
        walls = self.walls("process_alone", does="nothing")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            os.kill(process_of(walls, "adjuster"), number)
        walls.post("main", DAY + 2, 60)
        walls.host.settled_book("main")
        self.assertEqual((self.adjuster_of(walls)["failures"], walls.events("agent_quarantined")), (0, []))
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(learned_in(walls), self.learned)

    def test_one_that_was_lost_and_not_back_when_its_host_ended_is_restarted_by_the_next_one(self):
        walls = self.walls("process_alone", does="nothing", on_error="reset")
        for loss in range(3):  # the third time it is not brought back
            os.kill(process_of(walls, "adjuster"), signal.SIGKILL)
            walls.post("main", DAY + 2 + loss, DAY + 3 + loss)
            wait_until("it is restarted, or stays out",
                       lambda: len(walls.events("agent_restarted")) + len(walls.events("agent_not_restarted")) == loss + 1)
        self.assertIn("killed by signal 9", self.adjuster_of(walls)["quarantined"])
        failed = self.adjuster_of(walls)["failures"]
        walls.host.kill()
        walls.start_unready()
        event, = wait_until("it is restarted", lambda: walls.events("agent_restarted"))
        self.assertEqual((event["stage"], event["actor"]), ("adjuster", "host"))
        wait_until("it is ready", lambda: walls.host.ask("GET", "/readyz")[0] == 200)
        walls.post("main", DAY + 5, 60)
        walls.host.settled_book("main")
        # The decisions that it had failed at before are known after the start too, and nothing has come to them.
        known = self.adjuster_of(walls)["failures"]
        self.assertTrue(0 < known <= failed, (known, failed))
        self.assertEqual(walls.host.stop(), 0)

    def test_a_book_with_a_dead_process_still_takes_checkpoints(self):
        walls = self.walls("process_alone")
        walls.post("main", DAY + 2, 60)
        walls.host.settled_book("main")
        self.assertNotIn("checkpoint_failed", walls.host.log_text())
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(learned_in(walls)[0], DAY // CHECKPOINT * CHECKPOINT)

    def test_a_checkpoint_that_fails_is_in_status_until_one_is_taken(self):
        walls = self.walls("none", does="save_nothing")
        self.assertEqual(walls.book("main")["checkpoint_failed"], "adjuster: saving its state failed: there is no room")
        self.assertEqual(walls.book("other")["checkpoint_failed"], "")
        self.assertIn("main takes no checkpoints, and a start begins at the last one: adjuster: saving its state failed: there is no room",
                      " ".join(walls.host.command("status").stdout.split()))
        status, answer = walls.host.ask("POST", "/v1/revisions", change(config=walls.changed(misbehaving("nothing", version="2.0.0"))), {"If-Match": '"1"'})
        self.assertEqual(status, 422, answer)  # it would hand over a state that cannot be had
        mended = {**misbehaving("nothing", version="2.0.0"), "state": "reset"}
        status, answer = walls.host.ask("POST", "/v1/revisions", change(config=walls.changed(mended)), {"If-Match": '"1"'})
        self.assertEqual(status, 201, answer)
        self.assertEqual(walls.book("main")["checkpoint_failed"], "")

    def test_a_book_without_any_checkpoint_refuses_what_begins_at_one_and_goes_on(self):
        walls = self.walls("none", does="save_nothing")
        walls.host.kill()
        walls.host.start()
        self.assertIn("there is no room", walls.book("main")["checkpoint_failed"])
        done = self.restart(walls)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("[BOOK_WITHOUT_CHECKPOINT]", done.stderr)
        mended = {**misbehaving("nothing", version="2.0.0"), "state": "reset"}
        status, answer = walls.host.ask("POST", "/v1/revisions:validate", change(config=walls.changed(mended)))
        self.assertEqual(status, 200, answer)
        self.assertEqual([p["code"] for p in answer["preview"][0]["problems"]], ["BOOK_WITHOUT_CHECKPOINT"])
        walls.post("main", DAY + 2, 60)
        walls.host.settled_book("main")
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(Journal(walls.host.journal("main")).orders_without_ids(), self.orders["main"])

    def test_what_cannot_be_restarted_is_refused_with_the_next_step(self):
        walls = self.walls("process_alone", does="nothing")
        for name, code, said in (("adjuster", 3, "[AGENT_NOT_NAMED]"), ("main/", 3, "[AGENT_NOT_NAMED]"), ("/adjuster", 3, "[AGENT_NOT_NAMED]"), ("main/nobody", 3, "it has "), ("nobody/adjuster", 3, "[BOOK_UNKNOWN]"),
                                 ("main/execution_environment", 3, "[ENVIRONMENT_RESTART]")):
            with self.subTest(name):
                done = self.restart(walls, name)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(said, done.stderr)
        self.assertEqual(self.restart(walls).returncode, 0)  # one that does well may be restarted too


if __name__ == "__main__":
    run_tests("build", "cadre")
