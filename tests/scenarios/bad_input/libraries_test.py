"""Manifests and libraries that are wrong."""

import hashlib
import json
import os

from workbench import TEST_AGENTS, Workbench


class Plugin(Workbench):
    def use(self, name, spoil=None, restamp=False, **manifest_changes):
        """Puts one of tests/agents into a folder of ours and into the chain, as a trade adjuster. `spoil` changes the
        library's bytes; the manifest describes the new ones if `restamp`."""
        folder = self.path("agents")
        if folder not in self.agents:
            os.makedirs(folder)
            self.agents.append(folder)
        with open(os.path.join(TEST_AGENTS, f"test_agent_{name}.so"), "rb") as file:
            library = file.read()
        with open(os.path.join(TEST_AGENTS, f"{name}.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        if spoil:
            library = spoil(library)
        if restamp:
            manifest["library"]["sha256"] = hashlib.sha256(library).hexdigest()
        manifest.update(manifest_changes)
        with open(os.path.join(folder, f"test_agent_{name}.so"), "wb") as file:
            file.write(library)
        with open(os.path.join(folder, f"{name}.json"), "w", encoding="utf-8") as file:
            json.dump(manifest, file, indent=2)
        self.chain.setdefault("trade_adjusters", []).append({"name": name, "agent": f"test.{name}"})


def imports(name):
    """Gives a library's one import that nothing needs another name."""
    spare = b"_ITM_deregisterTMCloneTable"
    return lambda library: library.replace(spare, name.ljust(len(spare), b"\0"))


class Libraries(Plugin):
    def test_a_good_one_is_fine(self):
        self.use("good")
        self.is_fine()

    def test_a_missing_library(self):
        self.use("good")
        os.remove(self.path("agents", "test_agent_good.so"))
        self.is_refused(r"good\.json:\d+:\d+ /library: cannot read the library .*test_agent_good\.so; build the plugin")

    def test_a_wrong_hash(self):
        self.use("good", spoil=lambda library: library + b"more")
        self.is_refused(r"good\.json:\d+:\d+ /library: .*test_agent_good\.so has SHA-256 .*, the manifest says .*; write the manifest again")

    def test_a_truncated_library_is_called_so(self):
        self.use("good", spoil=lambda library: library[:len(library) // 2])
        self.is_refused(r"good\.json:\d+:\d+ /library: .* has SHA-256 ", r"test_agent_good\.so: is truncated or damaged")

    def test_an_empty_library_is_called_so(self):
        self.use("good", spoil=lambda library: b"")
        self.is_refused(r"good\.json:\d+:\d+ /library: .* has SHA-256 ", r"test_agent_good\.so: is empty")

    def test_what_is_no_library(self):
        self.use("good", spoil=lambda library: b"#!/bin/sh\n", restamp=True)
        self.is_refused(r"test_agent_good\.so: is not an ELF file")

    def test_a_library_for_another_machine(self):
        self.use("good", spoil=lambda library: library[:18] + b"\xf3\0" + library[20:], restamp=True)
        self.is_refused(r"test_agent_good\.so: is built for another machine, RISC-V; this one is x86-64; build it on this kind of machine$")

    def test_a_library_without_the_entry_symbol(self):
        self.use("no_entry")
        self.is_refused(r"test_agent_no_entry\.so: does not export cadre_plugin", r"exports more than cadre_plugin: cadre_plug;")

    def test_a_library_with_a_newer_abi(self):
        self.use("newer_abi")
        self.is_refused(r"test_agent_newer_abi\.so: built for ABI 0\.11 to 0\.12, this host offers 0\.10; use a newer host")

    def test_a_manifest_that_says_the_abi_is_newer_is_believed(self):
        self.use("newer_abi", abi={"min": "0.11", "max": "0.12"})
        self.is_refused(r"newer_abi\.json:\d+:\d+ /abi: .*built for ABI 0\.11 to 0\.12, this host offers 0\.10; use a newer host")

    def test_an_agent_that_refuses_its_settings(self):
        self.use("init_refuses")
        self.is_refused(r"^chain\.json:\d+:\d+ /trade_adjusters/0: test.init_refuses 1.0.0: the moon has to be full$")

    def test_an_import_that_is_not_on_the_list(self):
        self.use("good", spoil=imports(b"frobnicate"), restamp=True)
        self.is_refused(r"test_agent_good\.so: imports frobnicate, which is not on the list of what a plugin may import; do without it, or ask")

    def test_a_way_round_the_list_names_the_process_that_would_help(self):
        self.use("good", spoil=imports(b"dlsym"), restamp=True)
        refusal = r'test_agent_good\.so: imports dlsym: it loads libraries .* or set "isolation": "process" in its manifest'
        self.is_refused(refusal)

    def test_a_way_round_the_list_in_a_process_of_its_own(self):
        self.use("good", spoil=imports(b"pthread_create"), restamp=True, isolation="process")
        self.is_fine()

    def test_a_manifest_alone_is_checked_together_with_its_library(self):
        self.use("good")
        manifest = self.path("agents", "good.json")
        self.assertEqual(self.cadre("check", manifest).returncode, 0)
        self.use("good", spoil=imports(b"dlsym"), restamp=True)
        run = self.cadre("check", manifest)
        self.assertEqual(run.returncode, 3)
        self.assertRegex(run.stderr, r"test_agent_good\.so: imports dlsym: .*\[AUDIT_BANNED_IMPORT\]")
        with open(manifest, encoding="utf-8") as file:
            written = json.load(file)
        del written["library"]
        with open(manifest, "w", encoding="utf-8") as file:
            json.dump(written, file)
        self.assertIn('"library" is missing; the build writes it: check the manifest that lies beside the library', self.cadre("check", manifest).stderr)

    def test_what_several_libraries_have_wrong_is_all_reported(self):
        self.use("nodelete")
        self.use("reads_clock")
        self.use("create_fails")
        self.is_refused(r"nodelete\.so: is marked NODELETE", r"reads_clock\.so: imports clock_gettime", r"test.create_fails 1.0.0: making an instance failed, create answered error$")


class Manifests(Plugin):
    def test_two_manifests_with_one_id_and_version(self):
        self.use("good")
        with open(self.path("agents", "good.json"), encoding="utf-8") as file:
            text = file.read()
        with open(self.path("agents", "twin.json"), "w", encoding="utf-8") as file:
            file.write(text)
        self.is_refused(r"good\.json:\d+:\d+ /version: test\.good 1\.0\.0 is also described by .*twin\.json",
                        r"twin\.json:\d+:\d+ /version: test\.good 1\.0\.0 is also described by .*good\.json",
                        r'/trade_adjusters/0/agent: no manifest describes an agent "test.good"')

    def test_a_bad_manifest_that_is_needed(self):
        self.use("good", role="x", status="excellent")
        self.is_refused(r'good\.json:\d+:\d+ /status: "excellent" is not one of "stable", "experimental", "deprecated"', r'good\.json:\d+:\d+ /role: unknown key "role"',
                        r'/trade_adjusters/0/agent: no manifest describes an agent "test.good"')

    def test_a_bad_manifest_that_nobody_needs_is_a_warning(self):
        self.use("good", status="excellent")
        self.chain["trade_adjusters"] = []
        self.is_fine(r'good\.json:\d+:\d+ /status: warning: "excellent" is not one of "stable", "experimental", "deprecated"')
