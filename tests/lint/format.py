"""Every C and C++ file of the tree is formatted as .clang-format says.

Usage: format.py ROOT. Names each file that differs and the command that mends it; exit status 1 when there is one.
"""

import os
import re
import subprocess
import sys

SOURCE = (".c", ".h", ".cpp", ".hpp")
# Frozen: what keeps ABI 0.10 was made once and is never touched again. A folder is exempt with all in it.
EXEMPT = ("tests/abi/freeze_0_10.c", "tests/abi/matrix/")
UNTRACKED = {"build", "runs"}
AT_ONCE = 100


def tracked_files(root):
    listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return listed.stdout.split("\0")
    found = []  # an unpacked archive: no repository to ask
    for directory, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if name not in UNTRACKED and not name.startswith("."))
        found += [os.path.relpath(os.path.join(directory, name), root) for name in sorted(files)]
    return found


def differing(root, files):
    """The files that clang-format would change."""
    found = []
    for at in range(0, len(files), AT_ONCE):
        ran = subprocess.run(["clang-format", "--style=file", "--dry-run", "--ferror-limit=1", *files[at:at + AT_ONCE]],
                             capture_output=True, text=True, check=False, cwd=root)
        if ran.returncode != 0:
            sys.exit(f"clang-format failed:\n{ran.stderr}")
        found += re.findall(r"^([^:\n]+):\d+:\d+: \w+: code should be clang-formatted", ran.stderr, re.M)
    return sorted(set(found))


def main():
    if len(sys.argv) != 2:
        print(__doc__.rstrip().splitlines()[-1], file=sys.stderr)
        return 2
    root = sys.argv[1]
    files = [path for path in tracked_files(root)
             if path.endswith(SOURCE) and not path.startswith(EXEMPT) and os.path.isfile(os.path.join(root, path))]
    found = differing(root, files)
    for path in found:
        print(f"{path}: is not formatted as .clang-format says")
    if found:
        print("mend with: clang-format -i " + " ".join(found))
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
