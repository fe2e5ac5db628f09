"""What a host measures is text that Prometheus reads, its alerts fire, and they and the dashboard name only what there is.

Usage: metrics_test.py --build BUILD --cadre CADRE
"""

import json
import os
import re
import shutil
import subprocess
import unittest

from running_host import ROOT, RunningHost, actor, agent_folders, bars, new_folder, risk_manager, scenario, wait_until, write_json  # noqa: F401
from test_main import run_tests

arguments = None
OPERATIONS = os.path.join(ROOT, "docs", "operations")
HERE = os.path.dirname(os.path.abspath(__file__))
NAME = re.compile(r"\b(?:cadre|process)_[a-z0-9_]+\b")


def promtool(*words, text=None):
    return subprocess.run(["promtool", *words], input=text, capture_output=True, text=True, timeout=120)


class Metrics(unittest.TestCase):
    def start(self):
        root = new_folder("metrics")
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        config = write_json(os.path.join(root, "demo.json"), scenario([risk_manager()]))
        host = RunningHost(arguments.cadre, root, config, agent_folders(arguments.build, "v1"))
        self.addCleanup(host.end)
        return host.start()

    def samples(self, host):
        text = host.ask("GET", "/metrics")[1]
        checked = promtool("check", "metrics", text=text)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        found = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return text, found

    def test_a_host_that_decides_says_all_of_it(self):
        host = self.start()
        before = self.samples(host)[1]
        host.post(bars(260))
        text, found = self.samples(host)
        book = host.settled_book()
        self.assertEqual(found['cadre_equity{book="main"}'], float(book["equity"]))
        self.assertEqual(found['cadre_decisions_total{book="main"}'], book["decisions"])
        self.assertGreaterEqual(found['cadre_book_last_bar_timestamp_seconds{book="main"}'], found["process_start_time_seconds"])
        self.assertGreater(found['cadre_book_last_decision_timestamp_seconds{book="main"}'], 0)
        self.assertEqual(before['cadre_book_last_decision_timestamp_seconds{book="main"}'], 0)
        self.assertGreater(found["process_resident_memory_bytes"], 1e6)
        self.assertTrue(any(name.startswith('cadre_build_info{version="') for name in found))
        timed = [name for name in found if name.startswith('cadre_agent_call_seconds_total{book="main"') and found[name] > 0]
        self.assertTrue(timed, text)
        self.assertEqual(host.ask("POST", "/v1/halt", {"reason": "x"})[0], 200)
        self.assertEqual(self.samples(host)[1]['cadre_book_halted{book="main"}'], 1)
        self.assertEqual(host.stop(), 0)

    def test_alerts_and_dashboard_name_only_what_a_host_has(self):
        text = self.start().ask("GET", "/metrics")[1]
        there = set(re.findall(r"^# TYPE (\S+)", text, re.M))
        for name in list(there):
            there |= {name + end for end in ("_bucket", "_sum", "_count")}
        for file in ("alerts.yml", "grafana.json"):
            with open(os.path.join(OPERATIONS, file), encoding="utf-8") as page:
                named = set(NAME.findall(page.read()))
            self.assertGreater(len(named), 10)
            self.assertEqual(named - there, set(), file)

    def test_every_alert_fires_when_it_should_and_not_else(self):
        checked = promtool("check", "rules", os.path.join(OPERATIONS, "alerts.yml"))
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        tests = os.path.join(HERE, "alerts_test.yml")
        tested = promtool("test", "rules", tests)
        self.assertEqual(tested.returncode, 0, tested.stdout + tested.stderr)
        with open(tests, encoding="utf-8") as file, open(os.path.join(OPERATIONS, "alerts.yml"), encoding="utf-8") as rules:
            self.assertEqual(set(re.findall(r'alertname="(\w+)"', file.read())), set(re.findall(r"alert: (\w+)", rules.read())))

    def test_the_dashboard_is_json_with_a_query_in_every_panel(self):
        with open(os.path.join(OPERATIONS, "grafana.json"), encoding="utf-8") as file:
            panels = json.load(file)["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        self.assertTrue(all(target["expr"] for panel in panels for target in panel["targets"]))


if __name__ == "__main__":
    run_tests("build", "cadre")
