"""Isolated agents of one book share a process: what they share, what they keep, and what one that dies takes along.

Usage: shared_test.py --build BUILD --cadre CADRE
"""

import os
import shutil
import subprocess
import time
import unittest

from walls import BARS, DAY, Journal, Walls, change, document, misbehaving, undisturbed, wait_until, write_json
from test_main import run_tests

arguments = None


def children(process):
    """The processes of agents that this one has."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8") as file:
                head, _, rest = file.read().rpartition(")")
        except OSError:
            continue
        if int(rest.split()[1]) == process and "cadre-agent" in head:
            found.append(int(name))
    return sorted(found)


class Shared(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.hashes, cls.orders = undisturbed(arguments, 60)

    def walls(self, isolation, adjuster=None, **others):
        """The book main with these stages isolated: role to word; "adjuster" among them."""
        adjuster = dict(adjuster or misbehaving("nothing"), isolation=isolation.get("adjuster", "none"))
        walls = Walls(arguments, adjuster)
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        self.isolate(walls, document(adjuster), isolation, **others)
        return walls

    def isolate(self, walls, configuration, isolation, **others):
        chain = configuration["books"][0]["scenario"]["chain"]
        stages = {"momentum": chain["signal_sources"][0], "sizer": chain["position_sizer"], "risk": chain["risk_managers"][0],
                  "rules": chain["execution_rules"], "aggregator": chain["signal_aggregator"],
                  "environment": configuration["books"][0]["scenario"]["execution_environment"]}
        for name, word in isolation.items():
            if name != "adjuster":
                stages[name]["isolation"] = word
        for name, keys in others.items():
            stages[name].update(keys)
        write_json(walls.config, configuration)
        return configuration

    def stage(self, walls, name):
        return next(s for s in walls.book("main")["stages"] if s["stage"] == name)

    def test_agents_of_a_book_share_one_process_and_those_that_are_to_be_alone_have_their_own(self):
        walls = self.walls({"momentum": "process", "sizer": "process", "adjuster": "process", "environment": "process", "risk": "process_alone"})
        walls.host.start()
        self.assertEqual(len(children(walls.host.process.pid)), 2)
        self.assertEqual([self.stage(walls, name)["isolation"] for name in ("momentum", "risk", "execution_rules")], ["process", "process_alone", "none"])
        walls.post("main", 0, 60)
        self.assertEqual(walls.host.settled_book("main")["order_hash"], self.hashes["main"])
        process = walls.host.process.pid
        self.assert_shows_what_they_use(walls)
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(children(process), [])

    def assert_shows_what_they_use(self, walls):
        """Of both processes of main, and of none of other."""
        processes = walls.book("main")["processes"]
        self.assertEqual({tuple(sorted(p["stages"])) for p in processes},
                         {("adjuster", "execution_environment", "momentum", "position_sizer"), ("risk",)})
        self.assertEqual(sorted(p["pid"] for p in processes), children(walls.host.process.pid))
        for each in processes:
            self.assertGreater(each["resident_bytes"], 1 << 20)
            self.assertLess(each["processor_seconds"], 60)
        self.assertEqual(walls.book("other")["processes"], [])
        metrics = walls.within("GET", "/metrics")[1]
        self.assertIn('cadre_agent_processes{book="main"} 2', metrics)
        self.assertIn('cadre_agent_processes{book="other"} 0', metrics)
        for each in processes:
            of_it = rf'\{{book="main",stages="{",".join(each["stages"])}"\}}'
            self.assertRegex(metrics, rf'cadre_agent_resident_bytes{of_it} [1-9]')
            self.assertRegex(metrics, rf'cadre_agent_processor_seconds{of_it} [0-9]')

    def test_a_word_that_is_none_is_refused_with_the_words_there_are(self):
        walls = self.walls({"sizer": "proces"})
        done = subprocess.run([arguments.cadre, "--agents", os.path.join(arguments.build, "agents"), "check", walls.config], capture_output=True, text=True)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, "/chain/position_sizer/isolation: \"proces\" is not one of \"none\", \"process\", \"process_alone\"")

    def test_one_that_comes_later_has_another_process_and_the_others_keep_theirs_with_what_they_know(self):
        walls = self.walls({"momentum": "process", "sizer": "process", "adjuster": "process", "environment": "process"}, misbehaving("nothing", day=79))
        walls.host.start()
        before = children(walls.host.process.pid)
        walls.post("main", 0, 30)
        walls.host.settled_book("main")
        configuration = self.isolate(walls, walls.changed(dict(misbehaving("nothing", version="2.0.0"), isolation="process")),
                                     {"momentum": "process", "sizer": "process", "environment": "process"})
        status, answer = walls.host.ask("POST", "/v1/revisions", change(config=configuration), {"If-Match": '"1"'})
        self.assertEqual(status, 201, answer)
        after = children(walls.host.process.pid)
        self.assertEqual((len(before), len(after)), (1, 2))
        self.assertLess(set(before), set(after))
        # The environment knows the orders that are open: were it a new one, their fills would be missing.
        walls.post("main", 30, 60)
        self.assertEqual(walls.host.settled_book("main")["revision"], 2)
        self.assertEqual(self.orders_of(walls), self.orders["main"])

    def orders_of(self, walls):
        self.assertEqual(walls.host.stop(), 0)
        return Journal(walls.host.journal("main")).orders_without_ids()

    def test_one_that_dies_takes_the_others_along_and_each_says_whose_call_it_was(self):
        for where in ("decide", "observe"):
            with self.subTest(where=where):
                walls = self.walls({"momentum": "process", "sizer": "process", "adjuster": "process"},
                                   misbehaving("fault", where, on_failure="bypass"), momentum={"on_failure": "bypass"})
                walls.host.start()
                walls.post("main", 0, DAY + 3)
                walls.host.settled_book("main")
                adjuster, momentum = self.stage(walls, "adjuster"), self.stage(walls, "momentum")
                self.assertIn("its process is gone: killed by signal 11", str(adjuster["last_failure"]))
                self.assertIn("its process is gone, in a call of \"adjuster\", with which it shares it: killed by signal 11", str(momentum["last_failure"]))
                self.assertGreater(momentum["failures"], 0)
                # Those that were in it by no fault of theirs have a process again, and the one that faulted stays out.
                restarted = wait_until("they are restarted", lambda: {e["stage"] for e in walls.events("agent_restarted")} == {"momentum", "position_sizer"})
                self.assertTrue(restarted)
                self.assertEqual(len(children(walls.host.process.pid)), 2)
                self.assertEqual([bool(self.stage(walls, s)["quarantined"]) for s in ("adjuster", "momentum", "position_sizer")], [True, False, False])
                self.assertEqual(walls.book("main")["state"], "deciding")
                self.assertEqual(self.stage(walls, "risk")["failures"], 0)

    def test_one_that_takes_its_time_to_be_destroyed_holds_up_nobody_in_its_process(self):
        walls = self.walls({"momentum": "process"})
        for version in ("v1", "v1b", "hangs_in_destroy"):
            walls.host.agents.append(os.path.join(arguments.build, "reload_agents", version))

        def managed(version, configuration):
            configuration = self.isolate(walls, configuration, {"momentum": "process"})
            configuration["books"][0]["scenario"]["chain"]["risk_managers"][0] = {
                "name": "risk", "agent": "reload.counting_risk", "version": version, "isolation": "process", "config": {"max_weight": 0.3}}
            return configuration

        write_json(walls.config, managed("1.14.0", document(misbehaving("nothing"))))
        walls.host.start()
        walls.post("main", 0, 30)
        walls.host.settled_book("main")
        shared, = walls.book("main")["processes"]
        self.assertEqual(sorted(shared["stages"]), ["momentum", "risk"])
        for number, version in enumerate(("1.0.0", "1.0.1"), 1):  # with the second one 1.14.0 has to go
            status, answer = walls.host.ask("POST", "/v1/revisions", change(config=managed(version, walls.host.document())), {"If-Match": f'"{number}"'})
            self.assertEqual(status, 201, answer)
        begun = time.monotonic()
        walls.post("main", 30, 50)
        self.assertEqual(walls.host.settled_book("main")["state"], "deciding")
        self.assertLess(time.monotonic() - begun, 3.0)  # it sleeps for four seconds
        self.assertEqual(self.stage(walls, "momentum")["failures"], 0)
        self.assertIn(shared["pid"], children(walls.host.process.pid))

    def test_one_that_is_alone_dies_alone(self):
        walls = self.walls({"momentum": "process", "sizer": "process", "adjuster": "process_alone"}, misbehaving("fault", on_failure="bypass"))
        walls.host.start()
        walls.post("main", 0, DAY + 3)
        walls.host.settled_book("main")
        self.assertGreater(self.stage(walls, "adjuster")["failures"], 0)
        self.assertEqual([self.stage(walls, name)["failures"] for name in ("momentum", "position_sizer")], [0, 0])
        self.assertEqual(len(children(walls.host.process.pid)), 1)

    def test_one_that_hangs_when_all_are_shown_a_bar_is_named_and_no_other(self):
        walls = self.walls({"momentum": "process", "sizer": "process", "adjuster": "process", "risk": "process"}, misbehaving("hang", "observe"))
        walls.host.start()
        walls.post("main", 0, DAY)
        walls.host.ask("POST", "/v1/books/main/bars", BARS[DAY])
        self.assertIn("adjuster (walls.misbehaving 1.0.0) in observe", walls.until_stuck()["reason"])


if __name__ == "__main__":
    run_tests("build", "cadre")
