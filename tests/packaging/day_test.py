"""An operator's day, as docs/guides/operator.md tells it: its console blocks are run as root on a Debian of their own, whose systemd runs.

Takes root, debootstrap, systemd-nspawn and a Debian mirror; is skipped where one of them is missing. Two packages of one build lie in /srv there: this
version's, and one that calls itself the next.

Usage: day_test.py --build BUILD
"""

import contextlib
import os
import shutil
import sys
import unittest

from packages import ROOT, Chroot, build_packages, can_make_chroots, project_version

sys.path.insert(0, os.path.join(ROOT, "tests", "hosts"))
sys.path.insert(0, os.path.join(ROOT, "tests", "docs"))
from console_test import blocks, commands, matches  # noqa: E402
from test_main import run_tests  # noqa: E402

PAGE = os.path.join(ROOT, "docs", "guides", "operator.md")
PRICES = os.path.join(ROOT, "tests", "data", "dow30_close_1991_2001.csv")
arguments = None


def next_version():
    major, minor, patch = project_version().split(".")
    return f"{major}.{minor}.{int(patch) + 1}"


@unittest.skipUnless(can_make_chroots(), "takes root, debootstrap and a Debian mirror")
@unittest.skipUnless(shutil.which("systemd-nspawn"), "takes systemd-nspawn (package systemd-container)")
class Day(unittest.TestCase):
    def test_the_page_is_true_from_install_to_remove(self):
        with open(PAGE, encoding="utf-8") as file:
            steps = [step for block in blocks(file.read()) for step in commands(block)]
        wrong = []
        with Chroot() as chroot:
            for version in (project_version(), next_version()):
                made = build_packages(arguments.build, version=version)
                self.addCleanup(shutil.rmtree, made.folder)
                chroot.put(made.cadre)
            chroot.put(PRICES)
            # What the package depends on is there; the day is about the package.
            chroot.install(os.path.join(made.folder, os.path.basename(made.cadre)))
            chroot.run("apt-get purge --yes cadre && rm -rf /etc/systemd/system/*/cadre.service")
            with chroot.boot() as machine:
                for command, expected in steps:
                    # Who reads along waits until what was asked for has come; so does this, for as long as it may take.
                    printed = []

                    def is_as_told(command=command, expected=expected, printed=printed):
                        printed[:] = machine.try_to("cd /srv && " + command)[1].splitlines()
                        return matches(expected, [line.rstrip() for line in printed]) or not command.startswith("cadre status") or "SHOW_DAY" in os.environ
                    with contextlib.suppress(AssertionError):
                        machine.wait_for(command, is_as_told, deadline_s=20)
                    if os.environ.get("SHOW_DAY"):
                        print("$ " + command, *printed, sep="\n", flush=True)
                    elif not matches(expected, [line.rstrip() for line in printed]):
                        wrong.append(f"\n$ {command}\nexpected:\n" + "\n".join(expected) + "\nprinted:\n" + "\n".join(printed))
        self.assertFalse(wrong, "\n".join(wrong))


if __name__ == "__main__":
    run_tests("build")
