"""Which sources clang-tidy looks at: those that changed, those of headers that changed, and nothing else."""

import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import tidy  # noqa: E402  (found beside this file)

KNOWN = {"host/a/a.cpp", "host/a/b.cpp", "host/a/c.c"}


class Units(unittest.TestCase):
    def test_sources_come_before_those_of_headers_each_once(self):
        self.assertEqual(tidy.units_to_check(["host/a/b.hpp", "host/a/a.hpp", "host/a/a.cpp", "host/a/c.h"], KNOWN),
                         ["host/a/a.cpp", "host/a/b.cpp", "host/a/c.c"])

    def test_what_is_not_compiled_is_left_out(self):
        self.assertEqual(tidy.units_to_check(["README.md", "host/a/only.hpp", "host/new.cpp"], KNOWN), [])


class History(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.git("init", "-q", "-b", "main")
        self.first = self.commit("a.cpp")

    def git(self, *arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(["git", *who, "-C", self.root, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
            file.write(text)

    def commit(self, name):
        self.write(name, "int x;\n")
        self.git("add", "-A")
        self.git("commit", "-qm", name)
        return self.git("rev-parse", "HEAD")

    def test_a_branch_is_compared_with_its_merge_base(self):
        self.git("checkout", "-qb", "work")
        self.commit("b.cpp")
        self.commit("c.cpp")
        self.assertEqual(tidy.base_of(self.root)[0], self.first)

    def test_main_is_compared_with_the_commit_before(self):
        self.commit("b.cpp")
        self.assertEqual(tidy.base_of(self.root)[0], self.first)

    def test_without_main_it_is_the_commit_before(self):
        self.git("branch", "-m", "other")
        self.commit("b.cpp")
        self.assertEqual(tidy.base_of(self.root)[0], self.first)

    def test_a_first_commit_has_nothing_before_it(self):
        self.assertIsNone(tidy.base_of(self.root)[0])

    def test_what_is_not_committed_yet_has_changed_too(self):
        self.write("a.cpp", "int y;\n")
        self.write("new.cpp", "int z;\n")
        self.assertEqual(tidy.changed_files(self.root, self.first), ["a.cpp", "new.cpp"])


if __name__ == "__main__":
    unittest.main()
