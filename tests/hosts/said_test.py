"""What a host says when something is not as it should be, or as its operator may think that it is: each in the words of status, log, answers and exit codes.

Usage: said_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import subprocess
import time
import unittest

from running_host import RunningHost, bars, new_folder
from test_main import run_tests

arguments = None
WARM = 254  # bars that the demo's chain asks for


class Said(unittest.TestCase):
    def setUp(self):
        self.root = new_folder("said")
        self.addCleanup(shutil.rmtree, self.root)
        self.desk = self.new_desk("desk")
        self.host = self.host_of(self.desk)
        self.bars = bars(WARM + 20)

    def new_desk(self, name):
        desk = os.path.join(self.root, name)
        subprocess.run([arguments.cadre, "init", desk], check=True, capture_output=True)
        return desk

    def host_of(self, desk, **more):
        host = RunningHost(arguments.cadre, self.root, os.path.join(desk, "host.json"), [os.path.join(arguments.build, "agents")], **more)
        self.addCleanup(host.end)
        return host

    def post(self, texts):
        self.host.post(texts)
        return self.host.settled_book()

    def words(self, *command):
        done = self.host.command(*command)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def test_a_host_that_was_killed_says_so_when_it_is_back_and_nothing_is_wrong(self):
        self.host.start()
        self.host.kill()
        self.host.start()
        code, text = self.words("status")
        self.assertEqual(code, 0, text)
        self.assertIn("the host before this one was killed, or its machine stopped", text)
        self.host.expect_logged("host_killed")
        self.assertEqual(self.host.stop(), 0)
        self.host.start()
        self.assertNotIn("was killed", self.words("status")[1])

    def test_the_time_of_a_revision_is_that_of_its_change_and_not_of_the_start(self):
        self.host.start()
        before = self.host.status()["revision"]["since"]
        self.assertEqual(self.host.stop(), 0)
        self.host.start()
        self.assertEqual(self.host.status()["revision"]["since"], before)

    def test_the_state_of_another_host_is_refused_and_nothing_of_it_is_touched(self):
        self.host.start()
        self.assertEqual(self.host.stop(), 0)
        other = self.host_of(self.new_desk("other"))
        other.spawn()
        self.assertEqual(other.wait(), 3)
        other.expect_logged('the folder is that of host "desk", and')
        other.expect_logged("--state")
        self.host.start()
        self.assertEqual(self.words("status")[0], 0)

    def test_a_host_whose_file_moved_or_whose_name_changed_is_the_same_host(self):
        self.host.start()
        self.assertEqual(self.host.stop(), 0)
        moved = os.path.join(self.root, "moved")
        shutil.move(self.desk, moved)
        self.host = self.host_of(moved).start()
        self.assertEqual(self.host.stop(), 0)
        with open(self.host.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.host.config, "w", encoding="utf-8") as file:
            file.write(text.replace('"name": "desk"', '"name": "renamed"'))
        self.host.start()

    def test_a_second_host_on_the_folder_is_told_how_to_get_its_own(self):
        self.host.start()
        second = self.host_of(self.desk)
        second.spawn()
        self.assertEqual(second.wait(), 3)
        second.expect_logged("a second host needs a folder of its own: --state")

    def test_the_journal_lags_behind_nothing_when_all_is_durable(self):
        self.host.start()
        self.post(self.bars)
        self.assertGreater(self.host.book()["orders"], 0)
        for _ in range(3):
            text = self.host.client.request("GET", "/metrics")[1]
            self.assertIn('cadre_journal_lag_seconds{book="main"} 0\n', text)

    def test_days_that_lack_are_told_until_five_bars_had_none(self):
        self.host.start()
        self.post(self.bars[:3])
        self.assertEqual(self.words("status")[0], 0)
        later = [json.loads(text) for text in self.bars[3:9]]
        for k, bar in enumerate(later):
            bar["date"] = f"1991-06-{k + 3:02}"
        self.assertIn("no bar between 1991-01-04 and 1991-06-03, 150 days", self.post([json.dumps(later[0])])["bar_gap"])
        code, text = self.words("status")
        self.assertEqual(code, 1)
        self.assertIn("main: no bar between 1991-01-04 and 1991-06-03, 150 days", text)
        self.assertIn("look whether days lack in what is fed to book main", text)
        self.host.expect_logged("bar_gap")
        self.post([json.dumps(bar) for bar in later[1:]])
        self.assertEqual(self.words("status")[0], 0)

    def test_orders_that_a_halt_left_open_are_told_by_halt_resume_and_status(self):
        self.host.start()
        self.post(self.bars[:WARM])
        count = self.host.book()["open_orders"]
        self.assertGreater(count, 0)
        self.assertIn(f"main has {count} open orders, which may still be filled", self.words("halt", "--reason", "lunch")[1])
        self.assertIn(f"the halt left {count} orders of book main open", self.words("status")[1])
        self.assertIn(f"main has {count} open orders", self.words("resume", "--reason", "back")[1])
        self.assertNotIn("open order", self.words("halt", "--cancel-orders", "--reason", "evening")[1])
        self.assertNotIn("left", self.words("status")[1].partition("what to do next")[2])

    def test_how_far_a_book_is_warmed_up_is_shown(self):
        self.host.start()
        self.post(self.bars[:40])
        self.assertIn(f"40 of {WARM} bars of warm-up", self.words("status")[1])
        self.assertEqual(self.post(self.bars[40:WARM - 1])["state"], "warming up")
        self.assertEqual(self.post(self.bars[WARM - 1:WARM])["state"], "deciding")
        self.assertNotIn("warm-up", self.words("status")[1])

    def test_a_command_without_a_host_names_the_folders_whose_hosts_do_not_run(self):
        self.host.start()
        self.host.kill()
        shown = subprocess.run([arguments.cadre, "status"], cwd=self.root, capture_output=True, text=True, env=self.host.environment())
        self.assertEqual(shown.returncode, 7)
        self.assertIn("the host of state does not run: `cadre run FILE` starts it", shown.stderr)

    def test_a_change_that_brings_the_rule_of_trials_is_tried_itself(self):
        self.host.start()
        with open(self.host.config, encoding="utf-8") as file:
            config = json.load(file)
        config["confirm"] = {"decisions": 3}
        config["books"][0]["set"] = {"/chain/position_sizer/config/max_position_size": 0.09}
        with open(self.host.config, "w", encoding="utf-8") as file:
            json.dump(config, file)
        self.words("revision", "apply", self.host.config, "--reason", "smaller, and from now on on trial")
        self.assertEqual(self.host.book()["trial"]["of_decisions"], 3)

    def test_a_book_that_takes_nothing_ends_a_feed_with_another_code_than_a_host_that_is_away(self):
        self.host.start()
        prices = os.path.join(self.desk, "prices", "daily.csv")
        os.remove(self.host.journal("main"))
        self.assertEqual(self.words("feed", "main", prices)[0], 6)
        self.host.kill()
        self.assertEqual(self.words("feed", "main", prices)[0], 7)

    def test_a_followed_line_that_has_begun_is_waited_for(self):
        self.host.start()
        names = sorted(json.loads(self.bars[0])["bars"])
        path = os.path.join(self.root, "rows.csv")
        rows = [f"1991-01-02,{name},50,50,50,50,1000\n" for name in names]
        with open(path, "w", encoding="utf-8") as file:
            file.write("date,symbol,open,high,low,close,volume\n" + "".join(rows[:-1]) + rows[-1][:6])
        feed = subprocess.Popen([arguments.cadre, "feed", "main", path, "--follow", "--host", self.host.socket], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        self.addCleanup(feed.kill)
        # Longer than a day of rows waits for its next row: it would be refused as incomplete if it were taken.
        with self.assertRaises(subprocess.TimeoutExpired, msg=feed.stderr.read() if feed.poll() is not None else ""):
            feed.wait(6)
        with open(path, "a", encoding="utf-8") as file:
            file.write(rows[-1][6:])
        deadline = time.monotonic() + 30
        while self.host.book()["bars"] != 1 and time.monotonic() < deadline and feed.poll() is None:
            self.host.settled_book()
        self.assertEqual(self.host.book()["bars"], 1)


if __name__ == "__main__":
    run_tests("build", "cadre")
