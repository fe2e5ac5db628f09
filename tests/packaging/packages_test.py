"""The packages are what a Debian machine expects, and the host runs from where they put it.

Usage: packages_test.py --build BUILD
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import packages
from packages import ROOT, build_packages, contents, field, output_of, unpack

sys.path.insert(0, os.path.join(ROOT, "tests", "hosts"))
from test_main import run_tests  # noqa: E402

# Of README.md and docs/start.md.
DEMO_HASH = "9d7f4549b4c744d77a87cbb38f12caedc35066b8f539f6bcbcbb7987c1067543"
arguments = None


class PackagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.packages = build_packages(arguments.build)
        cls.addClassCleanup(shutil.rmtree, cls.packages.folder)
        cls.root = unpack(cls.packages.cadre)
        cls.addClassCleanup(shutil.rmtree, cls.root)

    def cadre(self, *words):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CADRE_")}
        return subprocess.run([os.path.join(self.root, "usr/bin/cadre"), *words], capture_output=True, text=True, env=environment, cwd="/")

    def share(self, *parts):
        return os.path.join(self.root, "usr/share/cadre", *parts)

    def test_the_host_depends_on_the_libraries_it_is_linked_with(self):
        depends = field(self.packages.cadre, "Depends")
        for library in ("libc6", "libstdc++6", "libsodium23", "libzstd1", "libsystemd0", "libdate-tz3", "systemd | systemd-standalone-sysusers"):
            self.assertIn(library, depends)
        self.assertEqual(field(self.packages.cadre, "Version"), packages.project_version())
        self.assertEqual(field(self.packages.cadre, "Package"), "cadre")
        self.assertIn("libeigen3-dev", field(self.packages.sdk, "Depends"))

    def test_everything_is_in_its_place_and_belongs_to_root(self):
        host, sdk = contents(self.packages.cadre), contents(self.packages.sdk)
        for path in ("/usr/bin/cadre", "/usr/lib/cadre/cadre-agent-host", "/usr/lib/cadre/agents/momentum.so", "/usr/lib/cadre/agents/momentum.json",
                     "/usr/lib/systemd/system/cadre.service", "/usr/lib/sysusers.d/cadre.conf", "/usr/lib/tmpfiles.d/cadre.conf", "/etc/cadre/host.json",
                     "/usr/share/cadre/scenarios/demo.json", "/usr/share/cadre/schema/host.schema.json", "/usr/share/doc/cadre/copyright",
                     "/usr/share/doc/cadre/guides/live.md", "/usr/share/man/man1/cadre.1.gz", "/usr/share/man/man1/cadre-revision-apply.1.gz",
                     "/usr/share/man/man8/cadre.service.8.gz", "/usr/share/bash-completion/completions/cadre",
                     "/usr/share/zsh/vendor-completions/_cadre", "/usr/share/fish/vendor_completions.d/cadre.fish"):
            self.assertIn(path, host)
        for path in ("/usr/include/cadre/cadre.h", "/usr/lib/cmake/CadreSdk/CadreSdkConfig.cmake", "/usr/lib/cmake/CadreSdk/python_host/cadre.py",
                     "/usr/share/cadre/template/CMakeLists.txt"):
            self.assertIn(path, sdk)
        self.assertEqual({path for path in host if path in sdk and not path.endswith("/")}, set())
        for path, (mode, owner, _) in {**host, **sdk}.items():
            self.assertEqual((owner, mode[5], mode[8]), ("root/root", "-", "-"), path)
        self.assertEqual({path for path in host if not path.startswith(("/usr/", "/etc/"))}, {"/"} & set(host))

    def test_links_of_the_documents_lead_to_what_is_installed(self):
        host = contents(self.packages.cadre)
        with open(os.path.join(self.root, "usr/share/doc/cadre/README.md"), encoding="utf-8") as file:
            links = re.findall(r"\]\((?!https?:)([^)#]+)\)", file.read())
        self.assertIn("guides/service.md", links)
        here = {os.path.normpath("/usr/share/doc/cadre/" + link) for link in links if not link.startswith("tests/")}
        self.assertEqual({path for path in here if path not in host and path + "/" not in host}, set())

    def test_lintian_has_nothing_to_say(self):
        words = ["lintian", "--fail-on", "warning,error", *(["--allow-root"] if os.geteuid() == 0 else []), self.packages.cadre, self.packages.sdk]
        done = subprocess.run(words, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stdout + done.stderr)

    def test_agents_keep_the_bytes_that_their_manifests_and_the_trusted_sums_name(self):
        folder = os.path.join(self.root, "usr/lib/cadre")
        names = [name for name in os.listdir(os.path.join(folder, "agents")) if name.endswith(".json")]
        self.assertIn("momentum.json", names)
        for name in names:
            with open(os.path.join(folder, "agents", name), encoding="utf-8") as file:
                library = json.load(file)["library"]
            with open(os.path.join(folder, "agents", library["path"]), "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            self.assertEqual(library["sha256"], digest, name)
            with open(os.path.join(folder, "trusted_agents", library["path"]), encoding="ascii") as file:
                self.assertEqual(file.read(), digest, name)

    def test_the_host_runs_from_where_it_was_unpacked(self):
        self.assertEqual(self.cadre("--version").stdout.strip(), packages.project_version())
        agents = json.loads(self.cadre("agent", "list", "--json").stdout)
        self.assertIn("cadre.momentum", [agent["id"] for agent in agents])
        self.assertEqual(self.cadre("check", self.share("hosts", "two_books.json")).returncode, 0)
        done = self.cadre("backtest", self.share("scenarios", "demo.json"), "--json")
        self.assertEqual(json.loads(done.stdout)["order_hash"], DEMO_HASH, done.stderr)

    def test_isolated_agents_find_their_program_there(self):
        done = self.cadre("backtest", self.share("scenarios", "demo.json"), "--json", "--to", "1992-06-30",
                          "--set", '/chain/position_sizer/isolation="process"')
        self.assertEqual(done.returncode, 0, done.stderr)
        os.rename(os.path.join(self.root, "usr/lib/cadre/cadre-agent-host"), os.path.join(self.root, "usr/lib/cadre/gone"))
        try:
            done = self.cadre("backtest", self.share("scenarios", "demo.json"), "--json", "--to", "1992-06-30",
                              "--set", '/chain/position_sizer/isolation="process"')
        finally:
            os.rename(os.path.join(self.root, "usr/lib/cadre/gone"), os.path.join(self.root, "usr/lib/cadre/cadre-agent-host"))
        self.assertEqual(done.returncode, 3)
        self.assertIn("[ISOLATION_START]", done.stderr)

    def test_the_configuration_of_the_service_names_files_of_the_package(self):
        self.assertEqual(output_of("dpkg-deb", "--info", self.packages.cadre, "conffiles"), "/etc/cadre/host.json\n")
        with open(os.path.join(self.root, "etc/cadre/host.json"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(json.loads(text)["books"][0]["scenario"], contents(self.packages.cadre))
        here = os.path.join(self.root, "etc/cadre/here.json")
        with open(here, "w", encoding="utf-8") as file:
            file.write(text.replace("/usr/share/cadre", self.share()))
        done = self.cadre("check", here)
        self.assertEqual(done.returncode, 0, done.stderr)

    def unit(self):
        with open(os.path.join(self.root, "usr/lib/systemd/system/cadre.service"), encoding="utf-8") as file:
            return file.read()

    def test_the_unit_has_no_mistakes_and_is_hardened(self):
        for line in re.findall(r"^Exec\w+=(/usr/bin/\S+)", self.unit(), re.M):
            self.assertIn(line, contents(self.packages.cadre))
        verified = os.path.join(self.root, "cadre.service")
        with open(verified, "w", encoding="utf-8") as file:  # systemd-analyze looks for the program and the pages on this machine
            file.write(re.sub(r"^Documentation=.*\n", "", self.unit(), flags=re.M).replace("/usr/bin/cadre", os.path.join(self.root, "usr/bin/cadre")))
        done = subprocess.run(["systemd-analyze", "verify", verified], capture_output=True, text=True)
        about = [line for line in done.stderr.splitlines() if "cadre.service" in line]
        self.assertEqual((done.returncode, about), (0, []), done.stderr)
        said = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=30", verified], capture_output=True, text=True)
        self.assertEqual(said.returncode, 0, said.stdout)
        self.assertLess(float(re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)[1]), 3.0)

    def test_every_command_has_a_page_that_renders_without_a_warning(self):
        commands = {name[:-5] for name in os.listdir(os.path.join(self.root, "usr/share/man/man1"))}
        with open(os.path.join(ROOT, "docs/reference/commands.md"), encoding="utf-8") as file:
            wanted = {"cadre-" + words.replace(" ", "-") for words in re.findall(r"^## cadre (.*)$", file.read(), re.M)}
        self.assertEqual(commands, wanted | {"cadre", "cadre-agent-host"})
        for section in ("man1", "man8"):
            folder = os.path.join(self.root, "usr/share/man", section)
            for name in sorted(os.listdir(folder)):
                with self.subTest(name):
                    with gzip.open(os.path.join(folder, name)) as file:
                        done = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-P-cbou"], input=file.read(), capture_output=True)
                    self.assertEqual((done.returncode, done.stderr), (0, b""))
                    self.assertTrue(b"\nNAME\n" in done.stdout, name)
        with gzip.open(os.path.join(self.root, "usr/share/man/man1/cadre-run.1.gz"), "rt", encoding="utf-8") as file:
            self.assertIn("\\-\\-begin\\-again BOOK", file.read())
        with gzip.open(os.path.join(self.root, "usr/share/man/man1/cadre-feed.1.gz"), "rt", encoding="utf-8") as file:
            page = file.read()
        self.assertLess(page.index("one row for a day"), page.index(".SH OPTIONS"), "formats are described, and no exit status")
        self.assertIn(".SH EXIT STATUS\nExit codes: 0 all is taken", page)

    def complete(self, *words):
        """What bash offers for the last word."""
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cadre; printf "%s\\n" "${COMPREPLY[@]}"')
        environment = dict(os.environ, PATH=os.path.join(self.root, "usr/bin") + ":" + os.environ["PATH"])
        return output_of("bash", "-c", script, "bash", os.path.join(self.root, "usr/share/bash-completion/completions/cadre"), "cadre", *words,
                         env=environment, cwd=self.share()).split()

    def test_bash_completes_commands_options_values_files_and_agents(self):
        self.assertIn("backtest", self.complete(""))
        self.assertEqual(self.complete("rev"), ["revision"])
        self.assertEqual(self.complete("revision", "ro"), ["rollback"])
        self.assertEqual(self.complete("--log-level", "d"), ["debug"])
        self.assertEqual(self.complete("--log-level", "debug", "journal", "ve"), ["verify"])
        self.assertEqual(self.complete("backtest", "scenarios/demo.json", "--ou"), ["--out"])
        self.assertEqual(self.complete("backtest", "scenarios/d"), ["scenarios/demo.json"])
        self.assertEqual(self.complete("agent", "show", "cadre.mo"), ["cadre.momentum"])
        self.assertEqual(self.complete("completion", "z"), ["zsh"])

    def test_bash_offers_nothing_for_what_is_no_command_or_has_no_names(self):
        self.assertEqual(self.complete("xyz"), [])
        self.assertEqual(self.complete("halt", "--reason", ""), [])
        self.assertEqual(self.complete("revision", "apply", "--xyz"), [])

    def test_zsh_completes_the_same(self):
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        # As its completion system calls the function, and with the word that it adds matches by.
        script = ('compadd() { print -l -- "${@[2,-1]}" }; compdef() { }; source "$1"; '
                  'words=("${@[2,-1]}"); CURRENT=${#words}; _cadre')
        environment = dict(os.environ, PATH=os.path.join(self.root, "usr/bin") + ":" + os.environ["PATH"])
        complete = lambda *words: output_of("zsh", "-f", "-c", script, "zsh", os.path.join(self.root, "usr/share/zsh/vendor-completions/_cadre"),
                                            "cadre", *words, env=environment).split()
        self.assertIn("backtest", complete(""))
        self.assertIn("rollback", complete("revision", ""))
        self.assertEqual(complete("--log-level", ""), ["debug", "info", "warn", "error", "off"])
        self.assertIn("cadre.momentum", complete("agent", "show", ""))
        self.assertIn("--out", complete("backtest", "x", "-"))

    def test_fish_completes_the_same(self):
        if shutil.which("fish") is None:
            self.skipTest("fish is not installed")
        script = os.path.join(self.root, "usr/share/fish/vendor_completions.d/cadre.fish")
        environment = dict(os.environ, PATH=os.path.join(self.root, "usr/bin") + ":" + os.environ["PATH"], HOME=self.root)
        complete = lambda line: [row.split("\t")[0] for row in output_of(
            "fish", "--no-config", "-c", f"source {script}; complete -C '{line}'", env=environment).splitlines()]
        self.assertEqual(complete("cadre rev"), ["revision"])
        self.assertEqual(complete("cadre revision ro"), ["rollback"])
        self.assertIn("debug", complete("cadre --log-level "))
        self.assertEqual(complete("cadre agent show cadre.mo"), ["cadre.momentum"])
        self.assertIn("--out", complete("cadre backtest x --o"))

    def test_zsh_and_fish_can_read_theirs(self):
        for shell, place in (("zsh", "usr/share/zsh/vendor-completions/_cadre"), ("fish", "usr/share/fish/vendor_completions.d/cadre.fish")):
            with self.subTest(shell):
                if shutil.which(shell) is None:
                    self.skipTest(f"{shell} is not installed")
                output_of(shell, "-n", os.path.join(self.root, place))

    def test_a_shell_that_is_not_known_and_a_reference_of_nothing_are_refused(self):
        for words, said in ((("completion", "tcsh"), "tcsh"), (("reference",), "--pages, --schemas or --man")):
            done = self.cadre(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(said, done.stderr)

    def test_a_later_version_is_packed_from_the_same_build(self):
        later = build_packages(arguments.build, version=packages.project_version() + "+1")
        self.addCleanup(shutil.rmtree, later.folder)
        output_of("dpkg", "--compare-versions", field(later.cadre, "Version"), "gt", field(self.packages.cadre, "Version"))


class InstallTest(unittest.TestCase):
    def test_another_prefix_gets_a_unit_and_a_configuration_that_name_it(self):
        prefix = os.path.join(packages.tempfile.mkdtemp(prefix="cadre_prefix_"), "opt")
        self.addCleanup(shutil.rmtree, os.path.dirname(prefix))
        output_of("cmake", "--install", arguments.build, "--prefix", prefix, "--component", "Cadre")
        with open(os.path.join(prefix, "lib/systemd/system/cadre.service"), encoding="utf-8") as file:
            self.assertIn(f"ExecStart={prefix}/bin/cadre run {prefix}/etc/cadre/host.json ", file.read())
        config = os.path.join(prefix, "etc/cadre/host.json")
        self.assertEqual(subprocess.run([os.path.join(prefix, "bin/cadre"), "check", config], capture_output=True).returncode, 0)
        # What the administrator wrote stays.
        with open(config, "w", encoding="utf-8") as file:
            file.write("{}")
        output_of("cmake", "--install", arguments.build, "--prefix", prefix, "--component", "Cadre")
        with open(config, encoding="utf-8") as file:
            self.assertEqual(file.read(), "{}")


if __name__ == "__main__":
    run_tests("build")
