"""Agents built against the headers of ABI 0.10, in five languages and by every compiler there is, send the orders they sent on the day it was frozen.

Usage: matrix_test.py BUILD. gcc has to be there; a compiler that is there and fails is a failure. CADRE_MATRIX_COMPILERS="gcc g++ clang clang++ rustc"
names those that have to be there.
"""

import csv
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
BUILD = os.path.abspath(sys.argv[1])
OUT = os.path.join(BUILD, "abi_matrix")
CADRE = os.path.join(BUILD, "bin", "cadre")
NEEDED = os.environ.get("CADRE_MATRIX_COMPILERS", "gcc g++").split()
FLAGS = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-ffp-contract=off", "-fvisibility=hidden", "-fPIC", "-shared", "-I",
         os.path.join(HERE, "include"), f"-Wl,--version-script={os.path.join(HERE, 'plugin.map')}", "-Wl,-Bsymbolic", "-Wl,-z,now", "-Wl,-z,defs"]
RUST = ["--edition", "2021", "--crate-type", "cdylib", "-C", "opt-level=3", "-C", "panic=abort", "-C", "lto=fat"]

# name: compiler, language, sources
BUILDS = {f"{language.replace('+', 'p')}_{compiler.replace('+', 'p')}{tail}": (compiler, language, sources)
          for compilers, languages, sources, tail in (
              (("gcc", "clang"), ("c11", "c17"), ["adjuster.c"], ""),
              (("g++", "clang++"), ("c++17", "c++20"), ["adjuster.cpp"], ""),
              (("g++", "clang++"), ("c++20",), ["adjuster_wrapped.cpp", "cpp/agent.cpp"], "_wrapped"))
          for compiler in compilers for language in languages}
BUILDS["rust_bare"] = ("rustc", "rust", ["rust/bare.rs"])
BUILDS["rust_std"] = ("rustc", "rust", ["rust/with_std.rs"])


# Older ones give a library a name of its own (DT_SONAME), and import what no agent may: the audit refuses that, and they cannot be told otherwise.
OLDEST_RUSTC = (1, 68)


def is_new_enough(compiler):
    if compiler != "rustc":
        return True
    said = run(compiler, "--version").stdout.split()
    return len(said) > 1 and tuple(int(part) for part in said[1].split(".")[:2]) >= OLDEST_RUSTC


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def compile_agent(name, library, extra=()):
    """The compiler's words when it fails, else an empty text."""
    compiler, language, sources = BUILDS[name]
    paths = [os.path.join(HERE, source) for source in sources]
    if language == "rust":
        ran = run(compiler, *RUST, "-o", library, *paths)
    else:
        cpp = ["-fno-gnu-unique"] if compiler == "g++" else []
        eigen = ["-isystem", "/usr/include/eigen3"] if name.endswith("_wrapped") else []
        defines = extra or ["-DMATRIX_ABI_MIN=CADRE_ABI_OLDEST", "-DMATRIX_ABI_MAX=CADRE_ABI_VERSION"]
        ran = run(compiler, f"-std={language}", f'-DMATRIX_ID="matrix.{name}"', *defines, *FLAGS, *cpp, *eigen, *paths, "-o", library)
    return "" if ran.returncode == 0 else f"{name}: {compiler} failed\n{ran.stdout}{ran.stderr}"


def stamp(name, library, abi=("0.10", "0.10"), **more):
    """Writes the manifest beside its library, as authors do without our build."""
    with open(os.path.join(HERE, "adjuster.json"), encoding="utf-8") as file:
        manifest = json.loads(file.read().replace("MATRIX_ID", f"matrix.{name}"))
    with open(library, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    manifest.update(library={"path": os.path.basename(library), "sha256": digest}, abi={"min": abi[0], "max": abi[1]}, **more)
    with open(os.path.splitext(library)[0] + ".json", "w", encoding="utf-8") as file:
        json.dump(manifest, file)


def fresh_folder(name):
    folder = os.path.join(OUT, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


@functools.lru_cache(maxsize=None)
def built(name):
    """The folder with the built and stamped agent."""
    folder = fresh_folder(name)
    library = os.path.join(folder, name + ".so")
    failure = compile_agent(name, library)
    assert not failure, failure
    stamp(name, library, **({"isolation": "process"} if name == "rust_std" else {}))
    return folder


def backtest(name, folder, out, isolation="none", config=None):
    adjuster = {"agent": f"matrix.{name}", "isolation": isolation, "config": config or {}}
    return run(CADRE, "--agents", os.path.join(BUILD, "agents"), "--agents", folder, "backtest", os.path.join(ROOT, "manifests", "scenarios", "demo.json"),
               "--set", f"/chain/trade_adjusters=[{json.dumps(adjuster)}]", "--set", '/data/to="1993-12-31"', "--out", out)


def result_of(out):
    with open(os.path.join(out, "result.json"), encoding="utf-8") as file:
        return json.load(file)


class Matrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(HERE, "expected.json"), encoding="utf-8") as file:
            cls.expected = json.load(file)

    def builds(self):
        """Names of what can be built here; a compiler that has to be there and is not is a failure."""
        for name, (compiler, _, _) in BUILDS.items():
            found = shutil.which(compiler)
            self.assertTrue(found or compiler not in NEEDED, f"{compiler} is not installed")
            if found and is_new_enough(compiler):
                yield name

    def check_orders(self, name, isolation):
        out = os.path.join(OUT, f"run_{name}_{isolation}")
        shutil.rmtree(out, ignore_errors=True)
        ran = backtest(name, built(name), out, isolation)
        self.assertEqual(ran.returncode, 0, ran.stdout[-2000:] + ran.stderr[-2000:])
        result = result_of(out)
        self.assertEqual({key: result[key] for key in self.expected}, self.expected)
        return out

    def test_every_build_sends_the_orders_of_the_day_the_abi_was_frozen(self):
        for name in self.builds():
            with self.subTest(agent=name):  # the manifest of the one with std asks for a process of its own, as the audit wants it
                self.check_orders(name, "none")

    def test_every_build_sends_the_same_orders_from_a_process_of_its_own(self):
        for name in self.builds():
            with self.subTest(agent=name):
                self.check_orders(name, "process")

    def test_the_agent_changes_orders_and_both_of_its_reasons_are_told(self):
        out = self.check_orders("c11_gcc", "none")
        plain = os.path.join(OUT, "run_without")
        shutil.rmtree(plain, ignore_errors=True)
        ran = run(CADRE, "--agents", os.path.join(BUILD, "agents"), "backtest", os.path.join(ROOT, "manifests", "scenarios", "demo.json"),
                  "--set", '/data/to="1993-12-31"', "--out", plain)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertNotEqual(result_of(plain)["order_hash"], self.expected["order_hash"])
        with open(os.path.join(out, "orders.csv"), encoding="utf-8") as file:
            orders = list(csv.DictReader(file))
        told = set()
        for order in orders[::7]:
            text = run(CADRE, "explain", out, order["client_id"]).stdout
            told |= {reason for reason in ("moves too much", "falls") if reason in text}
            if len(told) == 2:
                return
        self.fail(f"only {told} in {len(orders[::7])} orders")

    def test_settings_the_agent_refuses_are_refused_with_its_sentence_in_every_language(self):
        for name in self.builds():
            for isolation in ("none", "process"):
                with self.subTest(agent=name, isolation=isolation):
                    ran = backtest(name, built(name), os.path.join(OUT, "refused"), isolation, {"floor": 1, "hot": 0.5})
                    self.assertEqual(ran.returncode, 3, ran.stdout + ran.stderr)
                    self.assertIn("floor has to be below hot", ran.stderr)

    def refuse(self, name, abi, defines, expected):
        folder = fresh_folder("refused_agent")
        library = os.path.join(folder, name + ".so")
        failure = compile_agent(name, library, defines)
        self.assertFalse(failure, failure)
        stamp(name, library, abi)
        ran = backtest(name, folder, os.path.join(OUT, "refused"))
        self.assertEqual(ran.returncode, 3, ran.stdout + ran.stderr)
        lines = [line for line in ran.stderr.splitlines() if "built for ABI" in line]
        self.assertEqual(len(lines), 1, ran.stderr)
        self.assertIn(expected, lines[0])

    def test_an_agent_that_needs_a_newer_abi_is_refused_in_one_line(self):
        only_newer = ["-DMATRIX_ABI_MIN=(CADRE_ABI_VERSION+1)", "-DMATRIX_ABI_MAX=(CADRE_ABI_VERSION+1)"]
        self.refuse("c11_gcc", ("0.11", "0.11"), only_newer, "built for ABI 0.11, this host offers 0.10")
        # A manifest that says less than its library is no way round.
        self.refuse("c11_gcc", ("0.10", "0.10"), only_newer, "built for ABI 0.11, this host offers 0.10")

    def test_an_agent_that_can_do_with_this_abi_and_knows_a_newer_one_runs(self):
        folder = fresh_folder("newer_agent")
        library = os.path.join(folder, "c11_gcc.so")
        self.assertEqual(compile_agent("c11_gcc", library, ["-DMATRIX_ABI_MIN=CADRE_ABI_OLDEST", "-DMATRIX_ABI_MAX=(CADRE_ABI_VERSION+1)"]), "")
        stamp("c11_gcc", library, ("0.10", "0.11"))
        out = os.path.join(OUT, "run_newer")
        shutil.rmtree(out, ignore_errors=True)
        ran = backtest("c11_gcc", folder, out)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(result_of(out)["order_hash"], self.expected["order_hash"])

    def test_a_manifest_of_the_abi_before_is_refused_in_one_line(self):
        folder = fresh_folder("old_manifest")
        library = os.path.join(folder, "c11_gcc.so")
        shutil.copy(os.path.join(built("c11_gcc"), "c11_gcc.so"), library)
        stamp("c11_gcc", library, ("0.9", "0.9"))
        path = os.path.join(folder, "c11_gcc.json")
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
        for agent in manifest["agents"]:  # 0.9 had one role an agent
            agent["role"] = agent.pop("roles")[0]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(manifest, file)
        ran = backtest("c11_gcc", folder, os.path.join(OUT, "refused"))
        self.assertEqual(ran.returncode, 3, ran.stdout + ran.stderr)
        self.assertEqual(len([line for line in ran.stderr.splitlines() if "c11_gcc.json" in line]), 1, ran.stderr)
        self.assertIn("built for ABI 0.9, this host offers 0.10", ran.stderr)


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    unittest.main(argv=sys.argv[:1])
