"""What `cadre revision` and its kin promise of a running host, one promise per test.

Usage: changes_test.py --build BUILD --cadre CADRE
"""

import os
import shutil
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from journal_file import Journal
from running_host import DEADLINE_S, RunningHost, agent_folders, bars, fresh_folder, risk_manager, scenario, sha256_of, wait_until, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(600)
WARM_UP_BARS = 300


def tree(folder, *but):
    """Every file below it with its bytes."""
    found = {}
    for path, _, files in os.walk(folder):
        for name in files:
            # What is being written has a name of its own until it is whole.
            if name.split(".")[0] in but or name in but or set(path.split(os.sep)) & set(but):
                continue
            with open(os.path.join(path, name), "rb") as file:
                found[os.path.relpath(os.path.join(path, name), folder)] = file.read()
    return found


class Changes(unittest.TestCase):
    maxDiff = None

    def start(self, name, agents, books=("main",), managers=None, watch=False, **keys):
        root = fresh_folder(arguments.build, "reload_changes_test", name)
        self.path = os.path.join(root, "demo.json")
        write_json(self.path, scenario(managers or [risk_manager()]))
        rows = [{"scenario": "demo.json", "set": {"/book/id": book}} for book in books]
        self.config = write_json(os.path.join(root, "host.json"),
                                 {"name": "host", "books": rows, "watch": {"enabled": watch, "debounce_ms": 20}, **keys})
        host = RunningHost(arguments.cadre, root, self.config, agents).start()
        self.addCleanup(host.stop)
        self.books, self.at = books, 0
        self.post(host, WARM_UP_BARS)
        return host

    def post(self, host, count):
        for book in self.books:
            self.assertEqual(len(host.post(TEXTS[self.at:self.at + count], book)), count)
        self.at += count

    def run_command(self, host, code, *words):
        done = host.command(*words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def apply_file(self, host, managers, *more, code=0):
        write_json(self.path, scenario(managers))
        return self.run_command(host, code, "revision", "apply", self.path, "--reason", "test", *more)

    def journal(self, host, book="main"):
        return Journal(host.journal(book))

    def counted(self, host, stage="risk", book="main"):
        """How many bars the agent has counted, after the host has ended."""
        return int.from_bytes(self.journal(host, book).agent_state(stage)["bytes"][:8], "little")

    def test_a_dry_run_changes_nothing_at_all(self):
        host = self.start("dry", agent_folders(arguments.build, "v1", "v1b"))
        # A checkpoint of the start is finished by a thread of its own.
        left_out = ("admin.sock", "flights", "checkpoints", "acknowledged")
        before, status = tree(host.state, *left_out), host.standing()
        mapped = host.resources()
        done = self.apply_file(host, [risk_manager(version="1.0.1")], "--dry-run")
        self.assertIn("1.0.1", done.stdout)
        refused = self.apply_file(host, [risk_manager(max_weight=-1)], "--dry-run", code=3)
        self.assertIn("max_weight", refused.stderr)
        after = tree(host.state, *left_out)
        # The bytes of what was looked at are kept; nothing else is new, and nothing differs.
        new = sorted(set(after) - set(before))
        self.assertEqual({path.split(os.sep)[0] for path in new} - {"plugins"}, set())
        self.assertEqual({path: after[path] for path in before}, before)
        self.assertEqual(host.standing(), status)
        self.assertEqual(host.resources()["plugins_mapped"], mapped["plugins_mapped"])

    def test_a_stale_base_is_refused_with_the_difference(self):
        host = self.start("stale", agent_folders(arguments.build, "v1"))
        self.apply_file(host, [risk_manager(max_weight=0.04)])
        done = self.apply_file(host, [risk_manager(max_weight=0.03)], "--base", "1", code=4)
        self.assertIn("based on revision 1", done.stderr)
        self.assertIn("0.04", done.stderr + done.stdout)
        self.assertEqual(host.revision(), 2)

    def limit(self, host):
        return host.document()["books"][0]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"]

    def test_a_rollback_goes_back_along_the_line_and_never_forward(self):
        host = self.start("line", agent_folders(arguments.build, "v1"))
        back = lambda *more: self.run_command(host, 0, "revision", "rollback", "--reason", "back", *more)
        for limit in (0.04, 0.03):  # revisions 2 and 3
            self.apply_file(host, [risk_manager(max_weight=limit)])
        back()
        self.assertEqual((host.revision(), self.limit(host)), (4, 0.04))
        back()
        self.assertEqual((host.revision(), self.limit(host)), (5, 0.05))
        refused = self.run_command(host, 4, "revision", "rollback", "--reason", "back")
        self.assertIn("REVISION_NOTHING_BEFORE", refused.stderr)
        # What is applied now lies on what is in charge now, whatever was rolled back.
        self.apply_file(host, [risk_manager(max_weight=0.02)])
        back()
        self.assertEqual((host.revision(), self.limit(host)), (7, 0.05))
        # One that was rolled back comes again only by its name, and goes again.
        back("--to", "3")
        self.assertEqual((host.revision(), self.limit(host)), (8, 0.03))
        back()
        self.assertEqual((host.revision(), self.limit(host)), (9, 0.05))
        # The line outlives the host.
        self.assertEqual(host.stop(), 0)
        host.start()
        self.run_command(host, 4, "revision", "rollback", "--reason", "back")
        self.assertEqual([r["line"] for r in host.revisions()], [0, 1, 2, 1, 0, 5, 0, 7, 0])

    def test_a_stale_rollback_is_refused_with_the_difference(self):
        host = self.start("stale_back", agent_folders(arguments.build, "v1"))
        self.apply_file(host, [risk_manager(max_weight=0.04)])
        self.apply_file(host, [risk_manager(max_weight=0.03)])
        for target in ((), ("--to", "1")):
            done = self.run_command(host, 4, "revision", "rollback", "--base", "2", "--reason", "back", *target)
            self.assertIn("it is based on revision 2, current is 3", done.stderr)
            self.assertIn("max_weight: 0.04 → 0.03", done.stderr)
        self.assertEqual((host.revision(), self.limit(host)), (3, 0.03))
        self.run_command(host, 0, "revision", "rollback", "--base", "3", "--reason", "back")
        self.assertEqual((host.revision(), self.limit(host)), (4, 0.04))

    def test_applying_what_runs_says_unchanged(self):
        host = self.start("unchanged", agent_folders(arguments.build, "v1"))
        done = self.apply_file(host, [risk_manager()])
        self.assertIn("nothing changes: revision 1 is that already", done.stdout)
        self.assertEqual(host.revision(), 1)

    def test_a_hangup_applies_the_files(self):
        host = self.start("hangup", agent_folders(arguments.build, "v1"))
        write_json(self.path, scenario([risk_manager(max_weight=0.04)]))
        self.assertEqual(host.revision(), 1)
        host.process.send_signal(signal.SIGHUP)
        wait_until("the files are applied", lambda: host.revision() == 2)
        told = host.status()["revision"]
        self.assertEqual((told["actor"], told["reason"]), ("signal", "SIGHUP"))
        # And again after a rollback, although the files are the same.
        self.run_command(host, 0, "revision", "rollback", "--reason", "back")
        self.assertEqual(host.revision(), 3)
        host.process.send_signal(signal.SIGHUP)
        wait_until("the files are applied again", lambda: host.revision() == 4)

    def test_one_book_changes_and_the_other_keeps_its_agents(self):
        host = self.start("one_book", agent_folders(arguments.build, "v1", "v1b"), books=("main", "second"))
        self.apply_file(host, [risk_manager(version="1.0.1")], "--book", "second")
        self.assertEqual({s["since_revision"] for s in host.book("main")["stages"]}, {1})
        self.assertEqual({s["stage"]: s["since_revision"] for s in host.book("second")["stages"] if s["since_revision"] != 1}, {"risk": 2})
        self.assertEqual((host.stage("risk", "main")["version"], host.stage("risk", "second")["version"]), ("1.0.0", "1.0.1"))
        self.assertEqual((host.book("main")["book"], host.book("second")["book"]), ("main", "second"))
        # The other is not touched at all: it stays under the revision that changed it last, over a restart too.
        self.assertEqual((host.book("main")["revision"], host.book("second")["revision"]), (1, 2))
        self.post(host, 10)
        self.assertEqual(host.stop(), 0)
        host.start()
        self.assertEqual((host.revision(), host.book("main")["revision"], host.book("second")["revision"]), (2, 1, 2))
        self.post(host, 10)
        self.assertEqual(host.stop(), 0)
        for book in self.books:
            self.assertEqual(self.counted(host, book=book), self.at)
        self.assertEqual([r["revision"] for r in self.journal(host, "main").of("revision")], [1])
        self.assertEqual([r["revision"] for r in self.journal(host, "second").of("revision")], [1, 2])

    def test_apply_works_while_halted_and_leaves_it_halted(self):
        host = self.start("halted", agent_folders(arguments.build, "v1", "v1b"))
        self.run_command(host, 0, "halt", "--reason", "look")
        self.apply_file(host, [risk_manager(version="1.0.1")])
        self.assertEqual((host.revision(), host.book()["state"]), (2, "halted"))
        orders = host.book()["orders"]
        self.post(host, 5)
        self.assertEqual(host.book()["orders"], orders)
        self.run_command(host, 0, "resume", "--reason", "looked")
        self.post(host, 30)
        wait_until("it orders again", lambda: host.book()["orders"] > orders)

    def test_a_rollback_across_state_schemas_takes_the_observing_instance_back(self):
        host = self.start("schemas", agent_folders(arguments.build, "v1", "v2"))
        self.apply_file(host, [risk_manager(version="2.0.0")])
        self.post(host, 20)
        self.assertEqual(host.stage("risk")["version"], "2.0.0")
        self.run_command(host, 0, "revision", "rollback", "--reason", "back")
        self.assertEqual(host.stage("risk")["version"], "1.0.0")
        self.post(host, 20)
        self.assertEqual(host.stop(), 0)
        self.assertEqual(self.counted(host), self.at)
        journal = self.journal(host)
        schemas = [agent["schema"] for checkpoint in journal.of("checkpoint") for agent in checkpoint["agents"] if agent["stage"] == "risk"]
        self.assertEqual([s for i, s in enumerate(schemas) if i == 0 or schemas[i - 1] != s], [1, 2, 1])
        print(f"rollback across schemas: counted {self.counted(host)} of {self.at} bars, 20 of them while replaced")

    def test_a_rollback_across_schemas_works_with_other_changes_in_between(self):
        host = self.start("schemas_far", agent_folders(arguments.build, "v1", "v2"))
        self.apply_file(host, [risk_manager(version="2.0.0")])
        for limit in (0.04, 0.03):  # a hot key, then a new stage
            self.post(host, 10)
            self.apply_file(host, [risk_manager(version="2.0.0", max_weight=limit), risk_manager("other")])
        self.post(host, 10)
        self.run_command(host, 0, "revision", "rollback", "--to", "1", "--reason", "far back")
        self.assertEqual(host.stage("risk")["version"], "1.0.0")
        self.post(host, 10)
        self.assertEqual(host.stop(), 0)
        self.assertEqual(self.counted(host), self.at)

    def test_an_old_revision_comes_back_from_the_store_alone(self):
        operator = fresh_folder(arguments.build, "reload_changes_test", "operator")
        for variant in ("v1", "v1b"):
            shutil.copytree(os.path.join(arguments.build, "reload_agents", variant), os.path.join(operator, variant))
        host = self.start("store", [os.path.join(arguments.build, "agents"), operator])
        self.apply_file(host, [risk_manager(version="1.0.1")])
        self.apply_file(host, [risk_manager(version="1.0.1", max_weight=0.04)])
        shutil.rmtree(operator)
        self.run_command(host, 0, "revision", "rollback", "--to", "1", "--reason", "far back")
        self.assertEqual((host.revision(), host.stage("risk")["version"]), (4, "1.0.0"))
        self.assertEqual(host.status()["revision"]["restores"], 1)
        self.post(host, 5)
        self.assertEqual(host.stop(), 0)
        # And boots from it.
        host.start()
        self.assertEqual((host.revision(), host.stage("risk")["version"]), (4, "1.0.0"))
        self.assertEqual(host.stop(), 0)
        self.assertEqual(self.counted(host), self.at)

    def test_killed_right_after_an_apply_it_boots_what_was_confirmed(self):
        host = self.start("killed", agent_folders(arguments.build, "v1", "v1b", "v2"))
        for version in ("1.0.1", "1.0.0", "1.0.1", "2.0.0"):
            document = host.document()
            document["books"][0]["scenario"]["chain"]["risk_managers"][0]["version"] = version
            status, answer = host.apply(document)
            self.assertEqual(status, 201, answer)
            host.kill()
            host.start()
            self.assertEqual((host.revision(), host.stage("risk")["version"]), (answer["revision"], version))
            self.post(host, 3)
        self.assertEqual(host.stop(), 0)
        self.assertEqual(self.counted(host), self.at)
        self.assertEqual(self.journal(host).gaps(), [])

    def test_a_stop_in_the_middle_of_applies_ends_cleanly(self):
        host = self.start("stopping", agent_folders(arguments.build, "v1", "v1b"))
        document = host.document()
        host.process.send_signal(signal.SIGTERM)
        try:
            document["books"][0]["scenario"]["chain"]["risk_managers"][0]["version"] = "1.0.1"
            status, answer = host.apply(document, based_on=1)
            self.assertIn(status, (201, 503), answer)
        except OSError:
            pass  # its socket was gone already
        self.assertEqual(host.process.wait(DEADLINE_S), 0, host.log_text())
        host.start()
        self.assertIn(host.revision(), (1, 2))
        self.post(host, 3)

    def test_a_damaged_revision_is_refused_and_hides_no_other(self):
        host = self.start("damaged", agent_folders(arguments.build, "v1"))
        for limit in (0.04, 0.03, 0.02):
            self.apply_file(host, [risk_manager(max_weight=limit)])
        with open(os.path.join(host.state, "revisions", "000002.json"), "r+b") as file:
            file.write(b"{]")
        done = self.run_command(host, 3, "revision", "rollback", "--to", "2", "--reason", "x")
        self.assertIn("000002.json", done.stderr)
        self.assertEqual(host.stop(), 0)
        host.start()
        self.assertEqual(host.revision(), 4)
        self.assertEqual([r["revision"] for r in host.revisions()], [1, 3, 4])
        self.run_command(host, 0, "revision", "rollback", "--to", "1", "--reason", "x")

    def test_a_store_that_cannot_be_written_refuses_the_apply(self):
        host = self.start("read_only", agent_folders(arguments.build, "v1", "v1b"))
        # A file in the place of the folder: also for one who may write everywhere.
        sha256 = sha256_of(arguments.build, "v1b")
        with open(os.path.join(host.state, "plugins", sha256), "w", encoding="utf-8"):
            pass
        done = self.apply_file(host, [risk_manager(version="1.0.1")], code=3)
        self.assertIn(sha256, done.stderr)
        os.rename(os.path.join(host.state, "revisions"), os.path.join(host.state, "elsewhere"))
        self.apply_file(host, [risk_manager(max_weight=0.04)], code=3)
        os.rename(os.path.join(host.state, "elsewhere"), os.path.join(host.state, "revisions"))
        self.assertEqual((host.revision(), host.stage("risk")["version"]), (1, "1.0.0"))
        self.post(host, 5)
        self.apply_file(host, [risk_manager(max_weight=0.04)])
        self.assertEqual(host.revision(), 2)

    def test_an_apply_that_could_not_be_booted_is_refused_before_any_book_takes_it(self):
        host = self.start("no_current", agent_folders(arguments.build, "v1"))
        current = os.path.join(host.state, "CURRENT")
        os.rename(current, current + ".away")
        os.mkdir(current)  # also for one who may write everywhere
        refused = self.apply_file(host, [risk_manager(max_weight=0.04)], code=3)
        self.assertIn("FILE_NOT_WRITABLE", refused.stderr)
        self.assertEqual((host.revision(), self.limit(host), len(host.revisions())), (1, 0.05, 1))
        self.post(host, 5)
        os.rmdir(current)
        os.rename(current + ".away", current)
        self.apply_file(host, [risk_manager(max_weight=0.04)])
        host.kill()
        host.start()
        self.assertEqual((host.revision(), self.limit(host)), (2, 0.04))

    def test_an_agent_that_hangs_while_it_is_destroyed_holds_up_nobody(self):
        host = self.start("hanging", agent_folders(arguments.build, "v1", "v1b", "hangs_in_destroy"))
        self.apply_file(host, [risk_manager(version="1.14.0")])
        self.apply_file(host, [risk_manager(version="1.0.0")])
        done = self.apply_file(host, [risk_manager(version="1.0.1")])  # now it has to go
        retained = host.status()["retained"]
        self.assertEqual(len(retained), 1, done.stdout + done.stderr)
        self.assertIn("hangs_in_destroy", retained[0]["library"])
        self.run_command(host, 0, "halt", "--reason", "still possible")
        self.run_command(host, 0, "resume", "--reason", "still possible")
        self.apply_file(host, [risk_manager(version="1.0.1", max_weight=0.03)])
        self.post(host, 5)
        wait_until("it is gone", lambda: not host.status()["retained"])
        wait_until("its library is unmapped", lambda: host.resources()["plugins_mapped"] == 9)

    def test_an_agent_that_hangs_while_it_is_destroyed_holds_up_no_book_after_its_restart(self):
        host = self.start("restarted", agent_folders(arguments.build, "v1", "hangs_in_destroy"))
        self.apply_file(host, [risk_manager(version="1.14.0")])
        self.run_command(host, 0, "agent", "restart", "main/risk", "--reason", "test")
        self.assertIn("hangs_in_destroy", host.status()["retained"][0]["library"])
        self.post(host, 5)
        self.assertNotIn('"event":"stuck"', host.command("events", "--all", "--json").stdout.replace(" ", ""))
        self.assertEqual(host.book()["state"], "deciding")
        wait_until("it is gone", lambda: not host.status()["retained"])
        self.assertEqual(host.stop(), 0)

    def test_a_chain_of_a_thousand_stages_comes_and_goes(self):
        # Each of the thousand is tried in two processes of its own.
        host = self.start("thousand", agent_folders(arguments.build, "v1"), probe_timeout_ms=120_000)
        many = [risk_manager(f"risk{i}", max_weight=0.05 + i * 1e-6) for i in range(1000)]
        self.apply_file(host, [risk_manager()] + many)
        self.post(host, 3)
        wait_until("they were decided", lambda: host.book()["decisions"] == self.at - 253)
        self.assertEqual(len(host.book()["stages"]), 1008)
        self.run_command(host, 0, "revision", "rollback", "--reason", "enough")
        self.post(host, 3)
        self.assertEqual(host.resources()["plugins_mapped"], 8)


if __name__ == "__main__":
    run_tests("build", "cadre")
