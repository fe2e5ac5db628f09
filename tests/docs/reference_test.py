"""Fails when the generated pages and schemas are not what the program writes today.

Usage: reference_test.py --cadre CADRE --root ROOT
"""

import filecmp
import os
import subprocess
import sys
import tempfile

cadre = sys.argv[sys.argv.index("--cadre") + 1]
root = sys.argv[sys.argv.index("--root") + 1]
stale = []
with tempfile.TemporaryDirectory() as folder:
    pages, schemas = os.path.join(folder, "pages"), os.path.join(folder, "schemas")
    subprocess.run([cadre, "reference", "--pages", pages, "--schemas", schemas], check=True)
    for made, kept in ((pages, os.path.join(root, "docs", "reference")), (schemas, os.path.join(root, "manifests", "schema"))):
        for name in sorted(set(os.listdir(made)) | set(os.listdir(kept))):
            a, b = os.path.join(made, name), os.path.join(kept, name)
            if not (os.path.exists(a) and os.path.exists(b) and filecmp.cmp(a, b, shallow=False)):
                stale.append(os.path.relpath(b, root))
if stale:
    print("stale, write them again with `cadre reference --pages docs/reference --schemas manifests/schema`:", *stale, sep="\n  ")
    sys.exit(1)
