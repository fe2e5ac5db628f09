"""An agent in Python that is built outside of the tree, against the installed SDK alone.

Usage: outside_test.py BUILD CMAKE
"""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1])
CMAKE = sys.argv[2]


class Outside(unittest.TestCase):
    def run_in(self, folder, *command):
        ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=180)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        return ran.stdout

    def test_is_built_against_the_installed_sdk_and_decides(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run_in(folder, CMAKE, "--install", BUILD, "--prefix", os.path.join(folder, "sdk"), "--component", "CadreSdk")
            self.run_in(folder, CMAKE, "-G", "Ninja", "-S", os.path.join(HERE, "outside"), "-B", "build", "-DCMAKE_BUILD_TYPE=Release",
                        "-DCMAKE_CXX_COMPILER=/usr/bin/c++", "-DCMAKE_CXX_FLAGS=-Wall -Wextra", f"-DCMAKE_PREFIX_PATH={folder}/sdk")
            self.run_in(folder, CMAKE, "--build", "build")
            said = self.run_in(folder, os.path.join(BUILD, "bin", "cadre"), "--agents", os.path.join(BUILD, "agents"), "--agents", "build/agents",
                               "backtest", os.path.join(HERE, "..", "..", "manifests", "scenarios", "demo.json"), "--out", "run", "--set",
                               '/data/to="1992-03-31"', "--set", '/chain/trade_adjusters=[{"agent": "example.inverse_volatility"}]')
            self.assertNotIn("RUN_AGENT_FAILED", said)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
