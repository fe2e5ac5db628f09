"""The events that host/ logs are the rows of host/base/log_events.cpp, and the other way round.

An event that is not written where it is logged (a name that is handed on) stands elsewhere in host/ as a text.

Usage: check_log_events.py ROOT. Prints every difference; exit status 1 when there is one.
"""

import os
import re
import sys

TABLE = os.path.join("host", "base", "log_events.cpp")
LOGGED = re.compile(r'\blog_event\(\s*[^,;{]*?(?:\?[^,;{]*?)?,\s*"([a-z_]+)"', re.S)
ROW = re.compile(r'^    \{"([a-z_]+)", ', re.M)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def main(root):
    rows = set(ROW.findall(read(os.path.join(root, TABLE))))
    logged, texts = {}, set()
    for directory, _, files in os.walk(os.path.join(root, "host")):
        for name in files:
            path = os.path.relpath(os.path.join(directory, name), root)
            if not name.endswith((".cpp", ".hpp")) or path == TABLE:
                continue
            text = read(os.path.join(root, path))
            texts.update(re.findall(r'"([a-z_]+)"', text))
            for event in LOGGED.findall(text):
                logged.setdefault(event, path)
    found = [f"{path}: the event {event} is not in {TABLE}; add a row with its part and meaning" for event, path in sorted(logged.items()) if event not in rows]
    found += [f"{TABLE}: nothing logs {event}; remove its row" for event in sorted(rows - texts)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found or not logged else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
