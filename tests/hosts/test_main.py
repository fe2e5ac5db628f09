"""How a test of a host is begun from the command line."""

import argparse
import sys
import unittest


def run_tests(*names):
    """Runs the tests of the program: what --NAME says, for each of the names, is in its global `arguments`, and the rest is unittest's."""
    parser = argparse.ArgumentParser()
    for name in names:
        parser.add_argument("--" + name, required=True)
    program = sys.modules["__main__"]
    program.arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
