"""What an operator does to files while the host watches them: every final content is applied once, nothing half-written ever.

Usage: files_test.py --build BUILD --cadre CADRE

The tests run as whoever runs them; for root a file is never unreadable, so that a link to nowhere stands for one.
"""

import json
import os
import shutil
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import Feeder, RunningHost, bars, fresh_folder, risk_manager, scenario, sha256_of, wait_until, write_json
from test_main import run_tests  # noqa: E402

arguments = None
WARM_UP_BARS = 300
TEXTS = bars(WARM_UP_BARS + 40000)
VERSIONS = {"v1": "1.0.0", "v1b": "1.0.1"}


def content(variant, name):
    with open(os.path.join(arguments.build, "reload_agents", variant, name), "rb") as file:
        return file.read()


def overwrite(path, data):
    """In the same file, as `cp` does."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(descriptor, data)
    os.close(descriptor)


def rename_over(path, data):
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.rename(path + ".new", path)


class Files(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.root = fresh_folder(os.path.abspath(arguments.build), "reload_files_test", self.id().rsplit(".", 1)[1][:40])
        self.operator = os.path.join(self.root, "operator", "risk")
        os.makedirs(self.operator)
        self.library, self.manifest = (os.path.join(self.operator, n) for n in ("lib.so", "manifest.json"))
        self.config_folder = os.path.join(self.root, "config")
        os.makedirs(self.config_folder)
        self.scenario = os.path.join(self.config_folder, "demo.json")
        self.chain = os.path.join(self.config_folder, "chain.json")
        document = scenario([risk_manager(version="*")])
        self.document, self.chain_document = dict(document, chain="chain.json"), document["chain"]
        write_json(self.scenario, self.document)
        write_json(self.chain, self.chain_document)
        config = write_json(os.path.join(self.config_folder, "host.json"),
                            {"name": "host", "books": [{"scenario": "demo.json"}], "watch": {"debounce_ms": 30}})
        self.install("v1")
        self.host = RunningHost(arguments.cadre, self.root, config,
                                [os.path.join(arguments.build, "agents"), os.path.join(self.root, "operator")]).start()
        self.host.post(TEXTS[:WARM_UP_BARS])
        # Trades all the time; every answer that is not 202 or 429 fails the test.
        self.feeder = Feeder(self.host, "main", TEXTS[WARM_UP_BARS:], group=1)
        self.feeder.start()
        self.made = [1]

    def tearDown(self):
        self.assertTrue(self.host.is_alive(), self.host.log_text())
        before = self.host.book()["decisions"]
        wait_until("it goes on deciding", lambda: self.host.book()["decisions"] > before)
        posted = self.feeder.finish()
        self.assertEqual(self.host.stop(), 0, self.host.log_text())
        print(f"{self.id().rsplit('.', 1)[1]}: {len(self.made)} revisions, {len(posted)} bars posted meanwhile, all answered")

    def install(self, variant):
        overwrite(self.library, content(variant, "lib.so"))
        overwrite(self.manifest, content(variant, "manifest.json"))

    def has_settled(self, marker=[0]):
        """The watch has looked at everything done until now: it is shown one thing more, and that is taken back."""
        marker[0] += 1
        good = json.dumps(dict(self.chain_document, x=marker[0]))
        overwrite(os.path.join(self.config_folder, "chain.json"), good.encode())
        wait_until("the watch sees the marker", lambda: any(p["pointer"].endswith("/x") for r in self.host.status()["refused"] for p in r["problems"]))
        write_json(self.chain, self.chain_document)
        wait_until("the watch sees it is gone", lambda: not self.host.status()["refused"])

    def expect_version(self, variant):
        """It runs in the end, and came in one revision."""
        wait_until(lambda: f"{variant} runs: {self.host.status()['waiting']} {self.host.status()['refused']}",
                   lambda: self.host.stage("risk")["sha256"] == sha256_of(arguments.build, variant))
        self.made.append(self.made[-1] + 1)
        self.has_settled()
        self.assertEqual([r["revision"] for r in self.host.revisions()], self.made)
        self.assertEqual((self.host.status()["waiting"], self.host.status()["refused"]), ([], []))

    def expect_unchanged(self):
        self.has_settled()
        self.assertEqual([r["revision"] for r in self.host.revisions()], self.made)
        self.assertEqual((self.host.status()["waiting"], self.host.status()["refused"]), ([], []))

    def expect_waiting(self):
        wait_until("it waits", lambda: self.host.status()["waiting"])
        self.assertIn("lib.so", self.host.status()["waiting"][0])
        self.assertEqual([r["revision"] for r in self.host.revisions()], self.made)

    def expect_refused(self, *texts):
        problems = lambda: [p for r in self.host.status()["refused"] for p in r["problems"]]
        found = wait_until(lambda: f"{texts} is refused: {problems()}", lambda: [p for p in problems() if all(t in json.dumps(p) for t in texts)])
        self.assertEqual([r["revision"] for r in self.host.revisions()], self.made)
        return found[0]

    def test_overwritten_in_place(self):
        for variant in ("v1b", "v1", "v1b"):
            self.install(variant)
            self.expect_version(variant)

    def test_manifest_first_then_library(self):
        for variant in ("v1b", "v1"):
            overwrite(self.manifest, content(variant, "manifest.json"))
            self.expect_waiting()
            overwrite(self.library, content(variant, "lib.so"))
            self.expect_version(variant)

    def test_library_first_then_manifest(self):
        for variant in ("v1b", "v1"):
            overwrite(self.library, content(variant, "lib.so"))
            self.expect_waiting()
            overwrite(self.manifest, content(variant, "manifest.json"))
            self.expect_version(variant)

    def write_slowly(self, variant, name, is_last):
        data, path = content(variant, name), os.path.join(self.operator, name)
        step = len(data) // 7 + 1
        with open(path, "wb", buffering=0) as file:
            for at in range(0, len(data), step):
                file.write(data[at:at + step])
                if is_last and at + step >= len(data):
                    return
                # Longer than the watch waits: it looks at every piece.
                begun = time.monotonic()
                wait_until("the watch could look", lambda: time.monotonic() > begun + 0.08 and self.host.book())
                self.assertEqual(self.host.revisions()[-1]["revision"], self.made[-1])

    def test_written_slowly_in_pieces(self):
        for names, variant in ((("lib.so", "manifest.json"), "v1b"), (("manifest.json", "lib.so"), "v1")):
            self.write_slowly(variant, names[0], False)
            self.write_slowly(variant, names[1], True)
            self.expect_version(variant)

    def test_truncated_and_put_back(self):
        os.truncate(self.library, 100)
        self.expect_waiting()
        overwrite(self.library, content("v1", "lib.so"))
        self.expect_unchanged()
        os.truncate(self.manifest, 100)
        self.expect_refused("manifest.json")
        overwrite(self.manifest, content("v1", "manifest.json"))
        self.expect_unchanged()

    def test_renamed_over(self):
        for variant in ("v1b", "v1"):
            rename_over(self.library, content(variant, "lib.so"))
            rename_over(self.manifest, content(variant, "manifest.json"))
            self.expect_version(variant)

    def test_linked_over(self):
        away = os.path.join(self.root, "away")
        os.makedirs(away)
        for variant in ("v1b", "v1"):
            for name in ("lib.so", "manifest.json"):
                target = os.path.join(away, variant + name)
                overwrite(target, content(variant, name))
                os.symlink(target, os.path.join(self.operator, name + ".link"))
                os.rename(os.path.join(self.operator, name + ".link"), os.path.join(self.operator, name))
            self.expect_version(variant)

    def test_deleted_and_put_back(self):
        os.unlink(self.library)
        self.expect_waiting()
        overwrite(self.library, content("v1", "lib.so"))
        self.expect_unchanged()
        os.unlink(self.manifest)
        self.expect_refused("AGENT_UNKNOWN")
        overwrite(self.manifest, content("v1", "manifest.json"))
        self.expect_unchanged()
        shutil.rmtree(os.path.join(self.root, "operator"))
        self.expect_refused("AGENT_UNKNOWN")
        os.makedirs(self.operator)
        self.install("v1b")
        self.expect_version("v1b")

    def test_replaced_by_a_folder_and_made_unreadable(self):
        for path, name in ((self.library, "lib.so"), (self.manifest, "manifest.json")):
            os.unlink(path)
            os.makedirs(path)
            self.expect_waiting() if path == self.library else self.expect_refused("AGENT_UNKNOWN")
            os.rmdir(path)
            os.symlink("/nowhere", path)
            self.expect_waiting() if path == self.library else self.expect_refused("AGENT_UNKNOWN")
            os.unlink(path)
            overwrite(path, content("v1", name))
            self.expect_unchanged()
            os.chmod(path, 0)
            if os.geteuid() != 0:
                self.expect_waiting() if path == self.library else self.expect_refused("manifest.json")
            os.chmod(path, 0o644)
            self.expect_unchanged()

    def test_the_same_version_in_two_places_is_refused_and_names_both(self):
        other = os.path.join(self.root, "operator", "other")
        shutil.copytree(self.operator, other)
        problem = self.expect_refused(os.path.join("other", "manifest.json"), os.path.join("risk", "manifest.json"))
        self.assertNotEqual(problem["code"], "")
        shutil.rmtree(other)
        self.expect_unchanged()

    def test_half_written_configuration_is_refused_with_its_place_until_it_is_whole(self):
        for path in (self.scenario, self.chain, os.path.join(self.config_folder, "host.json")):
            with open(path, "rb") as file:
                good = file.read()
            overwrite(path, good[:len(good) // 2])
            problem = self.expect_refused(os.path.basename(path))
            self.assertGreater(problem["line"], 0, problem)
            self.assertGreater(problem["column"], 0, problem)
            overwrite(path, good)
            self.expect_unchanged()
        changed = dict(self.chain_document, risk_managers=[risk_manager(version="*", max_weight=0.04)])
        write_json(self.chain, changed)
        wait_until("it is applied", lambda: self.host.revision() == 2)
        self.chain_document = changed
        self.made.append(2)
        self.expect_unchanged()

    def test_pipes_devices_and_huge_files_are_refused_and_hold_up_nothing(self):
        def huge(path):
            with open(path, "wb") as file:
                file.truncate(20 << 30)

        kinds = ((os.mkfifo, "FILE_NOT_REGULAR"), (lambda path: os.symlink("/dev/zero", path), "FILE_NOT_REGULAR"), (huge, "FILE_TOO_LARGE"))
        for path in (self.scenario, self.chain, os.path.join(self.config_folder, "host.json")):
            with open(path, "rb") as file:
                good = file.read()
            for make, code in kinds:
                os.unlink(path)
                make(path)
                problem = self.expect_refused(code)
                self.assertNotEqual(problem["file"], "")
                os.unlink(path)
                overwrite(path, good)
                self.expect_unchanged()
        for make, _ in kinds:
            for path, name, expect in ((self.library, "lib.so", self.expect_waiting),
                                       (self.manifest, "manifest.json", lambda: self.expect_refused("AGENT_UNKNOWN"))):
                os.unlink(path)
                make(path)
                expect()
                os.unlink(path)
                overwrite(path, content("v1", name))
                self.expect_unchanged()

    def test_a_rollback_stays_until_the_files_change_or_somebody_asks(self):
        self.install("v1b")
        self.expect_version("v1b")
        self.assertEqual(self.host.roll_back()[0], 201)
        self.made.append(3)
        # Touched, and written anew with what they had: nothing to apply.
        self.install("v1b")
        self.expect_unchanged_after_rollback()
        self.host.process.send_signal(signal.SIGHUP)
        wait_until("the files are applied", lambda: self.host.revision() > 3 and self.host.stage("risk")["version"] == "1.0.1")
        self.made = [r["revision"] for r in self.host.revisions()]

    def expect_unchanged_after_rollback(self):
        begun = time.monotonic()
        wait_until("the watch could look", lambda: time.monotonic() > begun + 0.4 and self.host.book())
        self.assertEqual([r["revision"] for r in self.host.revisions()], self.made)
        self.assertEqual(self.host.stage("risk")["version"], "1.0.0")


if __name__ == "__main__":
    run_tests("build", "cadre")
