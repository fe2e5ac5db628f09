"""The codes of problems that host/ uses are the rows of host/base/problem_codes.inc, and the other way round.

A code is a text of capitals with an underscore (CATEGORY_CONDITION), wherever it stands in host/: passed to error() or warning(), given to a
helper, or compared with. Texts of this form that are no codes of problems are in NO_CODES, with what they are.

Usage: check_problem_codes.py ROOT. Prints every difference as file:line: sentence; exit status 1 when there is one.
"""

import os
import re
import sys

TABLE = os.path.join("host", "base", "problem_codes.inc")
CODE = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"')
REPORTED = re.compile(r'(?:\b(?:error|warning)\(|Severity::(?:error|warning),)\s*"([^"]*)"')
# Codes are found as whole texts: one that is put together would escape.
PIECED = re.compile(r'"([A-Z][A-Z0-9]*_)+"\s*\+')
# A place that is a whole file, or nowhere, has a name: Place::of(file), or {}.
SPELLED_PLACE = re.compile(r',\s*0,\s*0,\s*""\s*\}')
NO_CODES = {
    "CADRE_AGENTS": "environment variable",
    "CADRE_HOST": "environment variable",
    "CADRE_EVENT": "field of journald",
    "CREDENTIALS_DIRECTORY": "environment variable",
    "CREDIT_GROSS_EXPOSURE": "pre-trade check, as what a decision was cut for",
    "CREDIT_MARGIN": "pre-trade check, and the code of its limit",
    "CREDIT_NET_EXPOSURE": "pre-trade check, as what a decision was cut for",
    "CREDIT_POSITION_LIMIT": "pre-trade check, as what a decision was cut for",
    "CREDIT_RUINED": "pre-trade check, and the code of its limit",
    "FLOW_REPEATED_EXECUTION": "pre-trade check, and the code of its limit",
    "GLIBC_PRIVATE": "symbol version",
    "JOURNAL_STREAM": "environment variable",
    "MARKET_PRICES_END": "code of what halts a book",
    "NOTIFY_SOCKET": "environment variable",
    "RISK_DAILY_LOSS": "pre-trade check, and the code of its limit",
    "SYSLOG_IDENTIFIER": "field of journald",
}
# The pre-trade checks have a table of their own, and a page.
OTHER_TABLES = {os.path.join("host", "execution", "pre_trade_checks.cpp")}


def without_comments(text):
    """The text with // comments blanked, lines kept."""
    return re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*', lambda match: match[1] or "", text)


def sources(root):
    for directory, folders, files in os.walk(os.path.join(root, "host")):
        folders.sort()
        for name in sorted(files):
            if name.endswith((".cpp", ".hpp")) or os.path.relpath(os.path.join(directory, name), root) == TABLE:
                path = os.path.join(directory, name)
                with open(path, encoding="utf-8") as file:
                    yield os.path.relpath(path, root), without_comments(file.read())


def line_of(text, match):
    return text.count("\n", 0, match.start()) + 1


def table_rows(text):
    """code -> line of its row"""
    return {match[1]: line_of(text, match) for match in re.finditer(r'\{\s*"([A-Z][A-Z0-9_]*)"', text)}


def problems(root):
    rows, used = {}, {}
    for file, text in sources(root):
        if file == TABLE:
            rows = table_rows(text)
            continue
        for match in PIECED.finditer(text):
            yield f"{file}:{line_of(text, match)}: a code is put together from pieces; write it whole, so that it can be found"
        for match in SPELLED_PLACE.finditer(text):
            yield f"{file}:{line_of(text, match)}: a place is spelled out; write Place::of(file), or {{}} for none"
        for match in REPORTED.finditer(text):
            if not CODE.fullmatch(f'"{match[1]}"'):
                yield f"{file}:{line_of(text, match)}: {match[1]!r} is no code: capitals, as in CATEGORY_CONDITION"
        if file in OTHER_TABLES:
            continue
        for match in CODE.finditer(text):
            if match[1] not in NO_CODES:
                used.setdefault(match[1], f"{file}:{line_of(text, match)}")
    if not rows:
        yield f"{TABLE}:1: has no rows"
    for code in sorted(used.keys() - rows.keys()):
        yield f"{used[code]}: {code} is not in {TABLE}; add a row that says what it means and what to do"
    for code in sorted(rows.keys() - used.keys()):
        yield f"{TABLE}:{rows[code]}: {code} is used nowhere; remove the row"


def main():
    if len(sys.argv) != 2:
        print(__doc__.rstrip().splitlines()[-1], file=sys.stderr)
        return 2
    found = list(problems(sys.argv[1]))
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
