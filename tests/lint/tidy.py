"""clang-tidy over what changed: the translation units that differ from the merge base with main, or, on main itself, from the commit before.

A source whose own header changed (x.cpp for x.hpp) is looked at too. Each is read without the precompiled header of its library, so that a file
that includes too little is found. All of it takes two minutes at most: sources first, then those of headers; what did not get its turn is named.

Usage: tidy.py ROOT BUILD [FILE...]. BUILD holds compile_commands.json; with FILEs those are looked at, without a bound. Exit status 1 when there
is a warning in a file of ours.
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

SECONDS_MAX = 120
SOURCE = (".c", ".cpp")
HEADER = (".h", ".hpp")


def git(root, *arguments):
    ran = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, *arguments], capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else None


def base_of(root):
    """The commit to compare with, and how to call it; None where there is no history."""
    head, main = git(root, "rev-parse", "HEAD"), git(root, "rev-parse", "--verify", "main")
    if main is not None and main != head:
        shared = git(root, "merge-base", "HEAD", "main")
        if shared is not None and shared != head:
            return shared, "the merge base with main"
    return git(root, "rev-parse", "--verify", "HEAD~1"), "the commit before"


def changed_files(root, base):
    changed = (git(root, "diff", "--name-only", "--diff-filter=d", base) or "").splitlines()
    new = (git(root, "ls-files", "--others", "--exclude-standard") or "").splitlines()
    return sorted(set(changed) | set(new))


def units_to_check(changed, known):
    """Sources that changed, then the sources of headers that changed, as far as they are compiled."""
    sources = [path for path in changed if path.endswith(SOURCE) and path in known]
    owners = [os.path.splitext(path)[0] + ending for path in changed if path.endswith(HEADER) for ending in SOURCE]
    return sources + [path for path in owners if path in known and path not in sources]


def without_precompiled(units, folder):
    """Writes compile_commands.json into the folder, without what only gcc knows."""
    for unit in units:
        unit["command"] = re.sub(r" -include \S+cmake_pch\.\S+| -Winvalid-pch| -fpch-preprocess| -fno-gnu-unique", "", unit["command"])
    with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as file:
        json.dump(units, file)


def check(root, build, path, ends):
    """What clang-tidy says about a unit; None when there was no time for it."""
    left = ends - time.monotonic()
    if left <= 0:
        return None
    try:
        ran = subprocess.run(["clang-tidy", "-p", build, "--quiet", os.path.join(root, path)], capture_output=True, text=True,
                             check=False, timeout=None if left == float("inf") else left)
    except subprocess.TimeoutExpired:
        return None
    said = ran.stdout.strip()
    # An error of the compiler is an outcome too; clang-tidy counts suppressed warnings on its other stream.
    return said or (ran.stderr.strip() if ran.returncode != 0 else "")


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    if shutil.which("clang-tidy") is None:
        print("clang-tidy is not installed: see the packages of host/setup/install.sh", file=sys.stderr)
        return 1
    root, build = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        compiled = json.load(file)
    known = {os.path.relpath(os.path.join(unit["directory"], unit["file"]), root) for unit in compiled}
    ends = float("inf")
    if sys.argv[3:]:
        units = [path for path in sys.argv[3:] if path in known]
        since = "the command line"
    else:
        base, since = base_of(root)
        if base is None:
            print("clang-tidy: there is no history to compare with, nothing is looked at")
            return 0
        units = units_to_check(changed_files(root, base), known)
        ends = time.monotonic() + SECONDS_MAX
    if not units:
        print(f"clang-tidy: no source changed since {since}")
        return 0
    print(f"clang-tidy: {len(units)} sources since {since}", flush=True)
    with tempfile.TemporaryDirectory() as commands, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        without_precompiled(compiled, commands)
        said = list(pool.map(lambda path: check(root, commands, path, ends), units))
    left_out = [path for path, text in zip(units, said) if text is None]
    told = sorted({text for text in said if text})
    for text in told:
        print(text)
    if left_out:
        print(f"clang-tidy: no time for {len(left_out)} of them within {SECONDS_MAX} s:")
        print(*left_out, sep="\n")
    warnings = sum(len(re.findall(r": (?:warning|error): ", text)) for text in told)
    print(f"clang-tidy: {len(units) - len(left_out)} sources looked at, {warnings} warnings")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
