"""`cadre init` makes a desk that checks, runs and is decided on, and replaces nothing that is there."""

import json
import os
import resource
import shutil
import signal
import subprocess
import unittest

from workbench import CADRE, Workbench


class Init(Workbench):
    def test_the_demo_is_a_desk_that_decides_as_the_demo_does(self):
        made = self.cadre("init", "desk")
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        for words in made.stdout.splitlines():
            for name in ("scenarios/main.json", "host.json"):
                self.assertTrue(os.path.isfile(self.path("desk", name)), words)
        self.assertEqual(self.cadre("check", "desk/host.json", "desk/scenarios/main.json", "desk/chains/main.json").returncode, 0)
        run = self.cadre("backtest", "desk/scenarios/main.json", "--json")
        # What README says of the demo.
        self.assertEqual(json.loads(run.stdout)["order_hash"], "9d7f4549b4c744d77a87cbb38f12caedc35066b8f539f6bcbcbb7987c1067543")

    def test_an_empty_desk_has_the_instruments_that_are_named(self):
        self.assertEqual(self.cadre("init", "desk", "--empty", "--instrument", "BRK.B", "--instrument", "IBM").returncode, 0)
        self.assertEqual(self.cadre("check", "desk/host.json").returncode, 0)
        with open(self.path("desk", "scenarios", "main.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["data"]["prices"]["instruments"], ["BRK.B", "IBM"])

    def test_an_empty_folder_is_as_good_as_none(self):
        os.mkdir(self.path("desk"))
        self.assertEqual(self.cadre("init", "desk").returncode, 0)

    def test_what_is_there_is_never_replaced(self):
        os.mkdir(self.path("desk"))
        for name, make in (("desk/a", "x"), ("a_file", "x")):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(make)
        os.symlink("nowhere", self.path("a_link"))
        before = sorted(os.listdir(self.folder))
        for name in ("desk", "a_file", "a_link"):
            run = self.cadre("init", name)
            self.assertEqual((run.returncode, run.stdout), (3, ""))
            self.assertIn("[INIT_NOT_EMPTY]", run.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), before)
        self.assertEqual(os.listdir(self.path("desk")), ["a"])

    def test_a_desk_that_cannot_be_written_in_full_leaves_nothing_and_the_next_try_is_welcome(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))  # the prices do not fit
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for is_there in (False, True):
            if is_there:
                shutil.rmtree(self.path("desk"))
                os.mkdir(self.path("desk"))
            run = subprocess.run([CADRE, "init", self.path("desk")], capture_output=True, text=True, preexec_fn=limit, timeout=60, check=False)
            self.assertEqual(run.returncode, 3)
            self.assertIn("[FILE_NOT_WRITABLE]", run.stderr)
            self.assertEqual(os.path.exists(self.path("desk")), is_there)
            self.assertEqual(os.listdir(self.path("desk")) if is_there else [], [])
            self.assertEqual(self.cadre("init", "desk").returncode, 0)

    def test_wrong_words_are_refused_all_at_once_and_nothing_is_made(self):
        for words, codes in ((("--empty",), ["INIT_NO_INSTRUMENTS"]), (("--instrument", "IBM"), ["INIT_NO_INSTRUMENTS"]),
                             (("--empty", "--instrument", "A B", "--instrument", "C,D", "--instrument", "x" * 64, "--instrument", "IBM", "--instrument", "IBM"),
                              ["INIT_BAD_INSTRUMENT"] * 4)):
            run = self.cadre("init", "desk", *words, "--json")
            self.assertEqual(run.returncode, 3)
            self.assertEqual([p["code"] for p in json.loads(run.stdout)["problems"]], codes)
            self.assertFalse(os.path.exists(self.path("desk")))

    def test_a_place_that_cannot_be_written_is_named(self):
        run = self.cadre("init", "/proc/desk")
        self.assertEqual(run.returncode, 3)
        self.assertIn("/proc/desk: cannot make this folder", run.stderr)


if __name__ == "__main__":
    unittest.main()
