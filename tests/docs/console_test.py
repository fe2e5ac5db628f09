"""Runs the console blocks of README and guides, and compares what they print with what the page says.

In a block, lines that begin with "$ " are commands ("> " continues one), the rest is expected output. A line "..." stands for any number of lines, "..."
within a line for any text. All blocks of a page run in one shell, in a folder that looks like the root of the project, so that runs/ is its own.

Usage: console_test.py --root ROOT PAGE...
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

# What runs this very test: run by whoever sees it pass.
SELF = "./tests/run"


def blocks(text):
    return re.findall(r"```console\n(.*?)```", text, re.S)


def commands(block):
    """[(command, expected lines)]"""
    result = []
    for line in block.splitlines():
        if line.startswith("$ "):
            result.append([line[2:], []])
        elif line.startswith("> ") and result and not result[-1][1]:
            result[-1][0] += "\n" + line[2:]
        elif result:
            result[-1][1].append(line)
        else:
            raise ValueError(f"a console block begins with output: {line!r}")
    return result


def line_matches(expected, actual):
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    return re.fullmatch(pattern, actual.rstrip()) is not None


def matches(expected, actual):
    """Whether the lines are the same, "..." aside."""
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    return bool(actual) and line_matches(expected[0], actual[0]) and matches(expected[1:], actual[1:])


class Workspace:
    """A folder with links to everything in the project but runs/."""

    def __init__(self, root):
        self.path = tempfile.mkdtemp(prefix="cadre-docs-")
        for entry in os.listdir(root):
            if entry not in ("runs", ".git"):
                os.symlink(os.path.join(root, entry), os.path.join(self.path, entry))
        os.mkdir(os.path.join(self.path, "runs"))

    def run(self, all_commands):
        """Runs the commands in one shell; returns the lines each printed, both streams together."""
        mark = "---cadre-docs-next---"
        # The demo's set-up is not repeated inside of the tests: what it builds is what is being tested.
        script = "run_demo() { build/release/bin/cadre backtest manifests/scenarios/demo.json --out runs/demo; }\n"
        for command in all_commands:
            script += ("run_demo" if command == "./host/demo" else command) + f"\necho '{mark}'\n"
        environment = {k: v for k, v in os.environ.items() if k != "CADRE_AGENTS"}
        shell = subprocess.Popen(["bash", "-c", script], cwd=self.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 env=environment, start_new_session=True)
        try:
            printed, _ = shell.communicate(timeout=240)
        finally:
            # A page that went wrong may leave a host behind.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
        outputs, current = [], []
        for line in printed.splitlines():
            if line == mark:
                outputs.append(current)
                current = []
            else:
                current.append(line)
        return outputs

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Pages(unittest.TestCase):
    pass


def make_test(root, page):
    def test(self):
        with open(os.path.join(root, page), encoding="utf-8") as file:
            steps = [step for block in blocks(file.read()) for step in commands(block) if step[0] != SELF]
        self.assertTrue(steps, f"{page} has no console block")
        workspace = Workspace(root)
        try:
            outputs = workspace.run([command for command, _ in steps])
        finally:
            workspace.close()
        self.assertEqual(len(outputs), len(steps), f"{page}: the shell ended early")
        for (command, expected), actual in zip(steps, outputs):
            self.assertTrue(matches(expected, actual), f"\n{page}: $ {command}\nexpected:\n" + "\n".join(expected) + "\nprinted:\n" + "\n".join(actual))
    return test


class Matcher(unittest.TestCase):
    def test_takes_equal_lines_and_gaps(self):
        self.assertTrue(matches(["a", "...", "c ... e"], ["a", "x", "y", "c d e"]))
        self.assertTrue(matches(["..."], []))

    def test_refuses_other_lines_and_missing_ones(self):
        self.assertFalse(matches(["a", "b"], ["a", "c"]))
        self.assertFalse(matches(["a"], ["a", "b"]))
        self.assertFalse(matches(["a", "b"], ["a"]))


if __name__ == "__main__":
    at = sys.argv.index("--root")
    root, pages = sys.argv[at + 1], sys.argv[at + 2:]
    for page in pages:
        setattr(Pages, "test_" + re.sub(r"\W", "_", page), make_test(root, page))
    unittest.main(argv=[sys.argv[0], "-v"])
