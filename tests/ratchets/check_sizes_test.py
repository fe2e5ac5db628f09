"""Small things pass, big ones are told, and the baseline only falls."""

import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import check_sizes  # noqa: E402  (found beside this file)

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check_sizes.py")


def function(name, lines):
    return f"void {name}() {{\n" + "  step();\n" * (lines - 2) + "}\n"


def a_class(name, functions):
    return f"class {name} {{\n public:\n" + "".join(f"  void f{i}();\n" for i in range(functions)) + " private:\n  void hidden();\n};\n"


class Sizes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, path, text):
        os.makedirs(os.path.dirname(os.path.join(self.root, path)), exist_ok=True)
        with open(os.path.join(self.root, path), "w", encoding="utf-8") as file:
            file.write(text)

    def told(self, baseline="", *arguments):
        if baseline is not None:
            self.write("tests/ratchets/sizes.txt", "# head\n" + baseline)
        ran = subprocess.run([sys.executable, SCRIPT, self.root, *arguments], capture_output=True, text=True, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (1 if ran.stdout else 0, ""))
        return ran.stdout.splitlines()

    def test_what_is_at_its_limit_passes(self):
        self.write("host/a/a.cpp", "namespace x {\nnamespace {\n" + function("f", 70) + "}\n}\n")
        self.write("host/a/a.hpp", a_class("Small", 25))
        self.write("plugins/b/b.c", "\n" * 500)
        self.assertEqual(self.told(), [])

    def test_what_is_new_and_above_its_limit_is_told_once(self):
        self.write("host/a/a.cpp", "namespace x {\nnamespace {\n" + function("f", 71) + "}\n}\n")
        self.write("host/a/a.hpp", a_class("Big", 26))
        self.write("plugins/b/b.c", "\n" * 501)
        self.assertEqual([line.partition(",")[0] for line in self.told()],
                         ["host/a/a.hpp: Big has 26 public functions", "plugins/b/b.c has 501 lines", "host/a/a.cpp: x::f has 71 lines"])

    def test_what_is_in_the_baseline_passes_and_may_not_grow(self):
        self.write("host/a/a.cpp", function("f", 80))
        self.assertEqual(self.told("function 80 host/a/a.cpp f\n"), [])
        self.assertEqual(self.told("function 79 host/a/a.cpp f\n"),
                         ["host/a/a.cpp: f has 80 lines, the limit is 79; make it smaller"])

    def test_what_got_smaller_lowers_the_baseline(self):
        self.write("host/a/a.cpp", function("f", 75) + function("g", 20))
        baseline = "function 80 host/a/a.cpp f\nfunction 90 host/a/a.cpp g\n"
        self.assertEqual(len(self.told(baseline)), 2)
        self.assertEqual(self.told(baseline, "--lower"), [])
        with open(os.path.join(self.root, check_sizes.BASELINE), encoding="utf-8") as file:
            self.assertEqual(file.read(), "# head\nfunction   75 host/a/a.cpp f\n")

    def test_lowering_follows_what_moved_unless_it_grew(self):
        self.write("host/b/b.cpp", "namespace y {\n" + function("f", 80) + "}\n")
        baseline = "function 80 host/a/a.cpp x::f\n"
        self.assertEqual(len(self.told(baseline)), 2)
        self.assertEqual(self.told(baseline, "--lower"), [])
        self.assertEqual(len(self.told("function 79 host/a/a.cpp x::f\n", "--lower")), 1)

    def test_lowering_lets_nothing_new_in(self):
        self.write("host/a/a.cpp", function("f", 75))
        self.assertEqual(len(self.told("", "--lower")), 1)
        self.assertEqual(len(self.told(None)), 1)


if __name__ == "__main__":
    unittest.main()
