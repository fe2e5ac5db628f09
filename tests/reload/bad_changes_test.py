"""Bad changes are refused with their cause and place, and nothing that runs notices.

Usage: bad_changes_test.py --build BUILD --cadre CADRE
"""

import copy
import json
import os
import shutil
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from journal_file import Journal
from running_host import RunningHost, agent_folders, bars, fresh_folder, risk_manager, scenario, wait_until, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(700)
WARM_UP_BARS = 300
VERSIONS = {
    "wrong_hash": "1.1.0", "newer_abi": "1.2.0", "unique_symbols": "1.3.0", "thread_local_destructor": "1.4.0", "state_refused": "1.5.0",
    "state_migrated_wrongly": "1.6.0", "throws_in_create": "1.7.0", "throws_in_init": "1.8.0", "nan_output": "1.9.0",
    "missing_function": "1.10.0", "wrong_role": "1.11.0", "floating_point": "1.12.0", "crash_isolated": "1.13.0",
}


def chain_change(change):
    """A document with its chain changed."""
    def made(document):
        changed = copy.deepcopy(document)
        change(changed["chain"])
        return changed
    return made


def set_risk(**members):
    return chain_change(lambda chain: chain["risk_managers"][0].update(members))


def set_config(**members):
    return chain_change(lambda chain: chain["risk_managers"][0]["config"].update(members))


def variant(name):
    return set_risk(version=VERSIONS[name])


def circle(chain):
    chain["services"] += [{"name": n, "agent": "test." + n} for n in ("circle_a", "circle_b")]


def changed_cash(document):
    changed = copy.deepcopy(document)
    changed["book"]["initial_cash"] = 5
    return changed


# name, change, code, what the place has to end with, whether no library has to be opened to know it
BAD_CONFIGURATIONS = [
    ("unknown key", set_config(max_wieght=1), "CONFIG_UNKNOWN_KEY", "/risk_managers/0/config/max_wieght", True),
    ("wrong type", set_config(max_weight="large"), "CONFIG_WRONG_TYPE", "/risk_managers/0/config/max_weight", True),
    ("out of range", set_config(max_weight=-1), "CONFIG_OUT_OF_RANGE", "/risk_managers/0/config/max_weight", True),
    ("unknown member of a stage", set_risk(isolaton="process"), "CONFIG_UNKNOWN_KEY", "/risk_managers/0/isolaton", True),
    ("unknown agent", set_risk(agent="reload.counting_rsk"), "AGENT_UNKNOWN", "/risk_managers/0/agent", True),
    ("no version in the range", set_risk(version="^7"), "AGENT_VERSION_UNKNOWN", "/risk_managers/0/version", True),
    ("not a range", set_risk(version="newest"), "CONFIG_BAD_RANGE", "/risk_managers/0/version", True),
    ("agent of another role", set_risk(agent="cadre.position_sizer", version="*", config={}), "CHAIN_WRONG_ROLE", "/risk_managers/0/agent", True),
    ("unmet service", chain_change(lambda chain: chain["services"].clear()), "CHAIN_SERVICE_UNMET", "/correlation_adjuster", True),
    ("ambiguous service", chain_change(lambda chain: chain["services"].append(dict(chain["services"][0], name="other"))),
     "CHAIN_SERVICE_AMBIGUOUS", "/correlation_adjuster", True),
    ("circular service", chain_change(circle), "CHAIN_SERVICE_CIRCULAR", "/services/1", True),
    ("never changes", changed_cash, "CONFIG_NEVER_CHANGES", "/book/initial_cash", True),
    ("agent's own refusal", chain_change(lambda chain: chain["position_sizer"]["config"].update(min_position_size=0.5)), "AGENT_CONFIG",
     "/position_sizer", False),
]
BAD_LIBRARIES = [
    ("wrong_hash", "LIBRARY_HASH", True), ("newer_abi", "ABI_MISMATCH", True), ("unique_symbols", "AUDIT_UNIQUE_SYMBOL", True),
    ("thread_local_destructor", "AUDIT_BANNED_IMPORT", True), ("state_refused", "STATE_REFUSED", False),
    ("state_migrated_wrongly", "STATE_MIGRATED_WRONGLY", False), ("throws_in_create", "AGENT_CREATE", False),
    ("throws_in_init", "AGENT_CONFIG", False), ("missing_function", "AGENT_INCOMPLETE", False), ("wrong_role", "MANIFEST_MISMATCH", False),
    ("floating_point", "LIBRARY_CHANGES_FLOATING_POINT", False),
]


def fingerprint(host):
    """All that a refused change may not change."""
    stages = [(b["book"], s["stage"], s["version"], s["sha256"], s["since_revision"]) for b in host.status()["books"] for s in b["stages"]]
    return host.revisions(), stages


class BadChanges(unittest.TestCase):
    maxDiff = None

    def start(self, name, agents, version="1.0.0", watch=False, **more):
        root = fresh_folder(arguments.build, "reload_bad_changes_test", name)
        self.document = scenario([risk_manager(version=version, **more)])
        self.scenario = os.path.join(root, "config", "demo.json")
        os.makedirs(os.path.dirname(self.scenario))
        write_json(self.scenario, self.document)
        config = write_json(os.path.join(root, "config", "host.json"),
                            {"name": "host", "books": [{"scenario": "demo.json"}], "watch": {"enabled": watch, "debounce_ms": 20}})
        host = RunningHost(arguments.cadre, root, config, agents).start()
        self.addCleanup(host.stop)
        self.at = 0
        self.post(host, WARM_UP_BARS)
        return host

    def post(self, host, count):
        self.assertEqual(len(host.post(TEXTS[self.at:self.at + count])), count)
        self.at += count

    def assert_same_orders_as_untouched(self, host, name, agents, **options):
        """As a host that was left alone decides on the same bars."""
        self.assertEqual(host.stop(), 0)
        count = self.at
        plain = self.start(name, agents, **options)
        self.post(plain, count - self.at)
        self.assertEqual(plain.stop(), 0)
        found, expected = (Journal(h.journal()) for h in (host, plain))
        self.assertGreater(len(expected.of("order")), 100)
        self.assertEqual(len(found.of("bar")), count)
        orders = lambda journal: list(zip((order.sequence for order in journal.of("order")), journal.orders_without_ids()))
        self.assertTrue(orders(found) == orders(expected), "orders differ")
        print(f"{len(orders(found))} orders, the same as those of a host that was left alone")

    def changes(self):
        """(name, change, code, place or None, static)."""
        yield from BAD_CONFIGURATIONS
        for name, code, static in BAD_LIBRARIES:
            yield name, variant(name), code, None, static

    def test_applied_they_are_refused_with_code_and_place_and_nothing_changes(self):
        agents = agent_folders(arguments.build, "v1", *VERSIONS) + [os.path.join(arguments.build, "test_agents")]
        host = self.start("applied", agents)
        before = fingerprint(host)
        slowest = 0.0
        for name, change, code, place, static in self.changes():
            with self.subTest(name):
                path = write_json(os.path.join(host.root, "next.json"), change(self.document))
                begun = time.monotonic()
                done = host.command("revision", "apply", path, "--reason", "a bad one")
                seconds = time.monotonic() - begun
                self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
                status, answer = host.apply(change(self.document), origin="next.json")
                self.assertEqual(status, 422, answer)
                problems = [p for p in answer["problems"] if p["severity"] == "error"]
                self.assertEqual({p["code"] for p in problems}, {code}, answer)
                self.assertIn(problems[0]["message"][:40], done.stderr)
                if place is not None:
                    self.assertTrue(any(p["pointer"].endswith(place) for p in problems), problems)
                self.assertTrue(problems[0]["file"] or problems[0]["pointer"], problems[0])
                if static:
                    slowest = max(slowest, seconds)
                    self.assertLess(seconds, 1.0)
                shown = [p["code"] for refusal in host.status()["refused"] for p in refusal["problems"]]
                self.assertIn(code, shown)
                self.assertRegex(str(host.status()["next_steps"]), "apply what was refused anew")
                self.post(host, 3)
                self.assertEqual(fingerprint(host), before)
        print(f"{len(list(self.changes()))} bad changes applied: all refused; the slowest static refusal took {slowest * 1000:.0f} ms, command included")
        self.assert_same_orders_as_untouched(host, "applied_plain", agents)

    def test_found_by_the_watch_they_are_refused_and_gone_from_status_when_mended(self):
        operator = fresh_folder(arguments.build, "reload_bad_changes_test", "operator")
        install = lambda name: shutil.copytree(os.path.join(arguments.build, "reload_agents", name), os.path.join(operator, name))
        install("v1")
        agents = [os.path.join(arguments.build, "agents"), os.path.join(arguments.build, "test_agents"), operator]
        host = self.start("watched", agents, version="*", watch=True)
        before = fingerprint(host)
        refused = lambda: [p for refusal in host.status()["refused"] for p in refusal["problems"] if p["severity"] == "error"]
        is_clean = lambda: not host.status()["refused"] and not host.status()["waiting"]
        for name, change, code, place, _ in BAD_CONFIGURATIONS:
            with self.subTest(name):
                try:
                    # As editors do it: whoever watches never finds half a file.
                    os.replace(write_json(self.scenario + ".new", change(dict(self.document))), self.scenario)
                    wait_until(lambda: f"{name} is refused: {host.status()['refused']}", refused)
                    problems = refused()
                    self.assertEqual({p["code"] for p in problems}, {code}, problems)
                    self.assertRegex(str(host.status()["next_steps"]), "tried again when they change")
                    self.assertTrue(any(p["pointer"].endswith(place) for p in problems), problems)
                    if code != "CONFIG_NEVER_CHANGES":
                        self.assertTrue(problems[0]["file"].endswith("demo.json") and problems[0]["line"] > 0, problems[0])
                    self.post(host, 3)
                    self.assertEqual(fingerprint(host), before)
                finally:
                    write_json(self.scenario, self.document)
                wait_until(lambda: f"{name} is forgotten: {host.status()['refused']}", is_clean)
        for name, code, _ in BAD_LIBRARIES:
            with self.subTest(name):
                self.addCleanup(shutil.rmtree, os.path.join(operator, name), ignore_errors=True)
                install(name)
                if name == "wrong_hash":
                    # Perhaps it is still being written: it waits.
                    wait_until("a library waits", lambda: host.status()["waiting"])
                    self.assertEqual(refused(), [])
                else:
                    wait_until(lambda: f"{name} is refused: {host.status()}", refused)
                    self.assertEqual({p["code"] for p in refused()}, {code})
                self.post(host, 3)
                self.assertEqual(fingerprint(host), before)
                shutil.rmtree(os.path.join(operator, name))
                wait_until(lambda: f"{name} is forgotten: {host.status()}", is_clean)
        print(f"{len(BAD_CONFIGURATIONS) + len(BAD_LIBRARIES)} bad changes found by the watch: all refused or waiting, none applied")
        self.assertEqual(fingerprint(host), before)
        self.assert_same_orders_as_untouched(host, "watched_plain", agents, version="*", watch=True)

    def test_a_file_that_is_no_json_is_refused_with_line_and_column(self):
        host = self.start("no_json", agent_folders(arguments.build, "v1"))
        path = os.path.join(host.root, "half.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"scenario": "backtest",\n "chain": {"name": }')
        done = host.command("revision", "apply", path, "--reason", "half")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"half\.json:2:20")
        self.assertEqual(host.revision(), 1)

    def accept(self, host, name):
        status, answer = host.apply(variant(name)(self.document))
        self.assertEqual(status, 201, answer)
        return answer["revision"]

    def assert_failing_is_named(self, host, number, policy="hold"):
        stage = host.stage("risk")
        self.assertGreater(stage["failures"], 0)
        done = host.command("events", "--all", "--json")
        failed = [event for event in map(json.loads, done.stdout.splitlines()) if event["event"] == "agent_failed"]
        self.assertEqual({event["stage"] for event in failed}, {"risk"})
        latest = host.get("/v1/books/main/decisions?limit=1")["decisions"][0]
        self.assertEqual((latest["failed"], latest["revision"]), (["risk"], number))
        self.assertTrue(host.is_alive())

    def test_nan_output_is_accepted_and_then_held_by_its_stage(self):
        host = self.start("nan", agent_folders(arguments.build, "v1", "nan_output"))
        number = self.accept(host, "nan_output")
        self.post(host, 20)
        self.assertEqual(host.stage("risk")["failures"], 0)
        self.post(host, 5)
        wait_until("five decisions failed", lambda: host.stage("risk")["failures"] == 5)
        self.assert_failing_is_named(host, number)
        self.assertEqual(host.roll_back()[0], 201)
        self.post(host, 5)
        wait_until("they were decided", lambda: host.book()["decisions"] == self.at - 253)
        self.assertEqual(host.stage("risk")["failures"], 5)
        print("nan_output: 5 of 5 decisions held after its 20 good ones, none after the rollback")

    def test_what_crashes_in_its_first_decision_is_refused_when_it_is_tried(self):
        host = self.start("crash", agent_folders(arguments.build, "v1", "crash_isolated"))
        status, answer = host.apply(variant("crash_isolated")(self.document))
        self.assertEqual(status, 422, answer)
        self.assertRegex(answer["detail"], r"risk \(reload\.counting_risk 1\.13\.0\) was tried on a copy of book main at event \d+: deciding answered fatal: "
                                           r"its process is gone: killed by signal 11 \(Segmentation fault\).* \[PROBE_FAILED\]")
        self.post(host, 5)
        wait_until("they were decided", lambda: host.book()["decisions"] == self.at - 253)
        self.assertEqual((host.stage("risk")["failures"], host.revision()), (0, 1))


if __name__ == "__main__":
    run_tests("build", "cadre")
