"""What an isolated agent that means harm can do: end its own process, and nothing else.

Usage: attacks_test.py BUILD. attacker.c tries; the host goes on, its files and its environment stay its own, and no call takes longer than its deadline.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.abspath(sys.argv[1])
WALLS = os.path.join(BUILD, "test_agents_walls")
SECONDS_MAX = 10  # of one call
PAGE = os.path.join(ROOT, "docs", "concepts", "attacks.md")
SCRIBBLES = 12


def table_of(title):
    """The rows of the table under a heading of the page."""
    with open(PAGE, encoding="utf-8") as page:
        section = page.read().split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


def sentences_of(function):
    """What a function of the agent says of requests that get through."""
    with open(os.path.join(ROOT, "tests", "walls", "attacker.c"), encoding="utf-8") as source:
        body = source.read().split(f" {function}(", 1)[1].split("\n}\n")[0]
    return re.findall(r'return "([^"]+)"', body)


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
        expected = {int(number): how for number, _, how in table_of("Misdeeds") if how != "-"}
        began = time.monotonic()
        hosts = {misdeed: self.start(misdeed) for misdeed in expected}
        for misdeed, host in hosts.items():
            with self.subTest(misdeed=misdeed):
                code, said = self.finish(host)
                self.assertEqual(code, 0, said)
                self.assertIn(expected[misdeed], said)
                self.assertGreater(self.orders(misdeed), 50)
        self.assertLess(time.monotonic() - began, SECONDS_MAX + 15)

    def test_the_page_lists_what_is_tried(self):
        loading = "while it is loaded, and in every call after"
        requests = table_of("Requests")
        self.assertEqual([it for it, when in requests if when == loading], sentences_of("refused_always"))
        self.assertEqual([it for it, when in requests if when != loading], sentences_of("refused_when_sealed") + sentences_of("eat_memory"))
        with open(os.path.join(ROOT, "tests", "walls", "attacker.c"), encoding="utf-8") as source:
            misdeeds = [int(number) for number in re.findall(r"^    case (\d+):", source.read(), re.M)]
        self.assertEqual([int(number) for number, _, _ in table_of("Misdeeds")], misdeeds)
        self.assertGreaterEqual(len(requests) + len(misdeeds), 40)

    def test_answers_that_change_while_the_host_reads_them_do_not_stop_it(self):
        # What they change to may be a valid answer, or none; either way the host goes on and finds it within its bounds.
        code, said = self.finish(self.start(SCRIBBLES))
        self.assertEqual(code, 0, said)
        self.assertGreater(self.orders(SCRIBBLES), 50)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
