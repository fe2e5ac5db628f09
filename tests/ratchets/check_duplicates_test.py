"""Copies between folders are found whatever their white space, and the baseline only falls."""

import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check_duplicates.py")
STEPS = [f"  step_{i}(price, quantity);" for i in range(8)]


class Duplicates(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, path, lines):
        os.makedirs(os.path.dirname(os.path.join(self.root, path)), exist_ok=True)
        with open(os.path.join(self.root, path), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def told(self, baseline="", *arguments):
        self.write("tests/ratchets/duplicates.txt", ["# head", baseline])
        ran = subprocess.run([sys.executable, SCRIPT, self.root, *arguments], capture_output=True, text=True, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (1 if ran.stdout else 0, ""))
        return ran.stdout.splitlines()

    def test_five_equal_lines_and_copies_within_a_folder_pass(self):
        self.write("host/a/a.cpp", STEPS[:5])
        self.write("host/b/b.cpp", STEPS[:5])
        self.write("host/c/c.cpp", STEPS)
        self.write("host/c/d.cpp", STEPS)
        self.assertEqual(self.told(), [])

    def test_includes_comments_and_brackets_are_no_copies(self):
        lines = [f"#include <x{i}>" for i in range(6)] + ["// same"] * 6 + ["/* same", "*/"] + ["  }", "});"] * 3
        self.write("host/a/a.cpp", lines)
        self.write("host/b/b.cpp", lines)
        self.assertEqual(self.told(), [])

    def test_a_copy_is_told_once_with_its_line_whatever_its_white_space(self):
        self.write("host/a/a.cpp", ["", *STEPS])
        self.write("plugins/b/b.cpp", [("\t" + line.strip() + "  // why") for line in STEPS])
        told = self.told()
        self.assertEqual(len(told), 1)
        self.assertTrue(told[0].startswith("host/a/a.cpp:2: 8 lines stand in plugins/b/b.cpp too"), told)

    def test_the_baseline_only_falls(self):
        self.write("host/a/a.cpp", STEPS)
        self.write("host/b/b.cpp", STEPS)
        self.assertEqual(self.told("8 host/a/a.cpp host/b/b.cpp"), [])
        self.assertEqual(len(self.told("7 host/a/a.cpp host/b/b.cpp")), 1)
        self.assertEqual(len(self.told("9 host/a/a.cpp host/b/b.cpp")), 1)
        self.assertEqual(self.told("9 host/a/a.cpp host/b/b.cpp", "--lower"), [])
        self.assertEqual(len(self.told("", "--lower")), 1)


if __name__ == "__main__":
    unittest.main()
