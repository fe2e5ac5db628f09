"""A running host whose instruments are a table, an index among them.

Usage: instruments_test.py --build BUILD --cadre CADRE
"""

import json
import os
import subprocess
import unittest
from decimal import Decimal

from running_host import RunningHost, bars, fresh_folder, risk_manager, scenario
from test_main import run_tests

arguments = None
BARS = bars(300)
IDS = list(json.loads(BARS[0])["bars"])
INDEX, FUND = "HD", "WMT"  # as if they were


class Instruments(unittest.TestCase):
    def host(self, name, isolation="none"):
        root = fresh_folder(arguments.build, "instruments_test", name)
        with open(os.path.join(root, "instruments.csv"), "w", encoding="utf-8") as file:
            file.write("id,kind,lot,tick\n")
            for instrument in IDS:
                kind, lot = {INDEX: ("index", 1), FUND: ("fund", 10)}.get(instrument, ("equity", 1))
                file.write(f"{instrument},{kind},{lot},0:0.01 30:0.05 60:0.1\n")
        document = scenario([risk_manager()], instruments={"file": "instruments.csv"})
        document["data"]["prices"]["ticks_and_lots"] = "accept"
        document["chain"]["execution_rules"] = {"agent": "cadre.execution_rules", "config": {"default_order_type": "LIMIT"}, "isolation": isolation}
        config = os.path.join(root, "demo.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump(document, file)
        agents = [os.path.join(arguments.build, folder) for folder in ("agents", "reload_agents/v1")]
        host = RunningHost(arguments.cadre, root, config, agents)
        self.addCleanup(host.end)
        return host.start()

    def test_limits_of_the_host_name_instruments_of_a_book_and_agents_of_a_chain(self):
        root = fresh_folder(arguments.build, "instruments_test", "limits")
        for name, limit, code, said in (
                ("wrong", {"instrument": "KOO", "max_weight": 0.02}, 3, '/limits/0/instrument: the data of no book have an instrument "KOO"; did you mean "KO"? [INSTRUMENT_UNKNOWN]'),
                ("unused", {"agent": "cadre.momentun", "max_weight": 0.02}, None, 'no book runs an agent "cadre.momentun", the bound holds for no order; did you mean "cadre.momentum"?')):
            with open(os.path.join(root, "demo.json"), "w", encoding="utf-8") as file:
                json.dump(scenario([risk_manager()]), file)
            config = os.path.join(root, "host.json")
            with open(config, "w", encoding="utf-8") as file:
                json.dump({"books": [{"scenario": "demo.json"}], "limits": [limit]}, file)
            agents = [os.path.join(arguments.build, folder) for folder in ("agents", "reload_agents/v1")]
            host = RunningHost(arguments.cadre, root, config, agents, state=os.path.join(root, name))
            self.addCleanup(host.end)
            if code is None:
                host.start()
                self.assertEqual(host.stop(), 0)
            else:
                self.assertEqual(host.spawn().wait(), code)
            host.expect_logged(said)
            checked = subprocess.run([arguments.cadre, *(word for folder in agents for word in ("--agents", folder)), "check", config], capture_output=True, text=True, timeout=60)
            self.assertEqual(checked.returncode, code or 0, checked.stderr)
            self.assertIn(said.removesuffix(" [INSTRUMENT_UNKNOWN]"), checked.stderr)

    def orders(self, host, *more):
        shown = subprocess.run([arguments.cadre, "journal", "show", "--kind", "order", *more, host.journal("main")], capture_output=True, text=True,
                               check=True, timeout=60)
        return [json.loads(line) for line in shown.stdout.splitlines()]

    def test_orders_are_the_same_after_a_kill_and_from_a_process_of_its_own(self):
        kept = {}
        for name, isolation in (("plain", "none"), ("killed", "none"), ("isolated", "process")):
            host = self.host(name, isolation)
            host.post(BARS[:280])
            if name == "killed":
                host.settled_book()
                host.kill()
                host.start()
            host.post(BARS[280:])
            host.settled_book()
            self.assertEqual(host.stop(), 0)
            kept[name] = [(o["instrument"], o["side"], Decimal(o["quantity"]), Decimal(o["limit_price"]))
                          for o in (record["order"] for record in self.orders(host))]
            self.assertEqual(self.orders(host, "--instrument", INDEX), [])
        self.assertGreater(len(kept["plain"]), 20)
        self.assertEqual(kept["plain"], kept["killed"])
        self.assertEqual(kept["plain"], kept["isolated"])
        for instrument, _, quantity, price in kept["plain"]:
            tick = Decimal("0.1" if price >= 60 else "0.05" if price >= 30 else "0.01")
            self.assertEqual(price % tick, 0, (instrument, price))
            self.assertEqual(quantity % (10 if instrument == FUND else 1), 0)
        self.assertIn(FUND, {instrument for instrument, *_ in kept["plain"]})


if __name__ == "__main__":
    run_tests("build", "cadre")
