"""A scenario that runs as a backtest, and in a host that is killed after every bar: both have to come to the same."""

import json
import os
import shutil
import subprocess
import sys
import unittest

from running_host import RunningHost, new_folder, write_json

DAYS = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09", "2020-01-10", "2020-01-13", "2020-01-14", "2020-01-15"]


class KilledHost(unittest.TestCase):
    """`same`: what status has to say again after a kill. The program's `arguments` have the build folder and the command."""

    arguments = property(lambda self: sys.modules["__main__"].arguments)
    same = ("order_hash", "equity", "cash", "costs", "sequence", "trading_state", "states")

    def setUp(self):
        self.root = new_folder("killed")
        self.addCleanup(shutil.rmtree, self.root)
        self.agents = [os.path.join(self.arguments.build, "agents"), os.path.join(self.arguments.build, "test_agents_scripted")]

    def write_scenario(self, closes, scenario):
        """Prices of AA and BB, a pair a day; None where there is none. The bars as they are posted."""
        def cell(close):
            return "" if close is None else close
        with open(os.path.join(self.root, "prices.csv"), "w", encoding="utf-8") as file:
            file.write("date,AA,BB\n" + "".join(f"{day},{cell(a)},{cell(b)}\n" for day, (a, b) in zip(DAYS, closes)))
        write_json(os.path.join(self.root, "scenario.json"), scenario)
        write_json(os.path.join(self.root, "host.json"), {"name": "killed", "books": [{"scenario": "scenario.json"}]})
        return [json.dumps({"date": day, "bars": {name: close for name, close in (("AA", a), ("BB", b)) if close is not None}})
                for day, (a, b) in zip(DAYS, closes)]

    def backtest(self, code=0):
        run = os.path.join(self.root, "run")
        agents = [word for folder in self.agents for word in ("--agents", folder)]
        done = subprocess.run([self.arguments.cadre, *agents, "backtest", os.path.join(self.root, "scenario.json"), "--out", run], capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        said = " ".join((done.stdout + done.stderr).split())
        if code:
            return None, said
        with open(os.path.join(run, "result.json"), encoding="utf-8") as file:
            return json.load(file), said

    def live(self, bars):
        """What the book said after each bar; the host is killed after each."""
        self.host = RunningHost(self.arguments.cadre, self.root, os.path.join(self.root, "host.json"), self.agents)
        self.addCleanup(self.host.end)
        self.host.start()
        seen = []
        for bar in bars:
            self.host.post([bar])
            seen.append(self.host.settled_book())
            self.host.kill()
            self.host.start()
            again = self.host.settled_book()
            for name in self.same:
                self.assertEqual(again[name], seen[-1][name], name)
        return seen

    def metric(self, name):
        text = self.host.client.request("GET", "/metrics")[1]
        return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(name + "{")))

    def end_host(self):
        self.host.end()
        shutil.rmtree(os.path.join(self.root, "state"))
