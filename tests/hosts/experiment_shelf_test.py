"""What a shadow experiment said of itself outlives the host that ran it: its results stay readable, and nobody is left to think that it still compares.

Usage: experiment_shelf_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import subprocess
import unittest

from running_host import RunningHost, bars, new_folder
from test_main import run_tests

arguments = None
PERIODS = 40


class ExperimentShelf(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.root = new_folder("shelf")
        self.addCleanup(shutil.rmtree, self.root)
        desk = os.path.join(self.root, "desk")
        subprocess.run([arguments.cadre, "init", desk], check=True, capture_output=True)
        self.host = RunningHost(arguments.cadre, self.root, os.path.join(desk, "host.json"), [os.path.join(arguments.build, "agents")])
        self.addCleanup(self.host.end)
        self.host.start()
        self.bars = bars(300 + PERIODS)
        self.host.post(self.bars[:300])
        self.host.settled_book()
        status, body = self.host.ask("POST", "/v1/experiments", json.dumps(
            {"actor": "anna", "reason": "smaller", "book": "main", "origin": "experiment.json",
             "experiment": {"name": "smaller", "candidate": {"set": {"/chain/position_sizer/config/max_position_size": 0.05}}}}))
        self.assertEqual(status, 201, body)

    def trade_on(self):
        self.host.post(self.bars[300:])
        self.host.settled_book()
        # The answer is as of all that the arms have heard.
        self.assertIn(self.results()["periods"], (PERIODS - 1, PERIODS))

    def only(self):
        experiment, = self.host.ask_for("/v1/experiments")
        return experiment

    def results(self):
        return self.host.ask_for("/v1/experiments/smaller/results")

    def shelf(self):
        folder = os.path.join(self.host.state, "experiments")
        return [os.path.join(folder, name) for name in os.listdir(folder)]

    def test_results_stay_readable_after_the_host_was_stopped(self):
        self.trade_on()
        before = self.results()
        self.assertEqual(self.host.stop(), 0)
        self.host.start()
        after = self.results()
        for name in ("name", "book", "since", "periods", "verdict", "comparison", "decisions", "differing_decisions", "order_hashes"):
            self.assertEqual(after[name], before[name], name)
        self.assertEqual((after["state"], after["reason"]), ("ended", "the host stopped"))
        self.assertIn("<html", after["page"])
        self.assertEqual(self.only()["state"], "ended")
        self.assertIn("smaller", self.host.command("status").stdout)
        self.assertEqual(self.host.command("status").returncode, 0)

    def test_one_whose_host_was_killed_says_that_it_ended_with_it(self):
        self.trade_on()
        self.host.kill()
        self.host.start()
        self.assertEqual((self.only()["state"], self.only()["reason"]), ("ended", "the host that ran it ended; start it again to go on comparing"))
        self.assertIn("experiment_lost", self.host.log_text())
        self.assertEqual(self.host.stop(), 0)
        self.host.start()
        self.assertNotIn("experiment_lost", self.host.log_text(), "it is said once, by the next host")
        again = self.host.command("experiment", "status")
        self.assertIn("ended", again.stdout)

    def test_one_of_the_same_name_takes_its_place(self):
        self.assertEqual(self.host.stop(), 0)
        self.host.start()
        self.assertEqual(self.only()["state"], "ended")
        status, body = self.host.ask("POST", "/v1/experiments", json.dumps(
            {"actor": "anna", "reason": "again", "book": "main", "origin": "experiment.json",
             "experiment": {"name": "smaller", "candidate": {"set": {"/chain/position_sizer/config/max_position_size": 0.02}}}}))
        self.assertEqual(status, 201, body)
        self.assertEqual(self.only()["state"], "running")
        self.assertEqual(len(self.shelf()), 1)

    def test_a_file_that_no_host_wrote_is_named_and_holds_nothing_up(self):
        self.assertEqual(self.host.stop(), 0)
        kept, = self.shelf()
        for text in ("", "{", "[]", '{"name": "another"}', '{"name": 7}'):
            with open(kept, "w", encoding="utf-8") as file:
                file.write(text)
            self.host.start()
            self.assertEqual(self.host.ask_for("/v1/experiments"), [], text)
            self.assertIn(f"{kept}: warning: this is not what a host wrote of an experiment", self.host.log_text())
            self.assertEqual(self.host.stop(), 0)


if __name__ == "__main__":
    run_tests("build", "cadre")
