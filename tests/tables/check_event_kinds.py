"""The events that host/ tells are the kinds in host/live/event_feed.cpp, and the other way round.

A kind that is not written where it is told (a name that is handed on) stands elsewhere in host/ as a text.

Usage: check_event_kinds.py ROOT. Prints every difference; exit status 1 when there is one.
"""

import os
import re
import sys

TABLE = os.path.join("host", "live", "event_feed.cpp")
TOLD = re.compile(r"\bfeed_?\.say\(\s*([^{;]*?),\s*(?:\{|std::move|members_of)", re.S)
NAME = re.compile(r'"([a-z_]+)"')


def texts_of(root):
    """The text of every source file of host/ by its path."""
    found = {}
    for directory, _, files in os.walk(os.path.join(root, "host")):
        for name in files:
            if name.endswith((".cpp", ".hpp")):
                path = os.path.join(directory, name)
                with open(path, encoding="utf-8") as file:
                    found[os.path.relpath(path, root)] = file.read()
    return found


def main(root):
    texts = texts_of(root)
    rows = NAME.findall(re.search(r"kinds\[\] = \{(.*?)\};", texts[TABLE], re.S)[1])
    told = {kind: path for path, text in texts.items() for first in TOLD.findall(text) for kind in NAME.findall(first)}
    elsewhere = {name for path, text in texts.items() for name in NAME.findall(text if path != TABLE else text.partition("};")[2])}
    found = [f"{path}: the event {kind} is not in {TABLE}; add it there" for kind, path in sorted(told.items()) if kind not in rows]
    found += [f"{TABLE}: nothing tells {kind}; remove it" for kind in rows if kind not in elsewhere]
    found += [f"{TABLE}: the kinds are not sorted"] if rows != sorted(rows) else []
    print("\n".join(found), end="\n" if found else "")
    return 1 if found or not told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
