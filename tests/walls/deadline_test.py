"""An agent states how long a call of it may take, and takes longer: every miss is counted and shown, too many within a hundred bars
end its part in the book, and a host that starts again knows it.

Usage: deadline_test.py --build BUILD --cadre CADRE
"""

import os
import shutil
import unittest

from walls import BARS, DAY, Journal, Walls, change, misbehaving, new_folder, own_copy, undisturbed
from test_main import run_tests

arguments = None
DEADLINE_US = 150_000  # it takes about half a second


class Deadline(unittest.TestCase):
    maxDiff = None

    def walls(self, adjuster, deadline_us=DEADLINE_US):
        root = new_folder("walls")
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        agents = os.path.join(root, "agents")
        own_copy(arguments.build, agents, limits={"deadline_us": deadline_us})
        walls = Walls(arguments, adjuster, root, agents)
        self.addCleanup(walls.host.end)
        walls.host.start()
        return walls

    def adjuster_of(self, walls):
        return next(s for s in walls.book("main")["stages"] if s["stage"] == "adjuster")

    def commands(self, walls):
        return [{"kind": r.fields["kind"], "reason": r.fields["reason"]} for r in Journal(walls.host.journal("main")).of("command")]

    def test_a_miss_is_counted_and_named_and_the_book_goes_on(self):
        walls = self.walls(misbehaving("dawdle"))
        walls.post("main", 0, DAY + 1)
        walls.host.settled_book("main")
        stage = self.adjuster_of(walls)
        self.assertEqual((stage["deadline_us"], stage["deadline_misses"], stage["quarantined"]), (DEADLINE_US, 1, None))
        self.assertEqual(walls.host.ask("GET", "/readyz")[0], 200)
        event, = walls.events("deadline_missed")
        self.assertEqual((event["book"], event["stage"], event["agent"]), ("main", "adjuster", "walls.misbehaving"))
        self.assertRegex(event["what"], r"^decide took \d+ us or more, its deadline is 150000 us$")
        self.assertIn('cadre_agent_deadline_misses_total{book="main",stage="adjuster"} 1', walls.host.ask("GET", "/metrics")[1])
        self.assertIn("adjuster missed its deadline of 150,000 us 1 time", " ".join(walls.host.command("status").stdout.split()))
        self.assertEqual(walls.host.stop(), 0)
        command, = self.commands(walls)
        self.assertEqual(command["kind"], "deadline_missed")
        self.assertRegex(command["reason"], r"^adjuster: decide took \d+ us or more, its deadline is 150000 us$")

    def assert_quarantined(self, walls, misses):
        why = "missed its deadline 3 times within 100 bars"
        stage = self.adjuster_of(walls)
        self.assertIn(why, stage["quarantined"])
        self.assertEqual(stage["deadline_misses"], misses)
        status, body = walls.host.ask("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertIn("main goes on without adjuster, which is called no more: too slow on", str(body))
        self.assertIn('cadre_book_stages_quarantined{book="main"} 1', walls.host.ask("GET", "/metrics")[1])
        self.assertIn("main goes on without adjuster, which is called no more", " ".join(walls.host.command("status").stdout.split()))

    def test_too_many_end_its_part_until_another_version_comes(self):
        hashes, orders = undisturbed(arguments, 60)
        walls = self.walls(misbehaving("dawdle", on_failure="bypass"))
        walls.post("other", 0, 60)
        walls.post("main", 0, DAY + 3)
        walls.host.settled_book("main")
        self.assertEqual(self.adjuster_of(walls)["quarantined"], None)  # between two bars, so that nobody is replaced while called
        walls.post("main", DAY + 3, DAY + 4)
        walls.host.settled_book("main")
        self.assertIn("3 times", str(self.adjuster_of(walls)["quarantined"]))
        misses = self.adjuster_of(walls)["deadline_misses"]
        self.assert_quarantined(walls, misses)
        self.assertEqual(walls.host.settled_book("other")["order_hash"], hashes["other"])
        walls.post("main", DAY + 4, DAY + 8)  # it is called no more, so these are quick
        walls.host.settled_book("main")
        self.assertEqual(self.adjuster_of(walls)["deadline_misses"], misses)

        walls.host.kill()
        walls.start_unready()
        self.assert_quarantined(walls, misses)  # known after a start too

        status, body = walls.host.ask("POST", "/v1/revisions", change(config=walls.changed(misbehaving("nothing", on_failure="bypass"))),
                                      {"If-Match": '"1"'})
        self.assertEqual(status, 201, body)
        self.assertEqual(walls.host.ask("GET", "/readyz")[0], 200)
        self.assertEqual(self.adjuster_of(walls)["quarantined"], None)
        walls.post("main", DAY + 8, 60)
        walls.host.settled_book("main")
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(Journal(walls.host.journal("main")).orders_without_ids(), orders["main"])
        kinds = [c["kind"] for c in self.commands(walls)]
        self.assertEqual(kinds.count("agent_quarantined"), 1)
        self.assertGreaterEqual(kinds.count("deadline_missed"), 3)

    def test_who_is_in_time_misses_nothing(self):
        walls = self.walls(misbehaving("nothing"), deadline_us=2_000_000)
        walls.post("main", 0, 60)
        walls.host.settled_book("main")
        self.assertEqual(self.adjuster_of(walls)["deadline_misses"], 0)
        self.assertEqual(walls.events("deadline_missed"), [])


if __name__ == "__main__":
    run_tests("build", "cadre")
