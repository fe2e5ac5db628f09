"""An agent inside the process does not come back: its book is stuck and named, and nothing else waits for it.

Usage: hang_test.py --build BUILD --cadre CADRE
"""

import json
import shutil
import signal
import time
import unittest

from walls import BARS, DAY, Walls, change, document, misbehaving, undisturbed, wait_until, write_json
from test_main import run_tests

arguments = None


class Hang(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.hashes, cls.orders = undisturbed(arguments, 60)

    def walls(self, adjuster):
        walls = Walls(arguments, adjuster)
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        return walls

    def hang(self, where="decide"):
        """Both books trade until the agent of main does not come back."""
        walls = self.walls(misbehaving("hang", where))
        walls.host.start()
        walls.post("main", 0, DAY)
        walls.post("other", 0, DAY)
        begun = time.monotonic()
        status, answer = walls.host.ask("POST", "/v1/books/main/bars", BARS[DAY])
        self.assertLess(time.monotonic() - begun, 2.0)  # a second for the call, and what a look takes
        self.assertEqual(status, 503, answer)
        self.assertEqual(answer["problems"][0]["code"], "BOOK_STUCK")
        self.assertIn(f"adjuster (walls.misbehaving 1.0.0) in {where}", answer["detail"])
        return walls

    def assert_everything_answers(self, walls):
        """But for what needs the stuck book, which is refused with its name."""
        named = "adjuster (walls.misbehaving 1.0.0)"
        status, body = walls.within("GET", "/v1/status")
        self.assertEqual((status, body["ready"]), (200, False))
        main = next(b for b in body["books"] if b["book"] == "main")
        self.assertEqual(main["state"], "stuck")
        self.assertIn(named, main["reason"])
        self.assertIn("of book main has not come back since", main["reason"])
        self.assertEqual(next(b for b in body["books"] if b["book"] == "other")["state"], "deciding")
        self.assertEqual(walls.within("GET", "/healthz")[0], 200)
        status, why = walls.within("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertIn(named, str(why))
        metrics = walls.within("GET", "/metrics")[1]
        self.assertIn('cadre_book_state{book="main",state="stuck"} 1', metrics)
        self.assertRegex(metrics, r'cadre_book_stuck_seconds\{book="main"\} [1-9]')
        self.assertIn('cadre_book_stuck_seconds{book="other"} 0', metrics)
        for target in ("/v1/revisions", "/v1/experiments", "/v1/quarantine", "/v1/books/other/portfolio", "/v1/books/other/orders"):
            self.assertEqual(walls.within("GET", target)[0], 200)
        for target in ("/v1/books/main/portfolio", "/v1/books/main/orders", "/v1/books/main/decisions"):
            status, body = walls.within("GET", target)
            self.assertEqual(status, 503)
            self.assertIn(named, body["detail"])
        status, body = walls.within("POST", "/v1/books/main/bars", BARS[DAY + 1])
        self.assertEqual(status, 503)
        self.assertIn(named, body["detail"])
        signal_text = '{"instrument": "GE", "direction": 1, "strength": 1, "confidence": 1, "horizon": 5}'
        self.assertIn(walls.within("POST", "/v1/books/main/signals", signal_text)[0], (422, 503))
        revision = {"If-Match": '"1"'}
        for target, headers, members in (("/v1/revisions", revision, {"config": walls.changed(misbehaving("nothing"))}),
                                         ("/v1/revisions:rollback", revision, {})):
            status, body = walls.within("POST", target, change(**members), headers)
            self.assertIn(status, (409, 422), body)
        self.assertEqual(walls.within("GET", "/v1/status")[1]["revision"]["number"], 1)

    def test_a_change_of_the_other_book_does_not_wait_for_it(self):
        walls = self.hang()
        document = walls.host.document()
        document["books"][1]["scenario"]["chain"]["constraints"]["max_weight"] = 0.5
        status, answer = walls.within("POST", "/v1/revisions", change(config=document), {"If-Match": '"1"'})
        self.assertEqual(status, 201, answer)
        walls.post("other", DAY, DAY + 5)
        self.assertEqual((walls.book("other")["revision"], walls.book("main")["revision"]), (2, 1))
        document["books"][0]["scenario"]["chain"]["constraints"]["max_weight"] = 0.5
        status, answer = walls.within("POST", "/v1/revisions", change(config=document), {"If-Match": '"2"'})
        self.assertEqual((status, answer["problems"][0]["code"]), (422, "BOOK_STUCK"))
        self.assertEqual(walls.host.stop(), 5)
        walls.start_unready()
        status = walls.host.status()
        self.assertEqual((status["revision"]["number"], [b["revision"] for b in status["books"]]), (2, [1, 2]))
        limits = [b["scenario"]["chain"]["constraints"]["max_weight"] for b in walls.host.document()["books"]]
        self.assertEqual(limits, [1.0, 0.5])

    def test_in_a_decision_it_is_named_and_nothing_else_waits(self):
        walls = self.hang()
        self.assert_everything_answers(walls)
        event, = walls.events("stuck")
        self.assertEqual((event["book"], event["stage"], event["agent"], event["call"]),
                         ("main", "adjuster", "walls.misbehaving", "decide"))
        walls.host.expect_logged("book_stuck")
        shown = " ".join(walls.host.command("status").stdout.split())
        self.assertIn("main is stuck: adjuster (walls.misbehaving 1.0.0) in decide at event", shown)
        begun = time.monotonic()
        walls.post("other", DAY, 60)
        self.assertLess(time.monotonic() - begun, 20.0)
        self.assertEqual(walls.host.settled_book("other")["order_hash"], self.hashes["other"])

    def test_in_observe_it_is_named_and_a_change_names_it_too(self):
        walls = self.hang("observe")
        self.assert_everything_answers(walls)
        status, answer = walls.within("POST", "/v1/revisions", change(config=walls.changed(misbehaving("nothing"))), {"If-Match": '"1"'})
        self.assertEqual(status, 422)
        self.assertEqual(answer["problems"][0]["code"], "BOOK_STUCK")
        self.assertIn("in observe", answer["problems"][0]["message"])

    def test_a_halt_of_it_holds_after_a_kill_and_the_kill_blames_nobody(self):
        walls = self.hang()
        for body in (change("it hangs", book="main"), change("both"), change("the other", book="other")):
            status, answer = walls.within("POST", "/v1/halt", body)
            self.assertEqual(status, 200, answer)
        status, answer = walls.within("POST", "/v1/halt", change("the last", book="main", cancel_orders=True))
        self.assertEqual((status, answer["number"], answer["halted"]), (200, 4, ["main"]))
        self.assertIn("adjuster", answer["waiting"][0]["why"])
        self.assertTrue(walls.book("main")["halt_is_due"])
        self.assertEqual(walls.book("other")["state"], "halted")
        said = walls.host.command("halt", "--book", "main", "--reason", "once more")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("main is stuck: no order leaves it", said.stdout)
        walls.host.kill()
        walls.start_unready()
        main = walls.book("main")
        self.assertEqual((main["state"], main["halt_number"], main["halt_is_due"]), ("halted", 5, False))
        self.assertIn("once more", main["reason"])
        self.assertEqual(walls.host.status()["quarantine"], [])
        self.assertTrue(walls.host.is_only_halted())
        self.assertEqual(walls.within("POST", "/v1/resume", change(book="other"))[0], 200)
        walls.post("main", DAY, 60)  # halted, it does not decide on that day
        walls.post("other", DAY, 60)
        walls.host.settled_book("main"), walls.host.settled_book("other")
        self.assertEqual(walls.host.stop(), 0)

    def test_fifty_clients_that_wait_for_it_use_nothing_up(self):
        walls = self.walls(misbehaving("hang"))
        walls.host.start()
        walls.post("main", 0, DAY)
        walls.post("other", 0, DAY)
        left = [walls.post_and_go("main", BARS[DAY]) for _ in range(50)]
        self.addCleanup(lambda: [each.close() for each in left])
        walls.until_stuck()
        waiting = [walls.post_and_go("main", BARS[DAY + 1]) for _ in range(50)]
        self.assertEqual({each.getresponse().status for each in waiting}, {503})
        self.assert_everything_answers(walls)
        for body in (change(book="main"), change(book="other"), change()):
            self.assertEqual(walls.within("POST", "/v1/halt", body)[0], 200)
        self.assertEqual(walls.within("POST", "/v1/resume", change(book="other"))[0], 200)
        walls.post("other", DAY, 60)
        self.assertEqual({each.getresponse().status for each in left}, {503})
        for each in left + waiting:
            each.close()

    def test_a_stop_ends_it_with_code_5_names_the_agent_and_the_next_start_leaves_it_out(self):
        walls = self.hang()
        walls.post("other", DAY, DAY + 3)
        begun = time.monotonic()
        self.assertEqual(walls.host.stop(), 5)
        self.assertLess(time.monotonic() - begun, 3.0)
        log = walls.host.log_text()
        self.assertIn("BOOK_STUCK", log)
        self.assertIn("adjuster (walls.misbehaving 1.0.0) in decide", log)
        walls.start_unready()
        self.assertEqual(walls.host.status()["last_run"]["end"], "abandoned")
        held, = walls.host.status()["quarantine"]
        self.assertEqual((held["agent"], held["call"]), ("walls.misbehaving", "decide"))
        self.assertNotIn("AGENT_SUSPECT", walls.host.log_text(), "nothing is held against it, and it is held")
        self.assertIn("it had not come back since", held["why"])
        self.assertEqual(walls.book("main")["state"], "halted")
        walls.post("main", DAY, DAY + 5)
        walls.post("other", DAY + 3, 60)
        self.assertEqual(walls.host.settled_book("other")["order_hash"], self.hashes["other"])
        self.assertEqual(walls.host.stop(), 0)

    def test_one_that_comes_back_is_unstuck_and_has_taken_its_bar_and_its_halt(self):
        walls = self.walls(misbehaving("linger"))
        walls.host.start()
        walls.post("main", 0, DAY)
        connection = walls.post_and_go("main", BARS[DAY])
        walls.until_stuck()
        self.assertEqual(connection.getresponse().status, 503)
        connection.close()
        status, answer = walls.within("POST", "/v1/halt", change("no more", book="main"))
        self.assertEqual(status, 200, answer)
        wait_until("it comes back", lambda: walls.book("main")["state"] == "halted")
        self.assertEqual(len(walls.events("unstuck")), 1)
        status, answer = walls.host.ask("POST", "/v1/books/main/bars", BARS[DAY])
        self.assertEqual((status, answer["duplicates"]), (202, 1))
        main = walls.host.settled_book("main")
        self.assertEqual((main["halt_number"], main["open_orders"]), (1, 0))
        self.assertTrue(walls.host.is_only_halted())
        self.assertEqual(walls.host.stop(), 0)

    def test_one_that_hangs_while_it_is_made_holds_up_changes_and_nothing_else(self):
        walls = self.walls(misbehaving("nothing"))
        walls.host.start()
        walls.post("main", 0, 30)
        body = change(config=walls.changed(misbehaving("hang", "init")))
        hanging = walls.host.connection()
        hanging.request("POST", "/v1/revisions", json.dumps(body), {"Content-Type": "application/json", "If-Match": '"1"'})
        wait_until("it is named", lambda: walls.host.ask_for("/v1/status")["hanging"])
        self.assertIn("in init", walls.within("GET", "/v1/status")[1]["hanging"][0])
        self.assertEqual(len(walls.events("agent_hangs")), 1)
        status, answer = walls.within("POST", "/v1/revisions:rollback", change(), {"If-Match": '"1"'})
        self.assertEqual(status, 409, answer)
        self.assertEqual(answer["problems"][0]["code"], "CHANGE_HANGS")
        self.assertEqual(walls.within("POST", "/v1/halt", change())[0], 200)
        self.assertEqual(walls.within("POST", "/v1/resume", change())[0], 200)
        walls.post("main", 30, 60)
        self.assertEqual(walls.within("GET", "/readyz")[0], 200)
        begun = time.monotonic()
        self.assertEqual(walls.host.stop(), 5)
        self.assertLess(time.monotonic() - begun, 3.0)
        hanging.close()
        walls.host.start()
        self.assertEqual(walls.host.revision(), 1)
        self.assertEqual(walls.host.settled_book("main")["state"], "deciding")
        self.assertEqual(walls.host.stop(), 0)

    def test_a_start_that_hangs_is_named_and_can_be_stopped(self):
        walls = self.walls(misbehaving("hang", "init"))
        walls.host.spawn()
        wait_until("it is named", lambda: "agent_hangs" in walls.host.log_text())
        walls.host.expect_logged("adjuster (walls.misbehaving 1.0.0) in init")
        begun = time.monotonic()
        self.assertEqual(walls.host.stop(), 5)
        self.assertLess(time.monotonic() - begun, 3.0)
        walls.host.expect_logged("told to stop while it was starting")

    def test_a_look_at_the_files_that_hangs_is_in_the_way_of_no_signal(self):
        walls = self.walls(misbehaving("nothing"))
        walls.host.start()
        write_json(walls.config, document(misbehaving("hang", "init")))
        walls.host.process.send_signal(signal.SIGHUP)
        wait_until("it is named", lambda: walls.host.ask_for("/v1/status")["hanging"])
        walls.host.process.send_signal(signal.SIGHUP)
        self.assertEqual(walls.within("GET", "/readyz")[0], 200)
        begun = time.monotonic()
        self.assertEqual(walls.host.stop(), 5)
        self.assertLess(time.monotonic() - begun, 3.0)


if __name__ == "__main__":
    run_tests("build", "cadre")
