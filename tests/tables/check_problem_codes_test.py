"""A tree whose table is complete passes; each single breach is found, named once, with its place."""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import check_problem_codes  # noqa: E402  (found beside this file)

GOOD = {
    "host/base/problem_codes.inc": 'constexpr ProblemCode kCodes[] = {\n    {"FILE_EMPTY", "It is empty", "Fill it"},\n'
                                   '    {"FILE_LOST",\n     "It is lost", "Find it"}};\n',
    "host/base/file.cpp": 'problems.error("FILE_EMPTY", place, "empty");\n// "FILE_IN_A_COMMENT" is none\nfail(\n    "FILE_LOST", place);\n',
}

BREACHES = [
    ("code without a row", "host/a/a.cpp", '\nproblems.warning("FILE_ODD", {}, "odd");\n', "host/a/a.cpp:2: FILE_ODD is not in"),
    ("code through a helper", "host/a/a.cpp", 'fail("FILE_ODD");\n', "host/a/a.cpp:1: FILE_ODD is not in"),
    ("row without a use", "host/base/file.cpp", 'error("FILE_LOST", {}, "lost");\n', "host/base/problem_codes.inc:2: FILE_EMPTY is used nowhere"),
    ("code of one word", "host/a/a.cpp", 'problems.error("LOST", {}, "lost");\n', "host/a/a.cpp:1: 'LOST' is no code"),
    ("place spelled out", "host/a/a.cpp", 'problems.error("FILE_LOST", {file, 0, 0, ""}, "lost");\n', "host/a/a.cpp:1: a place is spelled out"),
    ("code in pieces", "host/a/a.cpp", 'problems.error("FILE_" + what, {}, "odd");\n', "host/a/a.cpp:1: a code is put together"),
]


def problems_of(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return list(check_problem_codes.problems(root))


class ProblemCodes(unittest.TestCase):
    def test_a_complete_table_passes(self):
        self.assertEqual(problems_of(GOOD), [])

    def test_each_breach_is_found(self):
        for name, file, text, expected in BREACHES:
            with self.subTest(name):
                found = problems_of({**GOOD, file: text})
                self.assertTrue(found and found[0].startswith(expected), found)


if __name__ == "__main__":
    unittest.main()
