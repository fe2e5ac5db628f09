"""Installs the SDK into a folder of its own and builds projects outside of the tree against it.

Usage: sdk_package_test.py --cmake CMAKE --build BUILD --cadre CADRE
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import unittest

SOURCES = os.path.dirname(os.path.abspath(__file__))
arguments = None


def run(*command):
    environment = {k: v for k, v in os.environ.items() if k not in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CADRE_AGENTS")}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class SdkPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = os.path.join(arguments.build, "sdk_package_test")
        shutil.rmtree(cls.root, ignore_errors=True)
        cls.prefix = os.path.join(cls.root, "prefix")
        done = run(arguments.cmake, "--install", arguments.build, "--prefix", cls.prefix, "--component", "CadreSdk")
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    def configure(self, source, *options):
        build = os.path.join(self.root, self.id().rpartition(".")[2])
        return build, run(arguments.cmake, "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_BUILD_TYPE=Release",
                          "-DCMAKE_C_COMPILER=/usr/bin/cc", "-DCMAKE_CXX_COMPILER=/usr/bin/c++",
                          "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Werror",
                          "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror",
                          f"-DCMAKE_PREFIX_PATH={self.prefix}", *options)

    def build(self, source, *options):
        build, done = self.configure(source, *options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = run(arguments.cmake, "--build", build)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return build

    def agents(self, build):
        done = run(arguments.cadre, "--agents", os.path.join(build, "agents"), "agent", "list", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def audited(self, manifest):
        """The host's own judgement of a stamped plugin, by way of a scenario that uses it as a trade adjuster."""
        demo = os.path.join(SOURCES, "..", "..", "manifests", "scenarios", "demo.json")
        folder = os.path.dirname(demo)
        scenario = read_json(demo)
        scenario["chain"] = read_json(os.path.join(folder, scenario["chain"]))
        scenario["data"]["prices"]["file"] = os.path.abspath(os.path.join(folder, scenario["data"]["prices"]["file"]))
        scenario["chain"]["trade_adjusters"] = [{"agent": manifest["id"]}]
        file = os.path.join(self.root, manifest["id"] + ".json")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(scenario, out)
        return run(arguments.cadre, "--agents", os.path.join(arguments.build, "agents"),
                   "--agents", os.path.dirname(manifest["manifest"]), "check", file)

    def test_the_template_builds_outside_the_tree_and_the_host_lists_it(self):
        template = os.path.join(self.prefix, "share", "cadre", "template")
        agents = self.agents(self.build(template))
        self.assertEqual([a["id"] for a in agents], ["example.cash_reserve"])
        done = self.audited(agents[0])
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_agent_in_c_builds_without_eigen(self):
        agents = self.agents(self.build(os.path.join(SOURCES, "c_agent"), "-DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON"))
        self.assertEqual([a["id"] for a in agents], ["test.c_agent"])
        done = self.audited(agents[0])
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_library_of_the_package_links(self):
        build = self.build(os.path.join(SOURCES, "all_parts"))
        self.assertEqual(run(os.path.join(build, "all_parts")).returncode, 0)

    def test_a_part_whose_needs_are_not_met_is_refused_by_name(self):
        _, done = self.configure(os.path.join(SOURCES, "all_parts"), "-DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr.replace("\n", " "), r"needs\s+Eigen\s+3.4,\s+which\s+was\s+not\s+found")

    def test_another_minor_version_is_refused(self):
        source = os.path.join(self.root, "newer")
        os.makedirs(source)
        with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as lists:
            lists.write("cmake_minimum_required(VERSION 3.25)\nproject(Newer LANGUAGES C)\n"
                        "find_package(CadreSdk 0.11 REQUIRED)\n")
        _, done = self.configure(source)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("0.10.0", done.stderr)

    def test_nothing_in_the_package_names_the_tree_it_was_built_from(self):
        tree = os.path.abspath(os.path.join(SOURCES, "..", ".."))
        for folder, _, files in os.walk(self.prefix):
            for name in files:
                if name.endswith((".cmake", ".json", ".hpp", ".h", ".txt")):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        self.assertNotIn(tree, file.read(), name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("--cmake", "--build", "--cadre"):
        parser.add_argument(name, required=True)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
