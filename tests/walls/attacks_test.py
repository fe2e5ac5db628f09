"""What an isolated agent that means harm can do: end its own process, and nothing else.

Usage: attacks_test.py BUILD. attacker.c tries; the host goes on, its files and its environment stay its own, and no call takes longer than its deadline.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.abspath(sys.argv[1])
WALLS = os.path.join(BUILD, "test_agents_walls")
SECONDS_MAX = 10  # of one call
(LOOPS, NEVER_ANSWERS, HUGE_LENGTH, HANGS_UP, ANSWERS_TWICE, HUGE_COUNT, FAULTS, OTHER_ARCHITECTURE, WRITES_REQUESTS, UNLOCKS_REQUESTS, DRIPS,
 SCRIBBLES) = range(1, 13)


class Attacks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.secret = os.path.join(folder.name, "secret")
        with open(self.secret, "w", encoding="utf-8") as file:
            file.write("kept")

    def start(self, misdeed=0, isolation="process"):
        adjuster = {"agent": "test.attacker", "isolation": isolation, "on_failure": "bypass", "config": {"secret": self.secret, "misdeed": misdeed}}
        command = [os.path.join(BUILD, "bin", "cadre"), "--agents", os.path.join(BUILD, "agents"), "--agents", WALLS, "backtest",
                   os.path.join(ROOT, "manifests", "scenarios", "demo.json"), "--set", f"/chain/trade_adjusters=[{json.dumps(adjuster)}]",
                   "--set", '/data/to="1992-03-31"', "--out", os.path.join(self.folder, f"run{misdeed}")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, host):
        out, err = host.communicate(timeout=60)
        return host.returncode, out + err

    def orders(self, misdeed):
        with open(os.path.join(self.folder, f"run{misdeed}", "result.json"), encoding="utf-8") as file:
            return json.load(file)["orders"]

    def test_no_request_of_a_sandboxed_agent_gets_through(self):
        code, said = self.finish(self.start())
        self.assertEqual(code, 0, said)
        with open(self.secret, encoding="utf-8") as file:
            self.assertEqual(file.read(), "kept")
        self.assertFalse(os.path.exists(os.path.join(WALLS, "written")))

    def test_in_the_process_of_the_host_the_same_agent_gets_through(self):
        # It stops at the first request that does, which is harmless: it shows that the test above can fail.
        code, said = self.finish(self.start(isolation="none"))
        self.assertEqual(code, 3, said)
        self.assertIn("reads a file of the machine", said)

    def test_a_misdeed_costs_one_call_its_deadline_and_the_host_goes_on(self):
        never = "gave no answer in 10 seconds"
        expected = {LOOPS: never, NEVER_ANSWERS: never, DRIPS: never, HUGE_LENGTH: "its answer is damaged", ANSWERS_TWICE: "its answer is damaged",
                    HUGE_COUNT: "it does not speak the protocol", HANGS_UP: "closed its socket", FAULTS: "Illegal instruction",
                    OTHER_ARCHITECTURE: "Bad system call", WRITES_REQUESTS: "Segmentation fault", UNLOCKS_REQUESTS: "Illegal instruction"}
        began = time.monotonic()
        hosts = {misdeed: self.start(misdeed) for misdeed in expected}
        for misdeed, host in hosts.items():
            with self.subTest(misdeed=misdeed):
                code, said = self.finish(host)
                self.assertEqual(code, 0, said)
                self.assertIn(expected[misdeed], said)
                self.assertGreater(self.orders(misdeed), 50)
        self.assertLess(time.monotonic() - began, SECONDS_MAX + 15)

    def test_answers_that_change_while_the_host_reads_them_do_not_stop_it(self):
        # What they change to may be a valid answer, or none; either way the host goes on and finds it within its bounds.
        code, said = self.finish(self.start(SCRIBBLES))
        self.assertEqual(code, 0, said)
        self.assertGreater(self.orders(SCRIBBLES), 50)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
