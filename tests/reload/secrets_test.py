"""Settings that refer to a secret: the agent is given the value, and nobody else ever has it.

Usage: secrets_test.py --build BUILD --cadre CADRE
"""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import RunningHost, agent_folders, bars, fresh_folder, risk_manager, scenario, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(300)
VALUE = "open sesame 7c1f0e52ab"
OTHER = "the wrong words 99d0aa41"


def holding(folder, value):
    """The files below that have these bytes."""
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    if value.encode() in file.read():
                        found.append(path)
    return found


class Secrets(unittest.TestCase):
    maxDiff = None

    def host(self, name, manager=None, variants=("takes_a_secret",)):
        self.root = fresh_folder(arguments.build, "reload_secrets_test", name)
        self.secrets = os.path.join(self.root, "secrets")
        os.mkdir(self.secrets, 0o700)
        write_json(os.path.join(self.root, "demo.json"), scenario([manager or self.manager()]))
        config = write_json(os.path.join(self.root, "host.json"), {"name": "host", "watch": {"enabled": False}, "books": [{"scenario": "demo.json"}]})
        host = RunningHost(arguments.cadre, self.root, config, agent_folders(arguments.build, *variants))
        self.addCleanup(host.end)
        return host

    def manager(self, password=None, **more):
        return {"name": "risk", "agent": "reload.counting_risk", "version": "1.15.0",
                "config": {"max_weight": 0.05, "password": password or {"secret": "door"}}, **more}

    def write(self, value, name="door", mode=0o400):
        path = os.path.join(self.secrets, name)
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(value)
        os.chmod(path, mode)

    def start(self, host, *more):
        return host.start("--secrets", self.secrets, *more)

    def refused(self, host, *more):
        host.spawn(*more)
        self.assertEqual(host.wait(), 3, host.log_text())
        return host.log_text()

    def nowhere(self, host, *values):
        """In nothing that the host has written: state folder with revisions, journals, flights, and its log."""
        for value in values:
            self.assertEqual([p for p in holding(self.root, value) if not p.startswith(self.secrets)], [])

    def test_the_agent_gets_the_value_and_nothing_that_is_written_has_it(self):
        host = self.host("given")
        self.write(VALUE + "\n")
        self.start(host)
        host.post(TEXTS)
        self.assertEqual(host.settled_book()["decisions"], len(TEXTS) - 253)
        stage = host.stage("risk")
        self.assertEqual((stage["secrets"], stage["isolation"]), (["door"], "process_alone"))
        shown = [str(host.get(target)) for target in ("/v1/status", "/v1/revisions/1", "/v1/books/main/decisions", "/v1/books/main/orders")]
        self.assertNotIn(VALUE, "".join(shown))
        self.assertEqual(host.document()["books"][0]["scenario"]["chain"]["risk_managers"][0]["config"]["password"], {"secret": "door"})
        self.assertIn('"secret": "door"', host.command("revision", "show", "1").stdout)
        host.kill()
        self.start(host)
        self.assertEqual(host.stop(), 0)
        self.nowhere(host, VALUE)

    def test_its_process_cannot_be_looked_into(self):
        host = self.host("memory")
        self.write(VALUE)
        self.start(host)
        child = host.book()["processes"][0]["pid"]
        with open(f"/proc/{child}/environ", "rb") as file:
            self.assertEqual(file.read(), b"")
        self.assertNotIn("cadre-secrets", " ".join(os.readlink(f"/proc/{child}/fd/{n}") for n in os.listdir(f"/proc/{child}/fd")))
        self.assertNotIn("cadre-secrets", " ".join(os.readlink(f"/proc/{host.process.pid}/fd/{n}") for n in os.listdir(f"/proc/{host.process.pid}/fd")))
        # Not dumpable: its files belong to root, whoever it runs as; a host of root shows no difference there.
        if os.geteuid() != 0:
            self.assertEqual(os.stat(f"/proc/{child}/mem").st_uid, 0)

    def test_a_start_without_the_secret_says_what_is_missing_and_where(self):
        host = self.host("missing")
        said = self.refused(host)
        self.assertIn("SECRETS_NOT_GIVEN", said)
        self.assertIn("--secrets DIR", said)
        said = self.refused(host, "--secrets", self.secrets)
        self.assertIn("SECRET_MISSING", said)
        self.assertIn("/chain/risk_managers/0/config/password", said)
        self.assertIn(os.path.join(self.secrets, "door"), said)
        self.write(VALUE, mode=0o444)
        self.assertIn("SECRET_NOT_PRIVATE", self.refused(host, "--secrets", self.secrets))
        self.write(VALUE)
        self.start(host)

    def test_a_value_that_the_agent_refuses_is_not_repeated(self):
        host = self.host("repeated")
        self.write(OTHER)
        said = self.refused(host, "--secrets", self.secrets)
        self.assertIn("the door stays shut for (a secret)", said)
        self.nowhere(host, OTHER)

    def test_a_value_that_is_long_or_has_several_lines_is_not_repeated_either(self):
        host = self.host("long")
        for value, trace in (("the wrong words " + "7b1d" * 1000, "7b1d"), ("-----BEGIN KEY-----\n5e0c77aa19\n-----END KEY-----\n", "5e0c77aa19")):
            self.write(value)
            said = self.refused(host, "--secrets", self.secrets)
            self.assertIn("the door stays shut for (a secret)", said)
            self.nowhere(host, trace)

    def test_credentials_of_the_service_manager_are_the_folder(self):
        host = self.host("systemd")
        self.write(VALUE)
        environment = host.environment
        host.environment = lambda: {**environment(), "CREDENTIALS_DIRECTORY": self.secrets}
        host.start()
        self.assertEqual(host.stage("risk")["secrets"], ["door"])

    def test_an_apply_that_refers_to_a_missing_secret_changes_nothing(self):
        host = self.host("apply")
        self.write(VALUE)
        self.start(host)
        done = host.command("revision", "apply", "--set", '/chain/risk_managers/0/config/password={"secret": "window"}', "--reason", "test")
        self.assertEqual(done.returncode, 3)
        self.assertIn("SECRET_MISSING", done.stderr)
        self.assertEqual(host.revision(), 1)
        self.write(VALUE + " too", "window")
        done = host.command("revision", "apply", "--set", '/chain/risk_managers/0/config/password={"secret": "window"}', "--reason", "test")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((host.revision(), host.stage("risk")["secrets"]), (2, ["window"]))
        self.assertEqual(host.stop(), 0)
        self.nowhere(host, VALUE)

    def test_a_secret_that_changed_takes_effect_when_the_agent_is_made_again(self):
        host = self.host("changed")
        self.write(VALUE)
        self.start(host)
        host.post(TEXTS[:280])
        self.write(OTHER)
        host.post(TEXTS[280:290])
        self.assertEqual(host.stage("risk")["failures"], 0)
        done = host.command("agent", "restart", "main/risk", "--reason", "a new value")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("(a secret)", done.stderr)
        self.write(VALUE + " and more")
        done = host.command("agent", "restart", "main/risk", "--reason", "a new value")
        self.assertEqual(done.returncode, 0, done.stderr)
        host.post(TEXTS[290:])
        self.assertEqual((host.stage("risk")["failures"], host.settled_book()["decisions"]), (0, len(TEXTS) - 253))
        self.assertEqual(host.stop(), 0)
        self.nowhere(host, VALUE, OTHER)

    def test_an_agent_with_a_secret_shares_no_process(self):
        host = self.host("shared", self.manager(isolation="process"))
        self.write(VALUE)
        said = self.refused(host, "--secrets", self.secrets)
        self.assertIn("SECRET_NOT_ALONE", said)
        self.assertIn("/chain/risk_managers/0/isolation", said)

    def test_a_reference_where_no_text_is_wanted_is_a_wrong_setting(self):
        manager = risk_manager()
        manager["config"]["max_weight"] = {"secret": "door"}
        host = self.host("number", manager, ("v1",))
        self.write("0.05")
        said = self.refused(host, "--secrets", self.secrets)
        self.assertIn("/chain/risk_managers/0/config/max_weight", said)
        self.assertIn("CONFIG_WRONG_TYPE", said)

    def test_a_host_file_is_checked_with_its_secrets(self):
        host = self.host("checked")
        check = lambda *more: subprocess.run([arguments.cadre, *host.options(), "check", host.config, *more], capture_output=True, text=True, timeout=60)
        self.assertIn("SECRETS_NOT_GIVEN", check().stderr)
        self.assertIn("SECRET_MISSING", check("--secrets", self.secrets).stderr)
        self.write(VALUE)
        done = check("--secrets", self.secrets)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(VALUE, done.stdout + done.stderr)

    def test_a_backtest_has_no_secrets_and_says_so(self):
        host = self.host("backtest")
        self.write(VALUE)
        done = subprocess.run([arguments.cadre, *host.options(), "backtest", os.path.join(self.root, "demo.json")],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 3)
        self.assertIn("SECRETS_NOT_GIVEN", done.stderr)


if __name__ == "__main__":
    run_tests("build", "cadre")
