"""Structs grow at their end, and nobody notices: a host and its agents are built once more, against headers in which every open struct has one
more field at its end. Old agents in the new host and new agents in the old host decide to the same order hash.

Usage: growth_test.py ROOT BUILD. The second build is BUILD/growth, and only what changed is built again.
"""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT, BUILD = (os.path.abspath(path) for path in sys.argv[1:3])
SDK = os.path.join(ROOT, "sdk", "include")
GROWN = os.path.join(BUILD, "growth")
# One agent of every role decides: the demo's, and those that leave everything as it is where the demo has none.
EVERY_ROLE = ["--set", '/chain/portfolio_optimizer={"agent": "cadre.identity.portfolio_optimizer"}',
              "--set", '/chain/trade_adjusters=[{"agent": "cadre.identity.trade_adjuster"}]']


def grown(text, open_structs):
    """A header whose open structs have one more field. Its asserts about sizes are those of the release, so they go."""
    text = text.replace("static_assert(condition, text)", "static_assert(true, text)")
    text = text.replace("_Static_assert(condition, text)", "_Static_assert(1, text)")
    for name in open_structs:
        text = re.sub(rf"^\}} {name};$", f"  uint64_t one_more;\n}} {name};", text, flags=re.M)
    return text


def write_grown_headers():
    """Writes what differs from the last time; gives the structs that have grown."""
    every = set()
    for path in glob.glob(os.path.join(SDK, "**", "*.h"), recursive=True):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        names = [name.lower() for name in re.findall(r"^#define (CADRE_\w+)_SIZE_MIN ", text, flags=re.M)]
        every.update(names)
        target = os.path.join(GROWN, "include", os.path.relpath(path, SDK))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        new = grown(text, names)
        if os.path.exists(target):
            with open(target, encoding="utf-8") as file:
                if file.read() == new:
                    continue
        with open(target, "w", encoding="utf-8") as file:
            file.write(new)
    return every


def run(*command):
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{' '.join(command)}\n{ran.stdout[-4000:]}{ran.stderr[-4000:]}"
    return ran.stdout


def order_hash(host, agents):
    """Of the demo, decided by agents of one build in the host of another."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "run")
        run(os.path.join(host, "bin", "cadre"), "--agents", os.path.join(agents, "agents"), "backtest",
            os.path.join(ROOT, "manifests", "scenarios", "demo.json"), *EVERY_ROLE, "--out", out)
        with open(os.path.join(out, "result.json"), encoding="utf-8") as file:
            result = json.load(file)
        assert result["orders"] > 1000, result
        return result["order_hash"]


class Growth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.structs = write_grown_headers()
        cls.new, cls.old = os.path.join(GROWN, "build"), BUILD
        run("cmake", "-S", ROOT, "--preset", "release", "-B", cls.new, "-DCADRE_BUILD_TESTS=OFF",
            f"-DCADRE_SDK_HEADERS={os.path.join(GROWN, 'include')}", "-DCMAKE_CXX_FLAGS=-Wno-missing-field-initializers",
            "-DCMAKE_C_FLAGS=-Wno-missing-field-initializers")
        run("cmake", "--build", cls.new, "--target", "cadre_demo", "-j", "2")
        cls.expected = order_hash(cls.old, cls.old)

    def test_every_struct_with_a_size_has_grown(self):
        closed = {"cadre_string", "cadre_id", "cadre_column", "cadre_window", "cadre_windows", "cadre_rows", "cadre_matrix", "cadre_reason", "cadre_limit_use", "cadre_pair",
                  "cadre_buffer", "cadre_service"}
        for path in glob.glob(os.path.join(SDK, "**", "*.h"), recursive=True):
            if os.sep + "draft" + os.sep in path:
                continue
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for name, body in re.findall(r"^typedef struct (cadre_\w+) \{(.*?)^\} \1;", text, flags=re.M | re.S):
                is_role_table = os.sep + "role" + os.sep in path and "(*" in body
                self.assertEqual(name in self.structs, name not in closed and not is_role_table, name)

    def test_old_agents_decide_the_same_in_a_new_host(self):
        self.assertEqual(order_hash(self.new, self.old), self.expected)

    def test_new_agents_decide_the_same_in_an_old_host(self):
        self.assertEqual(order_hash(self.old, self.new), self.expected)

    def test_new_agents_decide_the_same_in_a_new_host(self):
        self.assertEqual(order_hash(self.new, self.new), self.expected)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
