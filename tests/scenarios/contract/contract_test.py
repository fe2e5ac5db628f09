"""What the ABI promises an agent, seen in a run: timers, outcomes, what becomes of one that fails, and where a trade
adjuster stands. In the process and in one of its own."""

import datetime
import json
import math
import os
import shutil
import statistics
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "bad_input"), os.path.join(HERE, "..", "..", "hosts")]

from journal_file import Journal  # noqa: E402
from running_host import RunningHost, new_folder, wait_until, write_json  # noqa: E402
from workbench import INSTRUMENTS, Workbench  # noqa: E402

HOUR = 3_600_000_000_000
DAY = 24 * HOUR


class Contract(Workbench):
    def setUp(self):
        super().setUp()
        self.agents.append(os.environ["CADRE_PUPIL"])

    def pupil(self, agent="test.pupil", isolated=False, **settings):
        keys = {key: settings.pop(key) for key in ("after", "on_error", "on_failure") if key in settings}
        return {"name": "pupil", "agent": agent, "config": settings, "isolation": "process" if isolated else "none", **keys}

    def run_with(self, *pupils):
        self.chain["trade_adjusters"] = list(pupils)
        self.write()
        run = self.cadre("backtest", "scenario.json", "--json", "--out", "run")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.result, self.told = json.loads(run.stdout), run.stderr
        return Journal(self.path("run", "journal"))


class Timers(Contract):
    def test_of_one_time_fire_between_two_bars_in_the_order_of_their_times_here_and_isolated(self):
        fired = []
        for isolated in (False, True):
            journal = self.run_with(self.pupil(timers=2, isolated=isolated))
            self.assertEqual(self.told, "")
            bars = [bar["time_ns"] for bar in journal.of("bar")]
            timers = [(t["stage"], t["id"], t["due_ns"], t["period_ns"], t["expirations"]) for t in journal.of("timer")]
            # Two an hour apart, armed on the first bar, each again for the day after, until the last bar.
            days = (bars[-1] - bars[0] - HOUR) // DAY + 1
            expected = sorted(("pupil", k, bars[0] + k * HOUR + d * DAY, 0, 1) for k in (1, 2) for d in range(days)
                              if bars[0] + k * HOUR + d * DAY <= bars[-1])
            self.assertEqual(sorted(timers, key=lambda t: t[2]), timers)
            self.assertEqual(sorted(timers), expected)
            self.assertEqual(journal.gaps(), [])
            fired.append(timers)
        self.assertEqual(fired[0], fired[1])

    def test_with_a_period_fire_every_period_and_never_after_the_bar_they_come_before(self):
        journal = self.run_with(self.pupil(timers=1, period_seconds=6 * 3600))
        bar_ns, first = 0, journal.of("bar")[0]["time_ns"]
        dues = []
        for record in journal.records:
            if record.kind == "bar":
                for due in dues[-4:]:
                    self.assertLessEqual(due, record["time_ns"])
                bar_ns = record["time_ns"]
            if record.kind == "timer":
                self.assertGreater(record["due_ns"], bar_ns)
                dues.append(record["due_ns"])
        self.assertEqual(dues, [first + HOUR + k * 6 * HOUR for k in range(len(dues))])
        self.assertGreater(len(dues), 200)

    def test_are_refused_to_an_agent_that_does_not_hear_of_them(self):
        self.run_with(self.pupil("test.deaf_pupil", timers=1))
        self.assertRegex(self.told, r"pupil could not take in 1 event, on 2024-01-01: observes lacks CADRE_EVENT_TIMER")

    def test_beyond_the_number_of_an_instance_are_not_armed_and_said(self):
        journal = self.run_with(self.pupil(timers=66))
        self.assertRegex(self.told, r"pupil could not take in 2 events, first on 2024-01-01: it armed more than 64 timers")
        self.assertEqual({t["id"] for t in journal.of("timer")}, set(range(1, 65)))


class LiveTimers(unittest.TestCase):
    def test_fire_by_the_clock_between_two_bars_and_are_told_again_after_a_kill(self):
        root = new_folder("timers")
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        with open(os.path.join(root, "prices.csv"), "w", encoding="utf-8") as file:
            file.write("date,AA\n2024-01-01,10\n2024-01-02,10\n")
        scenario = {"scenario": "backtest", "name": "timers", "book": {"id": "main"},
                    "data": {"prices": {"file": "prices.csv", "adjustment": "raw", "volume": "none"}},
                    "execution_environment": {"agent": "cadre.simulated_execution"},
                    "chain": {"signal_sources": [{"name": "external", "agent": "cadre.external_signals"}],
                              "signal_aggregator": {"agent": "cadre.confidence_weighted"},
                              "position_sizer": {"agent": "cadre.position_sizer"},
                              "risk_managers": [{"name": "risk", "agent": "cadre.identity.risk_manager"}],
                              "trade_adjusters": [{"name": "pupil", "agent": "test.pupil", "config": {"timers": 1, "period_seconds": 3600}}],
                              "execution_rules": {"agent": "cadre.execution_rules"}}}
        config = write_json(os.path.join(root, "host.json"), {"name": "timers", "watch": {"enabled": False}, "books": [{"scenario": scenario}]})
        host = RunningHost(os.environ["CADRE"], root, config, [os.environ["CADRE_REAL_AGENTS"], os.environ["CADRE_PUPIL"]])
        self.addCleanup(host.end)
        host.start()

        def timers():
            return [t["due_ns"] for t in Journal(host.journal()).of("timer")]

        # Old data: the time of the data is the clock. A bar of the day before yesterday: its timers are due.
        self.assertEqual(host.ask("POST", "/v1/books/main/bars", json.dumps({"date": "2024-01-02", "bars": {"AA": {"close": 10}}}))[0], 202)
        self.assertEqual(timers(), [])
        day = datetime.date.today() - datetime.timedelta(days=2)
        self.assertEqual(host.ask("POST", "/v1/books/main/bars", json.dumps({"date": day.isoformat(), "bars": {"AA": {"close": 11}}}))[0], 202)
        bar_ns = Journal(host.journal()).of("bar")[-1]["time_ns"]
        wait_until("the timers since that bar fired", lambda: len([due for due in timers() if due > bar_ns]) >= 10)
        host.process.kill()
        host.wait()
        host.start()
        book = host.settled_book()
        self.assertEqual(book["state"], "deciding")
        records = timers()
        self.assertEqual(records, sorted(set(records)))
        self.assertEqual(Journal(host.journal()).gaps(), [])
        self.assertEqual(host.stop(), 0)


class Outcomes(Contract):
    def test_are_what_became_of_the_views_of_each_strategy_one_at_a_time(self):
        for isolated in (False, True):
            self.chain["signal_sources"] = [{"name": "momentum", "agent": "cadre.momentum",
                                             "config": {"lookback": 20, "skip": 2, "horizon_days": 7}}]
            journal = self.run_with(self.pupil(isolated=isolated))
            closes = [[round(float(value) * 1e9) / 1e9 for value in row[1:]] for row in self.prices[1:]]
            held, bar, opened, outcomes = [], -1, {}, 0
            position = [0] * 4
            for record in journal.records:
                if record.kind == "bar":
                    bar += 1
                if record.kind == "report":
                    report = record["report"]
                    position[report["instrument"]] += report["quantity_e9"] * (1 if report["side"] == ord("1") else -1)
                if record.kind == "account":
                    held.append(list(position))
                if record.kind == "view":
                    key = (record["strategy"], record["instrument"])
                    self.assertNotIn(key, opened)
                    i = INSTRUMENTS.index(record["instrument"])
                    returns = [closes[t][i] / closes[t - 1][i] - 1 for t in range(1, bar + 1)]
                    self.assertAlmostEqual(record["risk"], statistics.stdev(returns) * math.sqrt(7), places=12)
                    self.assertEqual(record["bars"], 7)
                    opened[key] = (bar, record["score"])
                if record.kind == "outcome":
                    outcome = record["outcome"]
                    since, score = opened.pop((outcome["strategy"], record["instrument"]))
                    i = INSTRUMENTS.index(record["instrument"])
                    self.assertEqual((bar - since, outcome["instrument"], outcome["score"]), (7, i, score))
                    self.assertAlmostEqual(outcome["realised_return"], closes[bar][i] / closes[since][i] - 1, places=12)
                    # The weights at the bars of the horizon: the positions that the bar before left, at the bar's prices.
                    weights = []
                    for at in range(since + 1, bar + 1):
                        before = held[at - 1]
                        cash = self.cash_before(journal, at)
                        value = sum(p / 1e9 * closes[at][k] for k, p in enumerate(before))
                        weights.append(before[i] / 1e9 * closes[at][i] / (cash + value))
                    self.assertAlmostEqual(outcome["weight"], sum(weights) / 7, places=9)
                    outcomes += 1
            self.assertGreater(outcomes, 12)
            self.assertEqual(journal.gaps(), [])

    @staticmethod
    def cash_before(journal, at):
        return [record["cash"] for record in journal.of("account")][at - 1] / 1e6

    def test_are_not_kept_for_a_chain_that_does_not_hear_of_them(self):
        journal = self.run_with(self.pupil("test.deaf_pupil"))
        self.assertEqual((journal.of("view"), journal.of("outcome")), ([], []))


class Errors(Contract):
    def treated(self, journal):
        return [(c["kind"], c["actor"], c["reason"]) for c in journal.of("command")]

    def test_an_instance_that_answers_error_is_replaced_by_a_fresh_one(self):
        for isolated in (False, True):
            with self.subTest(isolated=isolated):
                # In a process of its own every instance is the first, and fails again when it has seen thirty bars, the
                # one it was warmed up with among them.
                journal = self.run_with(self.pupil(fails="decide", at_bar=30, heals=True, isolated=isolated))
                treated = self.treated(journal)
                self.assertEqual(treated[0], ("agent_reset", "host", "pupil: error on 2024-02-02: the pupil lost the thread"))
                times = 2 if isolated else 1
                self.assertEqual(len(treated), times)
                self.assertEqual(self.told.count("agent_reset: "), 1, "what it does again and again is logged once")
                again = ", the first of 2 times" if isolated else ""
                self.assertRegex(self.told, r"/trade_adjusters/0: warning: pupil: error on 2024-02-02: the pupil lost the thread; a fresh instance "
                                            rf"took its place{again}; mend the agent \[RUN_AGENT_RESET\]")
                self.assertRegex(self.told, rf"gave no usable answer in {times} of 39 decisions")

    def test_one_that_the_policy_quarantines_is_called_no_more_and_its_stage_fails_in_every_decision(self):
        journal = self.run_with(self.pupil(fails="decide", at_bar=30, heals=True, on_error="quarantine", on_failure="bypass"))
        self.assertEqual([kind for kind, _, _ in self.treated(journal)], ["agent_quarantined"])
        failures = [(d["date"], f["status"], f["reason"]) for d in journal.of("decision") for f in d["failures"]]
        self.assertEqual(failures[0], (20240202, 4, "the pupil lost the thread"))
        later = [d["date"] for d in journal.of("decision") if d["date"] > 20240202]
        self.assertEqual(failures[1:], [(date, 5, "quarantined: error on 2024-02-02: the pupil lost the thread") for date in later])
        self.assertRegex(self.told, r"it was called no more; mend the agent \[RUN_AGENT_QUARANTINED\]")
        self.assertGreater(self.result["orders"], 10)

    def test_one_whose_fresh_instance_fails_too_is_quarantined(self):
        journal = self.run_with(self.pupil(fails="observe", at_bar=1, on_failure="bypass"))
        self.assertEqual(self.treated(journal), [("agent_quarantined", "host", "pupil: error on 2024-01-01: the pupil lost the thread; a fresh "
                                                  "instance cannot be made: pupil: it answered the first event with error: the pupil lost the thread")])
        self.assertRegex(self.told, r"pupil could not take in 1 event, on 2024-01-01: the pupil lost the thread")

    def test_one_that_answers_fatal_is_quarantined_whatever_the_policy(self):
        self.chain["portfolio_optimizer"] = {"agent": "test.fatalist", "config": {"at_bar": 25}, "on_failure": "bypass"}
        journal = self.run_with()
        self.assertEqual(self.treated(journal), [("agent_quarantined", "host", "portfolio_optimizer: fatal on 2024-01-25: the model is gone")])
        self.assertGreater(self.result["orders"], 10)

    def test_a_refusal_changes_nothing(self):
        journal = self.run_with(self.pupil(fails="decide", **{"with": "refusal"}))
        self.assertEqual(self.treated(journal), [])
        self.assertRegex(self.told, r"gave no usable answer in 39 of 39 decisions, first on \S+: the pupil does not want to; the policy hold applied")

    def test_a_run_with_agents_in_trouble_is_the_same_again(self):
        hashes = set()
        for _ in range(2):
            self.run_with(self.pupil(fails="decide", at_bar=30, heals=True))
            hashes.add(self.result["order_hash"])
        self.assertEqual(len(hashes), 1)
        replay = self.cadre("replay", "run")
        self.assertEqual(replay.returncode, 0, replay.stdout + replay.stderr)


class Places(Contract):
    def effects(self, journal):
        """The names of the stages whose effects are recorded, and the targets after each in the last decision."""
        decision = journal.of("decision")[-1]
        names = journal.of("revision")[-1]["stages"]
        return names, {name: list(stage["target"]) for name, stage in zip(names, decision["stages"])}

    def test_an_adjuster_stands_where_it_says_and_what_follows_sees_its_targets(self):
        order = {"position_sizer": ("position_sizer", "portfolio_optimizer"), "portfolio_optimizer": ("portfolio_optimizer", "risk_feedback"),
                 "risk_feedback": ("risk_feedback", "correlation_adjuster"), "correlation_adjuster": ("correlation_adjuster", "resize_threshold")}
        self.chain["portfolio_optimizer"] = {"agent": "cadre.identity.portfolio_optimizer"}
        self.chain["correlation_adjuster"] = {"agent": "cadre.identity.correlation_adjuster"}
        for after, (before, behind) in order.items():
            with self.subTest(after):
                names, targets = self.effects(self.run_with(self.pupil(scale=0.5, after=after)))
                at = names.index("pupil")
                self.assertEqual((names[at - 1], names[at + 1]), (before, behind))
                self.assertEqual(targets["pupil"], [0.5 * target for target in targets[before]])
                self.assertGreater(max(map(abs, targets[before])), 0)

    def test_several_at_one_place_keep_their_order(self):
        first, second = dict(self.pupil(scale=0.5), name="first"), dict(self.pupil(scale=0.25, after="position_sizer"), name="second")
        third = dict(self.pupil(scale=0.5, after="position_sizer"), name="third")
        names, _ = self.effects(self.run_with(first, second, third))
        self.assertEqual(names, ["position_sizer", "second", "third", "risk_feedback", "first", "resize_threshold", "final_cut"])

    def test_a_place_that_there_is_not_is_refused(self):
        self.chain["trade_adjusters"] = [self.pupil(after="execution_rules")]
        self.is_refused(r'chain\.json:\d+:\d+ /trade_adjusters/0/after: "execution_rules" is not one of "position_sizer", "portfolio_optimizer", "risk_feedback", "correlation_adjuster"')

    def test_other_agents_have_no_place_to_choose(self):
        self.chain["position_sizer"]["after"] = "risk_feedback"
        self.is_refused(r'chain\.json:\d+:\d+ /position_sizer/after: unknown key "after"')


class Kinds(Contract):
    def test_instruments_that_an_agent_does_not_list_are_refused(self):
        self.scenario["instruments"] = {"kind": "future"}
        self.write()
        run = self.cadre("check", "scenario.json")
        self.assertEqual(run.returncode, 3)
        self.assertRegex(run.stderr, r'/instruments/kind: this host does not trade instruments of the kind "future"; it trades equity, fund, crypto_spot \[KIND_NOT_TRADED\]')
        self.assertRegex(run.stderr, r'/position_sizer/agent: "cadre\.position_sizer" does not work with instruments of the kind "future", which these are; its manifest lists equity, fund, crypto_spot \[CHAIN_WRONG_KIND\]')

    def test_funds_and_crypto_are_traded_as_shares_are(self):
        hashes = set()
        for kind in ("equity", "fund", "crypto_spot"):
            self.scenario["instruments"] = {"kind": kind}
            self.run_with()
            hashes.add(self.result["order_hash"])
        self.assertEqual(len(hashes), 1)


class Names(Contract):
    def test_two_strategies_whose_names_begin_alike_are_two(self):
        stem = "desk-us-large-momentum-v3-variant-" + "x" * 22
        for names in ((stem + "-long", stem + "-short"), ("a-long", "a-short")):
            self.signals = [self.signals[0], ["2024-01-05", names[0], "AA", "1", "1", "0.5", "20"], ["2024-01-05", names[1], "AA", "-1", "1", "0.5", "20"]]
            self.chain["signal_sources"] = [{"name": "external", "agent": "cadre.external_signals"}]
            self.run_with()
            self.assertEqual(self.result["orders"], 0, names)

    def test_a_name_that_does_not_fit_is_refused_with_its_row(self):
        self.signals[1][1] = "n" * 64
        self.is_refused(r'signals\.csv:2:\d+: the strategy "n+" has 64 bytes, a name has at most 63; shorten it; names are never cut, since two strategies could become one')


del Contract
