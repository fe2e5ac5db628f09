"""The package on a Debian of its own, with a systemd that runs: installed, used, upgraded with its state, removed, purged.

Takes root, debootstrap, systemd-nspawn and a Debian mirror; is skipped where one of them is missing.

Usage: machine_test.py --build BUILD
"""

import hashlib
import json
import os
import shutil
import sys
import unittest

from packages import ROOT, Chroot, build_packages, can_make_chroots, project_version, repack

sys.path.insert(0, os.path.join(ROOT, "tests", "hosts"))
from running_host import Client, read_bars  # noqa: E402
from test_main import run_tests  # noqa: E402

arguments = None


def with_another_momentum(folder):
    """An agent of other bytes, which does the same."""
    agents = os.path.join(folder, "usr/lib/cadre/agents")
    with open(os.path.join(agents, "momentum.so"), "ab") as file:
        file.write(b"\0")
    with open(os.path.join(agents, "momentum.so"), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    with open(os.path.join(agents, "momentum.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    manifest["library"]["sha256"] = digest
    with open(os.path.join(agents, "momentum.json"), "w", encoding="utf-8") as file:
        json.dump(manifest, file)


@unittest.skipUnless(can_make_chroots(), "takes root, debootstrap and a Debian mirror")
@unittest.skipUnless(shutil.which("systemd-nspawn"), "takes systemd-nspawn (package systemd-container)")
class MachineTest(unittest.TestCase):
    """One life of a service, in order: each test goes on where the one before it ended."""

    @classmethod
    def setUpClass(cls):
        cls.packages = build_packages(arguments.build)
        cls.addClassCleanup(shutil.rmtree, cls.packages.folder)
        cls.later = build_packages(arguments.build, version=project_version() + "+1")
        cls.addClassCleanup(shutil.rmtree, cls.later.folder)
        repack(cls.later.cadre, with_another_momentum)
        cls.chroot = Chroot().__enter__()
        cls.addClassCleanup(cls.chroot.__exit__)
        cls.installed = cls.chroot.install(cls.packages.cadre)
        cls.chroot.run("useradd anna --groups cadre; useradd bob")
        cls.machine = cls.chroot.boot().__enter__()
        cls.addClassCleanup(cls.machine.__exit__)

    def status(self):
        return json.loads(self.machine.try_to("cadre status --json")[1])

    def standing(self):
        book = self.status()["books"][0]
        return {key: book[key] for key in ("book", "date", "equity", "orders", "fills", "order_hash", "sequence")}

    def edit(self, change):
        path = f"/proc/{self.machine.leader}/root/etc/cadre/host.json"
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        change(document)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)

    def wait_until_active(self):
        self.machine.wait_for("the service", lambda: self.machine.shown("ActiveState") == "active")

    def test_1_it_is_installed_enabled_and_runs(self):
        self.assertEqual(self.machine.run("systemctl is-enabled cadre").strip(), "enabled")
        self.wait_until_active()
        self.assertEqual(self.machine.shown("StatusText"), "revision 1, 1 book: nothing is wrong")
        self.assertEqual(self.machine.run("stat -c '%U %G %a' /var/lib/cadre /run/cadre /run/cadre/admin.sock").split("\n")[:3],
                         ["cadre cadre 750", "cadre cadre 750", "cadre cadre 660"])
        self.assertIn("host_started", self.machine.run("journalctl --unit cadre CADRE_EVENT=host_started --no-pager"))

    def test_2_members_of_the_group_may_use_it_and_nobody_else(self):
        for user in (None, "anna"):
            self.assertIn("nothing is wrong", self.machine.run("cadre status", user))
        code, printed = self.machine.try_to("cadre status", "bob")
        self.assertEqual(code, 7)
        self.assertIn("[HOST_SERVICE_FORBIDDEN]", printed)
        self.assertIn("usermod --append --groups cadre bob", printed)
        self.machine.run("cadre halt --reason lunch", "anna")
        self.machine.wait_for("the status", lambda: "demo is halted: anna: lunch" in self.machine.shown("StatusText"))
        self.machine.run("cadre resume --reason back", "anna")
        self.machine.wait_for("the status", lambda: "nothing is wrong" in self.machine.shown("StatusText"))

    def test_3_it_trades_and_agents_in_processes_of_their_own_work_under_the_units_hardening(self):
        self.edit(lambda document: document["books"][0]["set"].update({"/chain/position_sizer/isolation": "process"}))
        self.machine.run("systemctl reload cadre")
        self.machine.wait_for("the reload", lambda: self.status()["revision"]["number"] == 2)
        client = Client(self.machine.socket)
        self.addCleanup(client.close)
        bars = read_bars(300)
        for at in range(0, len(bars), 50):
            status, body = client.request("POST", "/v1/books/demo/bars", json.dumps(bars[at:at + 50]))
            self.assertEqual(status, 202, body)
        self.machine.wait_for("the decisions", lambda: self.status()["books"][0]["date"] == bars[-1]["date"])
        book = self.status()["books"][0]
        self.assertGreater(book["orders"], 0)
        self.assertEqual([stage["failures"] for stage in book["stages"]], [0] * len(book["stages"]))
        process = book["processes"][0]
        self.assertEqual(process["stages"], ["position_sizer"])
        self.assertGreater(process["resident_bytes"], 0)

    def test_4_a_reload_of_wrong_files_fails_and_changes_nothing(self):
        before = self.status()["revision"]["number"]
        self.edit(lambda document: document.update(unknown_key=1))
        code, _ = self.machine.try_to("systemctl reload cadre")
        self.assertNotEqual(code, 0)
        self.assertIn("unknown_key", self.machine.run("journalctl --unit cadre --no-pager"))
        self.assertEqual(self.status()["revision"]["number"], before)
        self.assertEqual(self.machine.shown("ActiveState"), "active")
        self.edit(lambda document: document.pop("unknown_key"))
        self.machine.run("systemctl reload cadre")

    def test_5_a_host_that_is_killed_comes_back_as_it_stood(self):
        before = self.standing()
        self.machine.run("kill -KILL " + self.machine.shown("MainPID"))
        self.machine.wait_for("the restart", lambda: self.machine.shown("NRestarts") == "1" and self.machine.shown("ActiveState") == "active")
        self.assertEqual(self.standing(), before)

    def test_5_one_that_does_not_answer_is_ended_by_the_watchdog_and_comes_back(self):
        before = self.standing()
        drop_in = "/etc/systemd/system/cadre.service.d"
        self.machine.run(f"mkdir {drop_in} && printf '[Service]\\nWatchdogSec=2s\\nTimeoutAbortSec=1s\\n' > {drop_in}/soon.conf && systemctl daemon-reload")
        self.machine.run("systemctl restart cadre")
        self.machine.run("kill -STOP " + self.machine.shown("MainPID"))
        self.machine.wait_for("the watchdog", lambda: self.machine.shown("NRestarts") == "1" and self.machine.shown("ActiveState") == "active")
        self.assertIn("Watchdog timeout", self.machine.run("journalctl --unit cadre --no-pager"))
        self.assertEqual(self.standing(), before)
        self.machine.run(f"rm -r {drop_in} && systemctl daemon-reload && systemctl restart cadre")

    def test_6_an_upgrade_restarts_it_with_its_state_and_the_administrators_configuration(self):
        before, process, revision = self.standing(), self.machine.shown("MainPID"), self.status()["revision"]["number"]
        self.machine.run("apt-get install --yes " + self.chroot.put(self.later.cadre))
        self.assertIn(self.later.version, self.machine.run("dpkg-query --show cadre"))
        self.wait_until_active()
        self.assertNotEqual(self.machine.shown("MainPID"), process)
        self.assertIn("isolation", self.machine.run("cat /etc/cadre/host.json"))
        # Agents of the new package are a change like any other.
        self.machine.wait_for("the revision", lambda: self.status()["revision"]["number"] == revision + 1)
        now = self.standing()
        self.assertGreater(now.pop("sequence"), before.pop("sequence"))  # that of the revision
        self.assertEqual(now, before)

    def test_7_removed_it_stops_and_keeps_state_and_configuration(self):
        printed = self.machine.run("apt-get remove --yes cadre")
        self.assertIn("are kept", printed)
        self.assertNotEqual(self.machine.shown("ActiveState"), "active")
        self.machine.run("test ! -e /usr/bin/cadre && test -e /etc/cadre/host.json && test -e /var/lib/cadre/CURRENT")

    def test_8_installed_again_it_goes_on(self):
        self.machine.run("apt-get install --yes " + self.chroot.put(self.later.cadre))
        self.wait_until_active()
        self.assertEqual(self.standing()["date"], read_bars(300)[-1]["date"])

    def test_9_purged_it_is_gone_with_its_state(self):
        printed = self.machine.run("apt-get purge --yes cadre")
        self.assertIn("are deleted", printed)
        self.machine.run("test ! -e /etc/cadre && test ! -e /var/lib/cadre && test ! -e /usr/lib/cadre && id cadre")
        self.assertIn("cadre.service", self.machine.try_to("systemctl status cadre")[1])


@unittest.skipUnless(can_make_chroots(), "takes root, debootstrap and a Debian mirror")
class ChrootTest(unittest.TestCase):
    def test_without_a_systemd_that_runs_nothing_fails_and_the_sdk_builds_its_template(self):
        made = build_packages(arguments.build)
        self.addCleanup(shutil.rmtree, made.folder)
        with Chroot() as chroot:
            chroot.install(made.cadre, made.sdk)
            chroot.run("apt-get install --yes --no-install-recommends g++ make")
            chroot.run("cmake -S /usr/share/cadre/template -B /srv/agent && cmake --build /srv/agent")
            agents = json.loads(chroot.run("cadre --agents /srv/agent/agents agent list --json"))
            self.assertEqual([agent["id"] for agent in agents], ["example.cash_reserve"])
            chroot.run("apt-get purge --yes cadre cadre-sdk")
            chroot.run("test ! -e /usr/include/cadre && test ! -e /var/lib/cadre")


if __name__ == "__main__":
    run_tests("build")
