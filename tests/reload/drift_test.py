"""How files stand to what runs: edits that take effect for what they changed, conflicts that wait, drift that is shown, and the watch's own settings.

Usage: drift_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import RunningHost, actor, bars, fresh_folder, risk_manager, scenario, wait_until, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(300)


def replace(path, value):
    """As an editor does: the whole file at once."""
    write_json(path + ".new", value)
    os.rename(path + ".new", path)


class Drift(unittest.TestCase):
    maxDiff = None

    def host(self, name, **watch):
        self.root = fresh_folder(arguments.build, "reload_drift_test", name)
        self.operator = os.path.join(self.root, "operator", "risk")
        self.install("v1")
        self.folder = os.path.join(self.root, "config")
        os.makedirs(self.folder)
        self.document = scenario([risk_manager(version="*")])
        self.scenario = os.path.join(self.folder, "demo.json")
        self.config = os.path.join(self.folder, "host.json")
        self.write_scenario()
        self.write_host(**watch)
        host = RunningHost(arguments.cadre, self.root, self.config,
                           [os.path.join(arguments.build, "agents"), os.path.join(self.root, "operator")])
        self.addCleanup(host.end)
        return host

    def start(self, name, **watch):
        host = self.host(name, **watch).start()
        host.post(TEXTS)
        return host

    def install(self, variant):
        fresh = self.operator + ".new"
        shutil.copytree(os.path.join(arguments.build, "reload_agents", variant), fresh)
        shutil.rmtree(self.operator, ignore_errors=True)
        os.rename(fresh, self.operator)

    def write_host(self, **watch):
        replace(self.config, {"name": "host", "books": [{"scenario": "demo.json"}], "watch": {"debounce_ms": 20, **watch}})

    def write_scenario(self, path=None, max_weight=0.05, cash_share=None, **more):
        document = dict(self.document, chain=dict(self.document["chain"]))
        document["chain"]["risk_managers"] = [risk_manager(version="*", max_weight=max_weight)]
        if cash_share is not None:
            document["chain"]["constraints"] = dict(document["chain"]["constraints"], max_gross_exposure=1 - cash_share)
        replace(path or self.scenario, document)

    def chain(self, host):
        return host.document()["books"][0]["scenario"]["chain"]

    def limit(self, host):
        return self.chain(host)["risk_managers"][0]["config"]["max_weight"]

    def exposure(self, host):
        return self.chain(host)["constraints"]["max_gross_exposure"]

    def set(self, host, pointer, value):
        done = host.command("revision", "apply", "--set", f"{pointer}={value}", "--actor", "anna", "--reason", "by hand")
        self.assertEqual(done.returncode, 0, done.stderr)

    def state(self, host, kind="file"):
        return {s["state"] for s in host.status()["sources"] if s["kind"] == kind}

    def until_state(self, host, state, kind="file"):
        wait_until(lambda: f"{kind} is {state}: {host.status()['sources']} {host.status()['refused']}",
                   lambda: state in self.state(host, kind))

    # Edits.

    def test_an_edit_takes_effect_for_what_it_changed_and_leaves_what_was_applied(self):
        host = self.start("edit")
        self.set(host, "/chain/risk_managers/0/config/max_weight", 0.02)
        self.write_scenario(cash_share=0.5)
        wait_until("the edit is taken", lambda: host.revision() == 3)
        self.assertEqual((self.limit(host), self.exposure(host)), (0.02, 0.5))
        done = host.command("revision", "diff", "2", "3")
        self.assertEqual(done.stdout.strip(), "/books/0/scenario/chain/constraints/max_gross_exposure: 0.99 → 0.5")

    def test_an_edit_leaves_a_plugin_that_was_rolled_back(self):
        host = self.start("plugin")
        self.install("v1b")
        wait_until("the new version is taken", lambda: host.revision() == 2 and host.stage("risk")["version"] == "1.0.1")
        self.assertEqual(host.roll_back()[0], 201)
        self.assertEqual(host.stage("risk")["version"], "1.0.0")
        self.write_scenario(cash_share=0.5)
        wait_until("the edit is taken", lambda: host.revision() == 4)
        self.assertEqual((host.stage("risk")["version"], self.exposure(host)), ("1.0.0", 0.5))
        self.until_state(host, "differs", "folder")
        # Over a restart too.
        self.assertEqual(host.stop(), 0)
        self.write_scenario(cash_share=0.4)
        host.start()
        wait_until("the edit is taken", lambda: host.revision() == 5)
        self.assertEqual((host.stage("risk")["version"], self.exposure(host)), ("1.0.0", 0.6))

    def test_an_edit_of_what_was_applied_waits_for_a_person(self):
        host = self.start("conflict")
        self.set(host, "/chain/risk_managers/0/config/max_weight", 0.02)
        self.write_scenario(max_weight=0.03, cash_share=0.5)
        self.until_state(host, "waiting")
        problem, = host.status()["refused"][0]["problems"]
        self.assertEqual((problem["code"], problem["pointer"]), ("FILE_CONFLICT", "/books/0/scenario/chain/risk_managers/0/config/max_weight"))
        for part in ("from 0.05 to 0.03", "made 0.02", f"revision 2, {actor('anna')}: by hand"):
            self.assertIn(part, problem["message"])
        # All or nothing: the other half of the edit waits too, and over a restart.
        self.assertEqual((host.revision(), self.exposure(host)), (2, 0.99))
        self.assertEqual(host.stop(), 0)
        host.start()
        self.until_state(host, "waiting")
        self.assertEqual((host.revision(), self.limit(host)), (2, 0.02))
        self.assertIn("FILE_CONFLICT", host.command("status").stdout)

    def test_a_conflict_ends_when_the_file_says_what_runs(self):
        host = self.start("give_way")
        self.set(host, "/chain/risk_managers/0/config/max_weight", 0.02)
        self.write_scenario(max_weight=0.03, cash_share=0.5)
        self.until_state(host, "waiting")
        self.write_scenario(max_weight=0.02, cash_share=0.5)
        wait_until("the rest is taken", lambda: host.revision() == 3)
        self.assertEqual((self.limit(host), self.exposure(host), host.status()["refused"]), (0.02, 0.5, []))
        self.until_state(host, "in sync")

    def test_a_conflict_ends_when_the_file_is_applied(self):
        host = self.start("insist")
        self.set(host, "/chain/risk_managers/0/config/max_weight", 0.02)
        self.write_scenario(max_weight=0.03)
        self.until_state(host, "waiting")
        done = host.command("revision", "apply", self.scenario, "--reason", "the file is right")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.until_state(host, "in sync")
        self.assertEqual((host.revision(), self.limit(host), host.status()["refused"]), (3, 0.03, []))

    def test_a_hangup_takes_the_files_as_a_whole(self):
        host = self.start("hangup")
        self.set(host, "/chain/risk_managers/0/config/max_weight", 0.02)
        self.write_scenario(max_weight=0.03)
        self.until_state(host, "waiting")
        host.process.send_signal(signal.SIGHUP)
        wait_until("the files are taken", lambda: host.revision() == 3)
        self.assertEqual(self.limit(host), 0.03)

    def test_on_conflict_take_lets_the_file_win(self):
        host = self.start("take", on_conflict="take")
        self.set(host, "/chain/risk_managers/0/config/max_weight", 0.02)
        self.write_scenario(max_weight=0.03)
        wait_until("the files are taken", lambda: host.revision() == 3)
        self.assertEqual(self.limit(host), 0.03)

    # Drift.

    def test_status_and_diff_say_how_files_stand_to_what_runs(self):
        host = self.start("drift")
        self.until_state(host, "in sync")
        done = host.command("revision", "diff", "--files")
        self.assertEqual((done.returncode, done.stdout), (0, "the files say what runs\n"))
        self.set(host, "/chain/risk_managers/0/config/max_weight", 0.02)
        self.until_state(host, "differs")
        self.assertIn("differs in 1, `cadre revision diff --files` shows how", " ".join(host.command("status").stdout.split()))
        done = host.command("revision", "diff", "--files")
        self.assertEqual((done.returncode, done.stdout), (1, "/books/0/scenario/chain/risk_managers/0/config/max_weight: 0.02 → 0.05\n"))
        done = host.command("revision", "diff", "1", "--files")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(host.stop(), 0)
        host.start()
        self.until_state(host, "differs")
        self.assertEqual(self.limit(host), 0.02)

    def test_a_changed_table_of_instruments_is_seen_by_its_rows_and_refused(self):
        host = self.host("table")
        table = os.path.join(self.folder, "instruments.csv")
        ids = list(json.loads(TEXTS[0])["bars"])
        with open(table, "w", encoding="utf-8") as file:
            file.write("id,lot\n" + "".join(f"{id},1\n" for id in ids))
        self.document["instruments"] = {"file": "instruments.csv"}
        self.document["data"]["prices"]["ticks_and_lots"] = "accept"
        self.write_scenario()
        host.start()
        rows = host.document()["books"][0]["scenario"]["instruments"]["table"]
        self.assertEqual([row["id"] for row in rows], ids)
        changed = ids[3]
        with open(table + ".new", "w", encoding="utf-8") as file:
            file.write("id,lot\n" + "".join(f"{id},{10 if id == changed else 1}\n" for id in reversed(ids)))
        os.rename(table + ".new", table)
        self.until_state(host, "refused")
        problems = [p for refusal in host.status()["refused"] for p in refusal["problems"]]
        self.assertEqual({p["code"] for p in problems}, {"CONFIG_NEVER_CHANGES"}, problems)
        said = host.command("revision", "diff", "--files").stdout
        self.assertIn("/books/0/scenario/instruments/table/3/lot", said)
        self.assertNotIn("/table/2", said)

    def test_diff_of_files_that_cannot_be_read_says_why(self):
        host = self.start("unreadable")
        with open(self.scenario, "w", encoding="utf-8") as file:
            file.write("{")
        done = host.command("revision", "diff", "--files")
        self.assertEqual(done.returncode, 3)
        self.assertIn("demo.json", done.stderr)
        for words in (("1",), (), ("1", "1", "--files")):
            self.assertEqual(host.command("revision", "diff", *words).returncode, 2)

    def test_what_was_refused_is_shown_after_a_restart_until_it_is_mended(self):
        host = self.start("refused")
        self.write_scenario(max_weight=-1)
        self.until_state(host, "refused")
        shown = host.status()["refused"]
        refused = host.command("revision", "apply", "--set", "/chain/constraints/max_weight=-2", "--reason", "x")
        self.assertEqual(refused.returncode, 3)
        self.assertEqual(len(host.status()["refused"]), 2)
        host.kill()
        host.start()
        self.assertEqual(host.status()["refused"][0], shown[0])
        self.assertEqual(self.state(host), {"refused"})
        self.assertEqual(self.state(host, "request"), {"refused"})
        self.write_scenario()
        self.until_state(host, "in sync")
        self.assertEqual([r["source"] for r in host.status()["refused"]], ["--set"])
        self.set(host, "/chain/constraints/max_weight", 0.5)
        self.assertEqual(host.status()["refused"], [])

    # The watch.

    def test_a_folder_that_is_named_only_now_is_watched_from_now_on(self):
        host = self.start("folders", poll_ms=0)
        other = os.path.join(self.root, "elsewhere")
        os.makedirs(other)
        away = os.path.join(other, "chain.json")
        with open(away, "w", encoding="utf-8") as file:
            file.write("{")  # and it is broken at first
        replace(self.scenario, dict(self.document, chain="../elsewhere/chain.json"))
        self.until_state(host, "refused")
        for number, limit in ((2, 0.03), (3, 0.02)):
            replace(away, dict(self.document["chain"], risk_managers=[risk_manager(version="*", max_weight=limit)]))
            wait_until(lambda: f"it is taken: {host.status()['refused']}", lambda: host.revision() == number)
            self.assertEqual(self.limit(host), limit)

    def test_the_watch_is_switched_off_and_on_while_it_runs(self):
        host = self.start("switch")
        self.write_host(enabled=False)
        wait_until("it is off", lambda: host.document()["watch"]["enabled"] is False)
        self.assertEqual(self.state(host), {"not watched"})
        number = host.revision()
        self.write_scenario(max_weight=0.03)
        document = host.document()
        document["watch"]["enabled"] = True
        self.assertEqual(host.apply(document)[0], 201)
        # What was edited meanwhile is seen; that the file says "off" is a difference and no edit.
        wait_until(lambda: f"the edit is taken {host.status()}", lambda: self.limit(host) == 0.03)
        self.assertEqual((host.revision(), host.document()["watch"]["enabled"]), (number + 2, True))

    def test_a_host_that_began_without_a_watch_begins_one_when_it_is_told(self):
        host = self.start("late", enabled=False)
        self.write_scenario(max_weight=0.03)
        document = host.document()
        document["watch"]["enabled"] = True
        self.assertEqual(host.apply(document)[0], 201)
        wait_until("the edit is taken", lambda: self.limit(host) == 0.03)

    def test_the_quiet_time_of_the_watch_changes_while_it_runs(self):
        host = self.start("debounce", debounce_ms=60000)
        document = host.document()
        document["watch"]["debounce_ms"] = 20
        self.assertEqual(host.apply(document)[0], 201)
        self.write_scenario(max_weight=0.03)
        wait_until("the edit is taken long before a minute", lambda: self.limit(host) == 0.03, 30)


if __name__ == "__main__":
    run_tests("build", "cadre")
