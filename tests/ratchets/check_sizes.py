"""What is too big today may only get smaller, and nothing new may become too big.

- a function in host, sdk or plugins has at most 70 lines
- a source of host, sdk, plugins or tests has at most 500 lines
- a class has at most 25 public functions

sizes.txt beside this file is the baseline: KIND SIZE FILE NAME, one a line, of what is bigger nevertheless. Something bigger than its line is
an error; so is a line that is bigger than what there is: `check_sizes.py ROOT --lower` writes the smaller numbers, follows what
moved to another file, and drops what is done. Nothing raises a number but a hand.

Usage: check_sizes.py ROOT [--lower]. Prints every problem as file: sentence; exit status 1 when there is one.
"""

import collections
import json
import os
import re
import subprocess
import sys

LIMITS = {"function": 70, "file": 500, "class": 25}
UNITS = {"function": "lines", "file": "lines", "class": "public functions"}
# Frozen on purpose: the whole ABI of a version, and what was built against it. Never changed; a folder is exempt with all in it.
EXEMPT = ("tests/abi/freeze_0_10.c", "tests/abi/matrix/")
SOURCE = (".c", ".h", ".cpp", ".hpp")
BASELINE = os.path.join("tests", "ratchets", "sizes.txt")


def sources(root, folders):
    for folder in folders:
        for directory, inner, files in os.walk(os.path.join(root, folder)):
            inner.sort()
            for name in sorted(files):
                path = os.path.relpath(os.path.join(directory, name), root)
                if name.endswith(SOURCE) and not path.startswith(EXEMPT):
                    yield path


def tags(root, files):
    """What universal-ctags finds in the files: definitions with their last line, declarations with their access."""
    command = ["ctags", "-f", "-", "--languages=C++", "--langmap=C++:+.h.c", "--kinds-C++=pf", "--fields=+neKaS", "--output-format=json", "-L", "-"]
    ran = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=True, cwd=root)
    for line in ran.stdout.splitlines():
        tag = json.loads(line)
        if tag.get("_type") == "tag":
            yield tag


def name_of(tag):
    """The qualified name; namespaces without one have a random name in ctags, and are left out."""
    scope = re.sub(r"__anon\w+(::)?", "", tag.get("scope", "")).rstrip(":")
    return f"{scope}::{tag['name']}" if scope else tag["name"]


def found_sizes(root):
    """(kind, file, name) -> size, of everything that is above its limit."""
    sizes = collections.Counter()
    for path in sources(root, ("host", "sdk", "plugins", "tests")):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            sizes["file", path, "-"] = sum(1 for _ in file)
    for tag in tags(root, list(sources(root, ("host", "sdk", "plugins")))):
        path = os.path.relpath(os.path.join(root, tag["path"]), root)
        if tag["kind"] == "function" and "end" in tag:
            key = "function", path, name_of(tag)  # overloads share a line: the longest counts
            sizes[key] = max(sizes[key], tag["end"] - tag["line"] + 1)
        if tag.get("access") == "public" and tag.get("scopeKind") in ("class", "struct"):
            # A function defined out of its class is there a second time, in another file or without access.
            sizes["class", path, re.sub(r"__anon\w+(::)?", "", tag["scope"])] += 1
    return {key: size for key, size in sizes.items() if size > LIMITS[key[0]]}


def read_baseline(root):
    baseline = {}
    with open(os.path.join(root, BASELINE), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                kind, size, path, name = line.split(None, 3)
                baseline[kind, path, name.strip()] = int(size)
    return baseline


def problems(found, baseline):
    for key in sorted(found.keys() | baseline.keys()):
        kind, path, name = key
        size, allowed, limit, unit = found.get(key, 0), baseline.get(key, 0), LIMITS[kind], UNITS[kind]
        what = path if kind == "file" else f"{path}: {name}"
        if size > max(allowed, limit):
            yield f"{what} has {size} {unit}, the limit is {max(allowed, limit)}; make it smaller"
        elif size == 0:
            yield f"{what} is not above {limit} {unit} any more, or has moved; lower the baseline: check_sizes.py . --lower"
        elif size < allowed:
            yield f"{what} has {size} {unit}, the baseline says {allowed}; lower the baseline: check_sizes.py . --lower"


def is_same_moved(old, new):
    """Whether two keys name the same function or class in two files, or the same file in two folders."""
    if old[0] != new[0]:
        return False
    return os.path.basename(old[1]) == os.path.basename(new[1]) if old[0] == "file" else old[2].split("::")[-1] == new[2].split("::")[-1]


def lower(root, found, baseline):
    with open(os.path.join(root, BASELINE), encoding="utf-8") as file:
        head = [line for line in file if line.startswith("#")]
    lowered = {key: min(size, found[key]) for key, size in baseline.items() if key in found}
    for old, size in baseline.items():
        if old not in found:  # it is done, or it is in another file now and no bigger
            moved = [key for key in sorted(found.keys() - baseline.keys()) if is_same_moved(old, key) and found[key] <= size]
            lowered.update({key: found[key] for key in moved[:1]})
    with open(os.path.join(root, BASELINE), "w", encoding="utf-8") as file:
        file.writelines(head)
        for (kind, path, name), size in sorted(lowered.items(), key=lambda item: (item[0][0], -item[1], item[0])):
            file.write(f"{kind:<8} {size:>4} {path} {name}\n")


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--lower"]):
        print(__doc__.rstrip().splitlines()[-1], file=sys.stderr)
        return 2
    root = sys.argv[1]
    found, baseline = found_sizes(root), read_baseline(root)
    if sys.argv[2:]:
        lower(root, found, baseline)
        baseline = read_baseline(root)
    told = list(problems(found, baseline))
    for problem in told:
        print(problem)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
