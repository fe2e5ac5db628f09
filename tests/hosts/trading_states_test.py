"""Trading states of a running host, by an operator's order and by limits: told everywhere, kept over a kill, ended as they say.

Usage: trading_states_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import subprocess
import unittest

from running_host import RunningHost, bars, new_folder
from test_main import run_tests

arguments = None
WARM = 254  # bars that the demo's chain asks for


class TradingStates(unittest.TestCase):
    def setUp(self):
        self.root = new_folder("states")
        self.addCleanup(shutil.rmtree, self.root)
        self.desk = os.path.join(self.root, "desk")
        subprocess.run([arguments.cadre, "init", self.desk], check=True, capture_output=True)
        self.bars, self.at = bars(WARM + 80), 0

    def limit(self, **checks):
        path = os.path.join(self.desk, "scenarios", "main.json")
        with open(path, encoding="utf-8") as file:
            scenario = json.load(file)
        scenario.setdefault("pre_trade_checks", {}).update(checks)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(scenario, file)

    def start(self, bars_at_once=WARM + 10):
        self.host = RunningHost(arguments.cadre, self.root, os.path.join(self.desk, "host.json"), [os.path.join(arguments.build, "agents")])
        self.addCleanup(self.host.end)
        self.host.start()
        return self.post(bars_at_once)

    def post(self, count):
        self.host.post(self.bars[self.at:self.at + count])
        self.at += count
        return self.host.settled_book()

    def say(self, *words, code=0):
        done = self.host.command(*words, "--reason", "test")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def held(self):
        return {p["instrument"]: float(p["quantity"]) for p in self.host.get("/v1/books/main/portfolio")["positions"]}

    def rejected(self):
        return self.host.settled_book()["rejected_orders"]

    def metric(self, name):
        text = self.host.client.request("GET", "/metrics")[1]
        return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(name)))

    def states(self):
        return [(s.get("instrument", ""), s.get("agent", ""), s["state"]) for s in self.host.settled_book()["states"]]

    def restarted(self):
        """The book of the host that follows one that was killed: it stands where that one stood."""
        before = self.host.settled_book()
        self.host.kill()
        self.host.start()
        after = self.host.settled_book()
        for name in ("order_hash", "equity", "sequence", "trading_state", "states", "open_orders", "halt_number"):
            self.assertEqual(after[name], before[name], name)
        return after

    def test_orders_that_are_too_large_for_a_check_are_cut_and_told(self):
        self.limit(max_order_quantity=100)
        book = self.start()
        self.assertGreater(book["fitted_orders"], 0)
        self.assertEqual(book["rejected_orders"], 0)
        self.assertEqual(self.metric('cadre_orders_fitted_total{book="main",reason="FAT_FINGER_MAX_QUANTITY"}'), book["fitted_orders"])
        orders = self.host.get("/v1/books/main/orders?limit=1000")["orders"]
        self.assertEqual(max(float(order["quantity"]) for order in orders), 100)

    def test_a_change_is_asked_what_a_start_is_asked(self):
        self.start()
        apply = lambda setting: self.host.command("revision", "apply", "--set", setting, "--book", "main", "--reason", "test")
        for setting, code in (('/pre_trade_checks/limits=[{"instrument": "ZZ", "max_weight": 0.1}]', "INSTRUMENT_UNKNOWN"),
                              ('/pre_trade_checks/restricted=["ZZ"]', "INSTRUMENT_UNKNOWN"),
                              ('/chain/constraints/max_group_weight=[{"group": "nothing", "max": 0.1}]', "GROUP_UNKNOWN"),
                              ("/chain/constraints/long_only=false", "INSTRUMENT_SHORT_RATES"), ("/pre_trade_checks/max_orders_per_day=1e300", "CONFIG_WRONG_TYPE")):
            done = apply(setting)
            self.assertEqual(done.returncode, 3, setting)
            self.assertIn(f"[{code}]", done.stderr)
        done = apply('/pre_trade_checks/limits=[{"instrument": "KO", "max_weight": 0.1}]')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.post(1)
        self.assertEqual(self.host.settled_book()["revision"], 2)
        done = apply('/pre_trade_checks/limits=[{"agent": "nobody", "max_weight": 0.1}]')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('the book runs no agent "nobody", the bound holds for none of its orders', " ".join((done.stdout + done.stderr).split()))

    def test_orders_that_are_refused_again_and_again_are_trouble(self):
        self.limit(max_orders_per_day=1)
        book = self.start()
        self.assertGreater(book["rejected_orders"], 3)
        self.assertRegex(book["refusals"], r"^orders were refused behind each of the last \d+ decisions, the last for FLOW_ORDERS_PER_DAY$")
        shown = self.host.command("status")
        self.assertEqual(shown.returncode, 1)
        self.assertIn("main: orders were refused behind each of the last", shown.stdout)
        self.assertIn("cadre orders --book main", shown.stdout)

    def test_a_reducing_book_decides_and_increases_nothing_and_no_order_is_refused(self):
        self.start()
        self.post(1)
        self.assertIn("main is reducing", self.say("reduce", "--book", "main"))
        self.post(1)  # what had left before is filled or canceled
        held, decisions = self.held(), self.host.settled_book()["decisions"]
        self.assertTrue(held)
        for _ in range(15):
            self.post(1)
            now = self.held()
            for instrument, quantity in now.items():
                self.assertLessEqual(quantity, held.get(instrument, 0), instrument)
            held = now
        book = self.host.settled_book()
        self.assertEqual((book["trading_state"], book["decisions"] - decisions, book["state"]), ("REDUCING", 15, "deciding"))
        self.assertEqual(book["rejected_orders"], 0)
        self.assertEqual(self.metric("cadre_book_trading_state{"), 1)
        self.assertEqual(self.host.ask("GET", "/readyz")[0], 503)
        self.assertIn("main is REDUCING", self.host.command("status").stdout)
        events = self.host.command("events", "--kind", "reduce", "--json").stdout
        self.assertEqual(json.loads(events.splitlines()[0])["book"], "main")
        self.restarted()
        self.post(3)
        self.assertEqual(self.rejected(), 0)
        self.assertIn("deciding again", self.say("resume", "--book", "main"))
        self.assertEqual(self.states(), [])
        self.assertEqual(self.host.ask("GET", "/readyz")[0], 200)
        self.restarted()
        self.assertEqual(self.host.stop(), 0)

    def test_an_instrument_that_is_halted_keeps_its_position_and_gets_no_order(self):
        self.start()
        self.post(2)
        instrument, quantity = next(iter(self.held().items()))
        self.say("halt", "--instrument", instrument, "--cancel-orders")
        self.assertEqual(self.states(), [(instrument, "", "HALTED")])
        orders = lambda: [o for o in self.host.get("/v1/books/main/orders?limit=1000")["orders"] if o["instrument"] == instrument]
        self.post(1)
        count, quantity = len(orders()), self.held()[instrument]
        self.post(10)
        self.restarted()
        book = self.post(10)
        self.assertEqual((len(orders()), self.held()[instrument], book["rejected_orders"]), (count, quantity, 0))
        self.assertEqual(self.metric("cadre_book_instruments_restricted{"), 1)
        self.assertIn(f"{instrument} in main is HALTED", self.host.command("status").stdout)
        self.say("resume", "--instrument", instrument)
        self.assertEqual(self.states(), [])

    def test_the_kill_switch_cancels_all_and_holds_until_it_is_armed_again(self):
        self.start()
        self.assertIn("killed; `cadre resume --rearm --reason ...` decides again", self.say("halt", "--kill"))
        book = self.host.settled_book()
        self.assertEqual((book["trading_state"], book["state"], book["open_orders"]), ("KILLED", "halted", 0))
        self.assertIn("BOOK_KILLED", self.say("resume", code=4))
        self.assertIn("main stays KILLED", self.say("reduce"))
        self.assertIn("main stays KILLED", self.say("halt"))
        self.restarted()
        decisions = self.post(3)["decisions"]
        self.assertEqual(self.post(2)["decisions"], decisions)
        self.say("resume", "--rearm")
        self.assertEqual(self.post(2)["decisions"], decisions + 2)
        self.restarted()

    def test_positions_of_a_killed_book_are_closed_on_an_order_that_arms_it_and_leaves_it_halted(self):
        self.start()
        self.post(2)
        self.say("halt", "--kill")
        held = self.held()
        self.assertTrue(held)
        for words in (("--flatten",), ("--flatten", "--book", "main")):
            said = self.say("halt", *words, code=4)
            self.assertIn("the kill switch was used on the book main, and none of its positions was closed; `cadre halt --flatten --rearm --book main --reason ...` closes them", " ".join(said.split()))
        self.assertIn("BOOK_KILLED", self.say("halt", "--cancel-orders", code=4))
        self.post(1)
        self.assertEqual(self.held(), held)
        decisions = self.host.settled_book()["decisions"]
        self.assertIn("main is halted", self.say("halt", "--flatten", "--rearm", "--book", "main"))
        book = self.post(1)
        self.assertEqual((self.held(), book["trading_state"], book["decisions"]), ({}, "HALTED", decisions))
        self.host.expect_logged("/v1/halt flatten rearm")
        self.restarted()

    def test_every_book_that_runs_an_agent_is_in_its_state(self):
        self.start()
        agent = next(s["agent"] for s in self.host.book()["stages"] if s["stage"].startswith("execution_rules"))
        self.say("halt", "--agent", agent)
        self.assertEqual((self.host.settled_book()["state"], self.states()), ("halted", [("", agent, "HALTED")]))
        self.assertIn(f"{agent} in main is HALTED", self.say("resume", "--book", "main"))
        self.assertEqual(self.host.settled_book()["state"], "halted")
        self.restarted()
        self.say("resume", "--agent", agent)
        self.assertEqual((self.host.settled_book()["state"], self.states()), ("deciding", []))
        self.assertIn("SCOPE_UNKNOWN", self.say("reduce", "--agent", "nobody.runs.it", code=3))
        self.assertIn("SCOPE_UNKNOWN", self.say("halt", "--instrument", "NOWHERE", code=3))
        self.assertIn("STATE_SCOPE", self.say("halt", "--kill", "--flatten", code=3))

    def test_an_instrument_that_is_executed_again_and_again_latches_until_it_is_resumed(self):
        self.limit(max_repeated_executions={"count": 1, "decisions": 50})
        self.start()
        self.post(20)
        latched = self.states()
        self.assertTrue(latched, self.host.settled_book())
        self.assertEqual({state for _, _, state in latched}, {"HALTED"})
        self.restarted()
        self.assertIn("FLOW_REPEATED_EXECUTION", self.host.command("events", "--kind", "trading_state", "--all", "--json").stdout
                      + self.host.command("status").stdout)
        self.say("resume", "--book", "main")
        self.assertEqual(self.states(), latched)
        self.say("resume", "--instrument", latched[0][0])
        self.assertEqual(self.states(), latched[1:])
        self.assertEqual(self.rejected(), 0)

    def test_a_daily_loss_ends_with_its_session(self):
        self.limit(max_daily_loss=0.003)
        self.start()
        seen = []
        for _ in range(40):
            book = self.post(1)
            seen.append(book["trading_state"])
            if seen[-1] == "REDUCING" and seen.count("REDUCING") == 1:
                self.assertEqual([s["code"] for s in book["states"]], ["RISK_DAILY_LOSS"])
                self.restarted()
        self.assertEqual(set(seen), {"ACTIVE", "REDUCING"}, seen)
        self.assertEqual(self.rejected(), 0)

    def test_a_backtest_meets_the_same_limits_and_its_replay_is_exact(self):
        self.limit(max_daily_loss=0.01, max_repeated_executions={"count": 5, "decisions": 50})
        run = os.path.join(self.root, "run")

        def cadre(*words):
            return subprocess.run([arguments.cadre, "--agents", os.path.join(arguments.build, "agents"), *words], capture_output=True, text=True)

        done = cadre("backtest", os.path.join(self.desk, "scenarios", "main.json"), "--out", run)
        said = " ".join((done.stdout + done.stderr).split())
        self.assertEqual(done.returncode, 0, said)
        for code in ("RUN_DAILY_LOSS", "RUN_INSTRUMENT_LATCHED", "RISK_DAILY_LOSS on ", "FLOW_REPEATED_EXECUTION on "):
            self.assertIn(code, said)
        with open(os.path.join(run, "report.html"), encoding="utf-8") as file:
            self.assertIn("FLOW_REPEATED_EXECUTION on ", file.read())
        done = cadre("replay", run)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    run_tests("build", "cadre")
