"""Whether docs/concepts/invariants.md names exactly the invariants that are asserted in host/.

Usage: check_invariants.py ROOT. Prints every difference; exit status 1 when there is one.
"""

import os
import re
import sys

ASSERTED = re.compile(r'CADRE_INVARIANT\((?:[^;"]|"(?![a-z_]+\.[a-z_]+"))*?"(?P<name>[a-z_]+\.[a-z_]+)"', re.DOTALL)
LISTED = re.compile(r"^\| `(?P<name>[a-z_]+\.[a-z_]+)` \|", re.MULTILINE)


def asserted(root):
    names = set()
    for folder, _, files in os.walk(os.path.join(root, "host")):
        for name in files:
            path = os.path.join(folder, name)
            if name.endswith((".cpp", ".hpp")) and not path.endswith(os.path.join("base", "invariant.hpp")):
                with open(path, encoding="utf-8") as source:
                    names.update(match["name"] for match in ASSERTED.finditer(source.read()))
    return names


def problems(root):
    page = os.path.join("docs", "concepts", "invariants.md")
    with open(os.path.join(root, page), encoding="utf-8") as file:
        listed = {match["name"] for match in LISTED.finditer(file.read())}
    known = asserted(root)
    for name in sorted(known - listed):
        yield f"{page}: {name} is asserted in host/ and not listed"
    for name in sorted(listed - known):
        yield f"{page}: {name} is listed and asserted nowhere"


if __name__ == "__main__":
    found = list(problems(sys.argv[1]))
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)
