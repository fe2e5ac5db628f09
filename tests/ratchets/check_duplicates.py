"""Code that stands in two folders may only get less.

A copy is a run of six or more lines that are equal in two files of different folders of host, sdk, plugins and tests/unit. White space is folded;
comments, includes, empty lines and lines of brackets only do not count.

duplicates.txt beside this file is the baseline: LINES FILE FILE, one a line: how many lines of the first file stand in copies of the second. More,
or a pair that is not there, is an error; so is less: `check_duplicates.py ROOT --lower` writes the smaller numbers. Nothing raises a number but
a hand.

Usage: check_duplicates.py ROOT [--lower]. Prints every problem as file:line: sentence; exit status 1 when there is one.
"""

import collections
import os
import re
import sys

RUN = 6
FOLDERS = ("host", "sdk", "plugins", os.path.join("tests", "unit"))
SOURCE = (".c", ".h", ".cpp", ".hpp")
BASELINE = os.path.join("tests", "ratchets", "duplicates.txt")
SKIPPED = re.compile(r"#\s*(include|pragma)\b.*|[\s{}()\[\];,]*|namespace\b.*|using namespace\b.*")


def counted_lines(text):
    """[(line number, the line with its white space folded)] of the lines that count."""
    text = re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or "\n" * m[0].count("\n"), text, flags=re.S)
    folded = ((number, " ".join(line.split())) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in folded if not SKIPPED.fullmatch(line)]


def sources(root):
    for folder in FOLDERS:
        for directory, inner, files in os.walk(os.path.join(root, folder)):
            inner.sort()
            for name in sorted(files):
                if name.endswith(SOURCE):
                    path = os.path.join(directory, name)
                    with open(path, encoding="utf-8") as file:
                        yield os.path.relpath(path, root), counted_lines(file.read())


def copies(root):
    """(file, other file) -> sorted line numbers of the first that stand in copies of the second; file < other."""
    runs = collections.defaultdict(list)  # RUN lines -> where they begin
    for path, lines in sources(root):
        for i in range(len(lines) - RUN + 1):
            runs[tuple(line for _, line in lines[i:i + RUN])].append((path, [number for number, _ in lines[i:i + RUN]]))
    found = collections.defaultdict(set)
    for places in runs.values():
        for path, numbers in places:
            for other in {other for other, _ in places if path < other and os.path.dirname(path) != os.path.dirname(other)}:
                found[path, other].update(numbers)
    return {pair: sorted(numbers) for pair, numbers in found.items()}


def read_baseline(root):
    with open(os.path.join(root, BASELINE), encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return {(first, second): int(count) for count, first, second in rows}


def problems(found, baseline):
    for pair in sorted(found.keys() | baseline.keys()):
        numbers, allowed = found.get(pair, []), baseline.get(pair, 0)
        if len(numbers) > allowed:
            yield (f"{pair[0]}:{numbers[0]}: {len(numbers)} lines stand in {pair[1]} too, the baseline allows {allowed} (lines "
                   f"{', '.join(map(str, numbers[:12]))}{', ...' if len(numbers) > 12 else ''}); let both use one")
        elif len(numbers) < allowed:
            yield (f"{pair[0]}:1: {len(numbers)} lines stand in {pair[1]} too, the baseline says {allowed}; lower it: "
                   "check_duplicates.py . --lower")


def lower(root, found, baseline):
    with open(os.path.join(root, BASELINE), encoding="utf-8") as file:
        head = [line for line in file if line.startswith("#")]
    with open(os.path.join(root, BASELINE), "w", encoding="utf-8") as file:
        file.writelines(head)
        for pair in sorted(baseline):
            count = min(baseline[pair], len(found.get(pair, [])))
            if count:
                file.write(f"{count:>3} {pair[0]} {pair[1]}\n")


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--lower"]):
        print(__doc__.rstrip().splitlines()[-1], file=sys.stderr)
        return 2
    root = sys.argv[1]
    found = copies(root)
    if sys.argv[2:]:
        lower(root, found, read_baseline(root))
    told = list(problems(found, read_baseline(root)))
    for problem in told:
        print(problem)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
