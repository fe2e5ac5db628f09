"""Who may include whom, and what may stand at the top of the tree.

- host: a folder includes only itself and the folders above it in CADRE_HOST_LAYERS (host/CMakeLists.txt),
  never plugins, tests, or the SDK by another way than cadre/...; siblings include none of each other
- docs/architecture.md: its table of layers names the folders of that list in that order, all of them and no other
- plugins: only cadre/..., the standard library, Eigen and the plugin's own folder, and what a plugin was made for (MADE_FOR)
- sdk/include: only cadre/... and the headers of the C standard library; the rest of sdk nothing of host or plugins
- top level: the agreed entries and dotfiles

Usage: check_layers.py ROOT. Prints every problem as file:line: sentence; exit status 1 when there is one.
"""

import os
import re
import subprocess
import sys

TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "host", "sdk", "plugins", "manifests", "tests", "docs", "README.md"}
# Each drives or changes books in its own way: what two of them need lies below both.
SIBLINGS = (("backtest", "live", "trial"), ("shadow", "revision"))
# Includes between siblings that are there today. Lines are only removed; one that is not needed is an error too.
SIBLING_BASELINE = os.path.join("tests", "layers", "siblings.txt")
ARCHITECTURE = os.path.join("docs", "architecture.md")
UNTRACKED_TOP_LEVEL = {"build", "runs"}
# The one plugin that brings an interpreter along, and what shows it to the extension modules.
MADE_FOR = {"plugins/python_host": re.compile(r"Python\.h|numpy/\w+\.h|dlfcn\.h")}
SOURCE = (".c", ".h", ".cpp", ".hpp", ".inl")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<open>[<"])(?P<path>[^>"]+)[>"]')
C_HEADERS = {name + ".h" for name in (
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg "
    "stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype").split()}


def is_standard(path):
    """Every header of the C++ standard library is one word without a suffix."""
    return path in C_HEADERS or re.fullmatch(r"[a-z_0-9]+", path) is not None


def includes(root, folder):
    """(file, line number, included path) of every source below root/folder, in a fixed order."""
    for directory, folders, files in os.walk(os.path.join(root, folder)):
        folders.sort()
        for name in sorted(files):
            if not name.endswith(SOURCE):
                continue
            path = os.path.join(directory, name)
            with open(path, encoding="utf-8") as source:
                for number, line in enumerate(source, 1):
                    match = INCLUDE.match(line)
                    if match:
                        yield os.path.relpath(path, root), number, match["path"], match["open"] == '"'


def is_inside(root, file, path, folder):
    """Whether an include that is relative to its file finds something in the folder."""
    target = os.path.normpath(os.path.join(os.path.dirname(file), path))
    return target.startswith(folder + os.sep) and os.path.isfile(os.path.join(root, target))


def host_layers(root):
    with open(os.path.join(root, "host", "CMakeLists.txt"), encoding="utf-8") as lists:
        match = re.search(r"set\(CADRE_HOST_LAYERS\s+([^)]*)\)", lists.read())
    return match[1].split() if match else []


def are_siblings(own, other):
    return own != other and any(own in group and other in group for group in SIBLINGS)


def sibling_baseline(root):
    path = os.path.join(root, SIBLING_BASELINE)
    if not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8") as file:
        return {tuple(line.split()) for line in file if line.strip() and not line.startswith("#")}


def check_architecture(root):
    """The first table after the heading Layers: a row per folder of the list, in its order."""
    layers, rows, number = host_layers(root), [], 0
    with open(os.path.join(root, ARCHITECTURE), encoding="utf-8") as page:
        lines = page.read().splitlines()
    start = lines.index("## Layers") if "## Layers" in lines else len(lines)
    for number, line in enumerate(lines[start:], start + 1):
        if line.startswith("|"):
            rows.append((number, line.split("|")[1].strip().strip("`")))
        elif rows:
            break
    rows = rows[2:]  # without head and rule
    for (number, folder), layer in zip(rows, layers):
        if folder != layer:
            yield f"{ARCHITECTURE}:{number}: names {folder} where CADRE_HOST_LAYERS has {layer}"
            return
    if len(rows) != len(layers):
        rest = layers[len(rows):] or [folder for _, folder in rows[len(layers):]]
        yield f"{ARCHITECTURE}:{number}: the table of layers and CADRE_HOST_LAYERS differ in {' '.join(rest)}"


def check_host(root):
    layers = host_layers(root)
    if not layers:
        yield "host/CMakeLists.txt:1: has no list CADRE_HOST_LAYERS"
    known = sibling_baseline(root)
    for layer in layers:
        if not os.path.isdir(os.path.join(root, "host", layer)):
            yield f"host/CMakeLists.txt:1: CADRE_HOST_LAYERS names {layer}, and there is no folder host/{layer}"
    for file, number, path, quoted in includes(root, "host"):
        place = f"{file}:{number}"
        own = file.split(os.sep)[1]
        if own not in layers:
            yield f"{place}: host/{own} is not in CADRE_HOST_LAYERS"
            continue
        first, _, rest = path.partition("/")
        if first == "host":
            other = rest.partition("/")[0]
            if other not in layers:
                yield f"{place}: includes {path}, but {other} is not in CADRE_HOST_LAYERS"
            elif layers.index(other) > layers.index(own):
                yield f"{place}: includes {path}, but {other} comes after {own} in CADRE_HOST_LAYERS"
            elif (file, path) in known:
                known.remove((file, path))
            elif are_siblings(own, other):
                yield f"{place}: includes {path}; {own} and {other} are siblings, what both need goes below them"
        elif first in ("plugins", "tests", "sdk"):
            yield f"{place}: includes {path}; the host knows the SDK as cadre/... and nothing else of {first}"
        elif quoted and ".." in path.split("/") and not is_inside(root, file, path, os.path.join("host", own)):
            yield f"{place}: includes {path}, which leaves host/{own}; write host/<layer>/..."
    for file, path in sorted(known):
        yield f"{SIBLING_BASELINE}:1: {file} does not include {path} any more; remove the line"


def check_plugins(root):
    for file, number, path, quoted in includes(root, "plugins"):
        parts = file.split(os.sep)
        own = os.path.join(*parts[:2])
        first = path.partition("/")[0]
        if first in ("cadre", "Eigen") and ".." not in path.split("/"):
            continue
        if not quoted and is_standard(path):
            continue
        if os.path.normpath(path).startswith(own + os.sep) or (quoted and is_inside(root, file, path, own)):
            continue
        if not quoted and own in MADE_FOR and MADE_FOR[own].fullmatch(path):
            continue
        yield f"{file}:{number}: includes {path}; a plugin knows cadre/..., the standard library, Eigen and {own}"


def check_sdk(root):
    public = os.path.join("sdk", "include") + os.sep
    for file, number, path, _ in includes(root, "sdk"):
        parts = path.split("/")
        if file.startswith(public):
            if path not in C_HEADERS and (parts[0] != "cadre" or ".." in parts):
                yield f"{file}:{number}: includes {path}; the C ABI knows cadre/... and the C standard library"
        elif parts[0] in ("host", "plugins", "tests") or {"host", "plugins"} & set(parts[:-1]):
            yield f"{file}:{number}: includes {path}; the SDK knows nothing of {parts[0]}"


def top_level_entries(root):
    listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"], capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return {path.decode().partition("/")[0] for path in listed.stdout.split(b"\0") if path}
    return set(os.listdir(root)) - UNTRACKED_TOP_LEVEL  # an unpacked archive: no repository to ask


def check_top_level(root):
    for entry in sorted(top_level_entries(root)):
        if entry not in TOP_LEVEL and not entry.startswith("."):
            yield f"{entry}:1: does not belong to the top level; allowed are {' '.join(sorted(TOP_LEVEL))} and dotfiles"


def problems(root):
    return [*check_host(root), *check_architecture(root), *check_plugins(root), *check_sdk(root), *check_top_level(root)]


def main():
    if len(sys.argv) != 2:
        print(__doc__.rstrip().splitlines()[-1], file=sys.stderr)
        return 2
    found = problems(sys.argv[1])
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
