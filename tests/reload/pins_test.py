"""What a revision pins: the bytes of manifests beside those of libraries, the completed settings, and for which book.

Usage: pins_test.py --build BUILD --cadre CADRE
"""

import hashlib
import json
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import RunningHost, bars, fresh_folder, risk_manager, scenario, sha256_of, wait_until, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(400)
WARM_UP_BARS = 300
LIMIT = "/books/0/scenario/chain/risk_managers/0/config/max_weight"


def without_settings(**more):
    """A risk manager that leaves everything to its manifest."""
    return {"name": "risk", "agent": "reload.counting_risk", "version": "*", **more}


class Pins(unittest.TestCase):
    maxDiff = None

    def start(self, name, managers=None, watch=True, books=("main",)):
        self.root = fresh_folder(arguments.build, "reload_pins_test", name)
        self.operator = os.path.join(self.root, "operator", "risk")
        shutil.copytree(os.path.join(arguments.build, "reload_agents", "v1"), self.operator)
        self.manifest = os.path.join(self.operator, "manifest.json")
        self.scenario = write_json(os.path.join(self.root, "demo.json"), scenario([managers or without_settings()]))
        rows = [{"scenario": "demo.json", "set": {"/book/id": book}} for book in books]
        config = write_json(os.path.join(self.root, "host.json"),
                            {"name": "host", "books": rows, "watch": {"enabled": watch, "debounce_ms": 20}})
        host = RunningHost(arguments.cadre, self.root, config,
                           [os.path.join(arguments.build, "agents"), os.path.join(self.root, "operator")]).start()
        self.addCleanup(host.stop)
        for book in books:
            host.post(TEXTS[:WARM_UP_BARS], book)
        return host

    def edit_manifest(self, edit):
        with open(self.manifest, encoding="utf-8") as file:
            manifest = json.load(file)
        edit(manifest)
        write_json(self.manifest + ".new", manifest)
        os.rename(self.manifest + ".new", self.manifest)

    def set_default(self, value):
        def edit(manifest):
            manifest["agents"][0]["config_schema"]["properties"]["max_weight"]["default"] = value
        self.edit_manifest(edit)

    def limit(self, host):
        return host.document()["books"][0]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"]

    def pinned(self, host, number=None):
        return [p for p in host.get(f"/v1/revisions/{number or host.revision()}")["plugins"] if p["id"] == "reload.counting"]

    def digest(self):
        with open(self.manifest, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def test_a_revision_says_what_every_default_was(self):
        host = self.start("complete", watch=False)
        self.assertEqual(self.limit(host), 1)
        pin, = self.pinned(host)
        self.assertEqual((pin["manifest_sha256"], pin["books"]), (self.digest(), ["main"]))
        shown = host.command("revision", "show", "1").stdout
        self.assertIn('"max_weight": 1', shown)
        self.assertIn(self.digest()[:12], shown)

    def test_a_changed_default_is_a_change_that_the_difference_shows(self):
        host = self.start("default")
        before = self.digest()
        self.set_default(0.5)
        wait_until("it is taken", lambda: host.revision() == 2)
        self.assertEqual(self.limit(host), 0.5)
        done = host.command("revision", "diff", "1", "2")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{LIMIT}: 1 → 0.5", done.stdout)
        sha256 = sha256_of(arguments.build, "v1")[:12]
        self.assertIn(f"plugin reload.counting: 1.0.0 {sha256} manifest {before[:12]} → 1.0.0 {sha256} manifest {self.digest()[:12]}", done.stdout)
        # The way back needs nothing of the operator's folder.
        shutil.rmtree(os.path.join(self.root, "operator"))
        self.assertEqual(host.roll_back()[0], 201)
        self.assertEqual(self.limit(host), 1)
        self.assertEqual(self.pinned(host)[0]["manifest_sha256"], before)

    def test_another_word_in_a_manifest_is_a_revision_without_another_setting(self):
        host = self.start("word", risk_manager(version="*"))
        self.edit_manifest(lambda manifest: manifest.update(description="Says the same in other words"))
        wait_until("it is taken", lambda: host.revision() == 2)
        body = host.get("/v1/revisions/1/diff/2")
        self.assertEqual((body["changes"], [p["id"] for p in body["plugins"]]), ([], ["reload.counting"]))
        host.post(TEXTS[WARM_UP_BARS:][:5])

    def test_a_start_takes_the_bytes_it_ran_with(self):
        host = self.start("boot", watch=False)
        before = self.digest()
        self.assertEqual(host.stop(), 0)
        self.set_default(0.5)
        host.start()
        self.assertEqual((host.revision(), self.limit(host), self.pinned(host)[0]["manifest_sha256"]), (1, 1, before))
        self.assertEqual(host.command("revision", "apply", self.scenario, "--reason", "the new default").returncode, 0)
        self.assertEqual((host.revision(), self.limit(host)), (2, 0.5))
        self.assertEqual(host.stop(), 0)
        shutil.rmtree(os.path.join(self.root, "operator"))
        host.start()
        self.assertEqual((host.revision(), self.limit(host)), (2, 0.5))

    def test_a_kept_manifest_that_was_changed_is_refused_and_another_revision_boots(self):
        host = self.start("damaged", watch=False)
        self.set_default(0.5)
        self.assertEqual(host.command("revision", "apply", self.scenario, "--reason", "new").returncode, 0)
        pin, = self.pinned(host)
        self.assertEqual(host.stop(), 0)
        kept = os.path.join(host.state, "plugins", pin["sha256"], pin["manifest_sha256"] + ".manifest")
        with open(kept, encoding="utf-8") as file:
            text = file.read()
        with open(kept, "w", encoding="utf-8") as file:
            file.write(text.replace("0.5", "0.6"))
        host.spawn()
        self.assertEqual(host.wait(), 3)
        host.expect_logged("MANIFEST_DAMAGED")
        host.expect_logged(os.path.basename(kept))
        host.start("--revision", "1")
        self.assertEqual((host.revision(), self.limit(host)), (3, 1))

    def test_what_is_kept_does_not_replace_what_runs_when_nothing_changed(self):
        host = self.start("quiet")
        self.assertEqual(host.stop(), 0)
        host.start()
        host.post(TEXTS[WARM_UP_BARS:][:3])
        document = host.document()
        self.assertEqual(host.apply(document)[1].get("unchanged"), True)
        self.assertEqual((host.revision(), {s["since_revision"] for s in host.book()["stages"]}), (1, {1}))


if __name__ == "__main__":
    run_tests("build", "cadre")
