"""A shadow experiment outlives the host that ran it: the next one goes on with it as if nothing had been, or says why not, and its results stay readable.

Usage: experiment_shelf_test.py --build BUILD --cadre CADRE
"""

import hashlib
import json
import os
import shutil
import subprocess
import unittest

from running_host import RunningHost, bars, new_folder, wait_until
from test_main import run_tests

arguments = None
PERIODS = 40


class ExperimentShelf(unittest.TestCase):
    maxDiff = None

    others = 0

    def setUp(self):
        self.root = new_folder("shelf")
        self.addCleanup(shutil.rmtree, self.root)
        desk = os.path.join(self.root, "desk")
        subprocess.run([arguments.cadre, "init", desk], check=True, capture_output=True)
        self.chain = os.path.join(desk, "chains", "main.json")
        self.edit_chain(lambda chain: chain["signal_sources"].append({"name": "people", "agent": "cadre.external_signals"}))
        self.agents = os.path.join(self.root, "agents")
        shutil.copytree(os.path.join(arguments.build, "agents"), self.agents)
        self.desk = desk
        self.host = RunningHost(arguments.cadre, self.root, os.path.join(desk, "host.json"), [self.agents])
        self.addCleanup(self.host.end)
        self.host.start()
        self.bars = bars(300 + PERIODS)
        self.host.post(self.bars[:300])
        self.host.settled_book()
        self.begin(self.host)

    def edit_chain(self, edit):
        with open(self.chain, encoding="utf-8") as file:
            chain = json.load(file)
        edit(chain)
        with open(self.chain, "w", encoding="utf-8") as file:
            json.dump(chain, file)

    def begin(self, host):
        status, body = host.ask("POST", "/v1/experiments", json.dumps(
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

    # What is right for a period however often the host ended before it.
    SAME = ("name", "book", "since", "periods", "verdict", "comparison", "decisions", "failures", "differing_decisions", "simulator_bias_bp",
            "order_hashes")

    def undisturbed(self, *inputs):
        """Results of the same experiment on a host that took the same inputs and was never stopped."""
        self.others += 1
        other = RunningHost(arguments.cadre, os.path.join(self.root, f"undisturbed-{self.others}"), self.host.config, self.host.agents)
        self.addCleanup(other.end)
        other.start()
        other.post(self.bars[:300])
        other.settled_book()
        self.begin(other)
        for give in inputs or [lambda host: host.post(self.bars[300:])]:
            give(other)
        other.settled_book()
        return other.ask_for("/v1/experiments/smaller/results")

    def same(self, one, other):
        for name in self.SAME:
            if name != "since":
                self.assertEqual(one[name], other[name], name)

    def test_it_goes_on_after_the_host_was_stopped_as_if_it_had_not_been(self):
        self.host.post(self.bars[300:320])
        self.host.settled_book()
        before = self.results()
        self.assertEqual(self.host.stop(), 0)
        self.host.start()
        again = self.results()
        self.assertEqual((again["state"], again["reason"]), ("running", ""))
        self.assertEqual(again["since"], before["since"])
        self.same(again, before)
        self.host.post(self.bars[320:])
        self.host.settled_book()
        self.same(self.results(), self.undisturbed())
        self.host.expect_logged("experiment_resumed")
        self.assertIn("running", self.host.command("experiment", "status").stdout)

    def test_it_goes_on_after_the_host_was_killed_thrice(self):
        for first, last in ((300, 307), (307, 320), (320, 321)):
            self.host.post(self.bars[first:last])
            self.host.kill()
            self.host.start()
        self.host.post(self.bars[321:])
        self.host.settled_book()
        self.same(self.results(), self.undisturbed())

    def test_signals_between_two_bars_are_heard_once_whatever_end_of_the_host_lies_between_them(self):
        def early(host):
            host.post(self.bars[300:310])

        def signal(host):
            status, body = host.ask("POST", "/v1/books/main/signals", json.dumps([
                {"time": json.loads(self.bars[309])["date"], "strategy": "person", "instrument": "KO", "direction": 1, "strength": 2.0, "confidence": 0.9,
                 "horizon_days": 250}]))
            self.assertEqual(status, 202, body)

        def late(host):
            host.post(self.bars[310:])

        early(self.host)
        signal(self.host)
        self.host.kill()
        self.host.start()
        self.host.settled_book()
        late(self.host)
        self.host.settled_book()
        results = self.results()
        self.same(results, self.undisturbed(early, signal, late))
        self.assertNotEqual(results["order_hashes"], self.undisturbed(early, late)["order_hashes"], "the signal changed nothing: the test shows nothing")

    def test_it_stands_still_while_its_book_is_halted(self):
        self.host.post(self.bars[300:310])
        self.host.settled_book()
        self.assertEqual(self.results()["periods"], 10)
        self.host.command("halt", "--book", "main", "--actor", "anna", "--reason", "lunch")
        self.host.post(self.bars[310:320])
        self.host.settled_book()
        still = self.results()
        self.assertEqual((still["periods"], still["halted_bars"]), (10, 10))
        self.assertIn("10 bars during which the book was halted", still["page"])
        self.host.kill()
        self.host.start()
        self.same(self.results(), still)
        self.host.command("resume", "--book", "main", "--actor", "anna", "--reason", "back")
        self.host.post(self.bars[320:])
        self.host.settled_book()
        after = self.results()
        self.assertEqual((after["periods"], after["halted_bars"]), (PERIODS - 10, 10))

    def lost(self, state, *words):
        self.host.start()
        only = self.only()
        self.assertEqual(only["state"], state, only)
        for word in words:
            self.assertIn(word, only["reason"])
        self.host.expect_logged("experiment_lost")
        status = self.host.command("status")
        self.assertEqual(status.returncode, 1 if state == "failed" else 0, status.stdout)
        self.assertIn("<html", self.results()["page"], "what it compared until then stays readable")
        self.assertEqual(self.pins(), [], "what it needed is needed no more")

    def pins(self):
        folder = os.path.join(self.host.state, "books", "main", "checkpoints")
        return [name for name in os.listdir(folder) if name.endswith(".pinned")]

    def test_its_beginning_is_kept_as_long_as_it_runs_and_no_longer(self):
        pinned, = self.pins()
        beginning = os.path.join(self.host.state, "books", "main", "checkpoints", pinned.replace(".pinned", ".checkpoint"))
        for k in range(6):
            self.assertEqual(self.host.stop(), 0)
            self.host.start()
            self.host.post(self.bars[300 + k:301 + k])
        self.host.settled_book()
        self.assertTrue(os.path.exists(beginning))
        self.assertEqual(self.pins(), [pinned])
        stopped = self.host.command("experiment", "stop", "smaller", "--actor", "anna", "--reason", "enough")
        self.assertEqual(stopped.returncode, 0, stopped.stderr)
        self.assertEqual(self.host.stop(), 0)
        self.assertEqual(self.pins(), [])
        self.assertFalse(os.path.exists(beginning))

    def test_without_its_beginning_it_has_failed_and_says_so(self):
        self.trade_on()
        pinned, = self.pins()
        self.assertEqual(self.host.stop(), 0)
        os.remove(os.path.join(self.host.state, "books", "main", "checkpoints", pinned.replace(".pinned", ".checkpoint")))
        self.lost("failed", "cannot go on", "checkpoint")
        self.assertIn('cadre_experiments{state="failed"} 1\n', self.host.client.request("GET", "/metrics")[1])
        event = json.loads(self.host.command("events", "--last", "1", "--kind", "experiment_failed", "--json").stdout)
        self.assertEqual((event["name"], event["book"]), ("smaller", "main"))
        self.assertIn("cannot go on", event["why"])

    def test_what_failed_stays_failed_over_starts_until_somebody_stops_it(self):
        self.fail_at_a_start()
        for _ in range(2):
            self.assertEqual(self.host.stop(), 0)
            self.host.start()
            self.assertEqual(self.only()["state"], "failed")
            self.assertEqual(self.host.command("status").returncode, 1)
        stopped = self.host.command("experiment", "stop", "smaller", "--actor", "anna", "--reason", "seen")
        self.assertEqual(stopped.returncode, 0, stopped.stderr)
        for _ in range(2):
            only = self.only()
            self.assertEqual(only["state"], "ended")
            self.assertIn("seen; it had failed: ", only["reason"])
            self.assertEqual(self.host.command("status").returncode, 0)
            self.assertIn('cadre_experiments{state="failed"} 0\n', self.host.client.request("GET", "/metrics")[1])
            self.assertEqual(self.host.stop(), 0)
            self.host.start()

    def test_what_failed_is_replaced_by_one_of_the_same_name(self):
        self.fail_at_a_start()
        self.begin(self.host)
        self.assertEqual(self.only()["state"], "running")
        self.assertEqual(self.host.command("status").returncode, 0)
        self.assertIn('cadre_experiments{state="running"} 1\n', self.host.client.request("GET", "/metrics")[1])

    def fail_at_a_start(self):
        self.trade_on()
        pinned, = self.pins()
        self.assertEqual(self.host.stop(), 0)
        os.remove(os.path.join(self.host.state, "books", "main", "checkpoints", pinned.replace(".pinned", ".checkpoint")))
        self.host.start()
        self.assertEqual(self.only()["state"], "failed")

    def test_a_changed_file_is_damaged_and_one_of_an_earlier_version_is_taken(self):
        self.trade_on()
        self.assertEqual(self.host.command("experiment", "stop", "smaller", "--actor", "anna", "--reason", "enough").returncode, 0)
        wait_until("it is written", lambda: '"state":"ended"' in self.shelf_text())
        self.assertEqual(self.host.stop(), 0)
        kept, = self.shelf()
        whole = self.shelf_text()
        for text, states in ((whole.replace('"periods":', '"periods":1'), []), (whole[:-30] + "0" * 17 + whole[-13:], []),
                             (whole[:whole.rindex(',"checksum"')] + "}\n", ["ended"]), (whole, ["ended"])):
            with open(kept, "w", encoding="utf-8") as file:
                file.write(text)
            self.host.start()
            self.assertEqual([one["state"] for one in self.host.ask_for("/v1/experiments")], states)
            self.assertEqual("[EXPERIMENT_FILE_DAMAGED]" in self.host.log_text(), not states)
            self.assertEqual(self.host.stop(), 0)

    def shelf_text(self):
        with open(self.shelf()[0], encoding="utf-8") as file:
            return file.read()

    def test_with_another_agent_in_its_candidate_it_has_ended(self):
        self.trade_on()
        self.assertEqual(self.host.stop(), 0)
        library, manifest = (os.path.join(self.agents, "risk_manager" + ending) for ending in (".so", ".json"))
        with open(library, "rb") as file:
            before = file.read()
        after = before + b"\0"
        with open(library, "wb") as file:
            file.write(after)
        with open(manifest, encoding="utf-8") as file:
            text = file.read()
        with open(manifest, "w", encoding="utf-8") as file:
            file.write(text.replace(hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest()))
        self.lost("ended", "candidate: risk has another agent than when it began")

    def test_a_revision_of_another_book_does_not_end_it(self):
        self.assertEqual(self.host.stop(), 0)
        shutil.rmtree(self.host.state)
        with open(os.path.join(self.desk, "scenarios", "main.json"), encoding="utf-8") as file:
            other = json.load(file)
        other["book"]["id"] = "other"
        other["chain"] = "../chains/other.json"
        shutil.copy(self.chain, os.path.join(self.desk, "chains", "other.json"))
        with open(os.path.join(self.desk, "scenarios", "other.json"), "w", encoding="utf-8") as file:
            json.dump(other, file)
        with open(self.host.config, encoding="utf-8") as file:
            config = json.load(file)
        config["books"].append({"scenario": "scenarios/other.json"})
        with open(self.host.config, "w", encoding="utf-8") as file:
            json.dump(config, file)
        self.host.start()
        self.begin(self.host)
        applied = self.host.command("revision", "apply", "--set", "/chain/position_sizer/config/max_position_size=0.07", "--book", "other",
                                    "--actor", "anna", "--reason", "less")
        self.assertEqual(applied.returncode, 0, applied.stderr)
        self.assertEqual(self.only()["state"], "running")
        self.host.kill()
        self.host.start()
        self.assertEqual(self.results()["state"], "running")

    def test_with_another_configuration_of_its_book_it_has_ended(self):
        self.trade_on()
        self.assertEqual(self.host.stop(), 0)
        self.edit_chain(lambda chain: chain["position_sizer"]["config"].update(max_position_size=0.07))
        self.host.start()
        self.host.command("revision", "apply", self.host.config, "--actor", "anna", "--reason", "more")
        self.assertEqual(self.only()["state"], "ended")
        self.assertIn("revision 2", self.only()["reason"])
        self.assertEqual(self.host.stop(), 0)
        self.host.start()
        self.assertEqual(self.only()["state"], "ended")

    def test_one_of_the_same_name_takes_its_place(self):
        self.host.command("experiment", "stop", "smaller", "--actor", "anna", "--reason", "enough")
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
            self.host.expect_logged(f"{kept}: warning: this is not what a host wrote of an experiment")
            self.assertEqual(self.host.stop(), 0)


if __name__ == "__main__":
    run_tests("build", "cadre")
