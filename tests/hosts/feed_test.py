"""`cadre feed`: a running host gets bars and signals from files and pipes, each once and in order, and a wrong one is named by its line.

Usage: feed_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import subprocess
import unittest

from running_host import PRICES, RunningHost, new_folder, wait_until
from test_main import run_tests

arguments = None


class Feed(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.root = new_folder("feed")
        self.addCleanup(shutil.rmtree, self.root)
        made = subprocess.run([arguments.cadre, "init", os.path.join(self.root, "desk"), "--empty", "--instrument", "AA", "--instrument", "BB"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.host = RunningHost(arguments.cadre, self.root, os.path.join(self.root, "desk", "host.json"), [os.path.join(arguments.build, "agents")])
        self.addCleanup(self.host.end)

    def write(self, name, *lines):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
        return path

    def words(self, *words):
        return [arguments.cadre, "feed", *words, "--host", os.path.join(self.host.state, "admin.sock")]

    def feed(self, *words, code=0, text=None):
        run = subprocess.run(self.words(*words), input=text, capture_output=True, text=True, cwd=self.root, timeout=60)
        self.assertEqual(run.returncode, code, run.stderr)
        return run.stdout if code == 0 else run.stderr

    def newest(self):
        return self.host.settled_book()["date"]

    def test_a_file_is_taken_once_however_often_it_is_fed(self):
        self.host.start()
        path = self.write("p.csv", "date,AA,BB", "2024-01-02,10,20", "2024-01-03,11,21")
        self.assertEqual(self.feed("main", path), "2 bars taken by main\n")
        self.assertEqual(self.newest(), "2024-01-03")
        self.assertEqual(self.feed("main", path), "0 bars taken by main, 2 that it had were passed over\n")
        with open(path, "a", encoding="utf-8") as file:
            file.write("2024-01-04,12,22\n")
        self.assertEqual(json.loads(self.feed("main", path, "--json")), {"book": "main", "kind": "bars", "accepted": 1, "duplicates": 2, "outside_session": 0})
        self.host.kill()
        self.host.start()
        self.assertEqual(self.feed("main", path), "0 bars taken by main, 3 that it had were passed over\n")

    def test_standard_input_may_be_rows_of_instruments_or_objects(self):
        self.host.start()
        rows = "date,symbol,open,high,low,close\n2024-01-02,AA,10,11,9,10\n2024-01-02,BB,20,20,20,20\n"
        self.assertEqual(self.feed("main", "-", text=rows), "1 bar taken by main\n")
        self.assertEqual(self.feed("main", "-", text='{"date": "2024-01-03", "bars": {"AA": 10, "BB": 20}}\n'), "1 bar taken by main\n")
        self.assertEqual(self.newest(), "2024-01-03")

    def test_signals_are_known_by_their_columns_and_said_twice_are_one(self):
        self.host.start()
        self.feed("main", self.write("p.csv", "date,AA,BB", "2024-01-02,10,20"))
        path = self.write("s.csv", "time,strategy,instrument,direction,strength,confidence,horizon_days", "2024-01-02,m,AA,1,1,1,250")
        self.assertEqual(self.feed("main", path), "1 signal taken by main\n")
        once = self.host.settled_book()["sequence"]
        self.assertEqual(self.feed("main", path), "0 signals taken by main, 1 that it had were passed over\n")
        self.assertEqual(self.host.settled_book()["sequence"], once, "and not taken again")
        shown = subprocess.run([arguments.cadre, "journal", "show", self.host.state, "--kind", "signal"], capture_output=True, text=True, check=True)
        self.assertEqual(len(shown.stdout.splitlines()), 1, shown.stdout)

    def test_a_wrong_line_is_named_what_was_before_it_is_taken_and_nothing_behind(self):
        self.host.start()
        nothing = self.host.book()["sequence"]
        path = self.write("p.csv", "date,AA,BB", "2024-01-02,10,20", "2024-01-03,abc,21", "2024-01-04,11,21")
        self.assertIn(f"{path}:3 /bars/AA: ", self.feed("main", path, code=3))
        self.assertEqual(self.host.book()["sequence"], nothing, "a request is taken or refused as a whole")
        path = self.write("p.csv", "date,AA,BB", "2024-01-02,10,20", "2024-01-03,11,21", "2024-01-33,11,21")
        self.assertIn(f'{path}:4:1: "2024-01-33" is not a date', self.feed("main", path, code=3))
        self.assertEqual(self.newest(), "2024-01-03")

    def test_what_is_not_there_or_no_input_is_refused(self):
        self.host.start()
        objects = self.write("p.jsonl", '{"date": "2024-01-02", "bars": {"AA": 1, "BB": 2}}', "{no json")
        self.assertIn(f"{objects}:2: not JSON", self.feed("main", objects, code=3))
        self.assertIn("[FILE_NOT_FOUND]", self.feed("main", "none.csv", code=3))
        self.assertIn("expected a CSV file", self.feed("main", os.path.join(self.root, "desk", "host.json"), code=3))
        self.assertIn("[FILE_IS_DIRECTORY]", self.feed("main", "desk/prices", code=3))
        self.assertIn('there is no book "other"', self.feed("other", self.write("p.csv", "date,AA,BB", "2024-01-02,10,20"), code=3))
        self.assertIn("[CSV_EMPTY]", self.feed("main", "-", text="", code=3))

    def test_a_header_that_gives_the_book_nothing_is_refused_with_what_was_expected(self):
        self.host.start()
        for text in ("garbage", "garbage\n", "date\n2024-01-02\n"):
            self.assertRegex(self.feed("main", "-", text=text, code=3), r"alone is no header .* date,AAPL,MSFT .*\[CSV_HEADER\]")
        self.assertRegex(self.feed("main", "-", text="date,XX,YY\n", code=3), r"standard input:1: none of its columns is an instrument of main; .* date,AA,BB \[CSV_HEADER\]")
        self.assertIn("XX", self.feed("main", "-", text="date,XX\n2024-01-02,1\n", code=3))
        self.assertEqual(self.feed("main", "-", text="date,AA,XX\n"), "0 bars taken by main\n", "a day without a bar")

    def test_without_a_host_the_exit_code_says_so(self):
        path = self.write("p.csv", "date,AA,BB", "2024-01-02,10,20")
        self.assertIn("[HOST_", self.feed("main", path, code=7))

    def test_a_file_that_grows_is_followed_over_a_restart_of_the_host(self):
        self.host.start()
        path = self.write("p.csv", "date,AA,BB", "2024-01-02,10,20")
        feeding = subprocess.Popen(self.words("main", path, "--follow"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(feeding.communicate)
        self.addCleanup(feeding.kill)
        grown = open(path, "a", encoding="utf-8")
        self.addCleanup(grown.close)

        def grow(text):
            grown.write(text)
            grown.flush()
        wait_until("the first bar", lambda: self.host.book()["date"] == "2024-01-02")
        grow("2024-01-03,11,")
        grow("21\n")
        wait_until("a line in two pieces", lambda: self.host.book()["date"] == "2024-01-03")
        self.host.kill()
        grow("2024-01-04,12,22\n")
        self.host.start()
        wait_until("what came while the host was away", lambda: self.host.book()["date"] == "2024-01-04")
        with open(path, "w", encoding="utf-8"):
            pass
        self.assertEqual(feeding.wait(timeout=20), 3)
        self.assertIn("[FEED_SOURCE_CUT]", feeding.stderr.read())

    def follow(self, path):
        """A feed that follows the file, once its first bar was taken."""
        feeding = subprocess.Popen(self.words("main", path, "--follow"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(feeding.communicate)
        self.addCleanup(feeding.kill)
        wait_until("the first bar", lambda: self.host.book()["date"] == "2024-01-02")
        return feeding

    def ends_replaced(self, feeding, says):
        self.assertEqual(feeding.wait(timeout=20), 3)
        said = feeding.stderr.read()
        self.assertIn("[FEED_SOURCE_REPLACED]", said)
        self.assertIn(says, said)

    def test_a_followed_file_that_is_replaced_or_removed_ends_the_feed_with_what_it_still_had(self):
        self.host.start()
        path = self.write("p.csv", "date,AA,BB", "2024-01-02,10,20")
        feeding = self.follow(path)
        with open(path, "a", encoding="utf-8") as file:
            os.replace(self.write("p.new", "date,AA,BB", "2024-01-02,10,20", "2024-01-03,11,21", "2024-01-04,12,22"), path)
            file.write("2024-01-03,11,21\n")
        self.ends_replaced(feeding, "no more at its path")
        self.assertEqual(self.newest(), "2024-01-03")
        self.assertIn("1 bar taken by main, 2 that it had", self.feed("main", path))
        path = self.write("q.csv", "date,AA,BB", "2024-01-05,10,20")
        feeding = subprocess.Popen(self.words("main", path, "--follow"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(feeding.communicate)
        self.addCleanup(feeding.kill)
        wait_until("the bar of the second file", lambda: self.host.book()["date"] == "2024-01-05")
        os.remove(path)
        self.ends_replaced(feeding, "no more at its path")

    def test_a_followed_file_that_is_written_anew_in_place_ends_the_feed_and_nothing_of_it_is_taken(self):
        self.host.start()
        path = self.write("p.csv", "date,AA,BB", "2024-01-02,10,20")
        feeding = self.follow(path)
        with open(path, "r+", encoding="utf-8") as file:
            file.write("date,BB,AA\n2024-01-02,20,10\n2024-01-03,21,11\n")
        self.ends_replaced(feeding, "what was read of the file was changed")
        self.assertEqual(self.newest(), "2024-01-02")

    def test_a_last_row_without_its_end_is_taken_and_told(self):
        self.host.start()
        path = self.write("p.csv", "date,AA,BB", "2024-01-02,10,20")
        with open(path, "a", encoding="utf-8") as file:
            file.write("2024-01-03,11,2")
        run = subprocess.run(self.words("main", path), capture_output=True, text=True, timeout=60, check=True)
        self.assertIn("p.csv:3: warning: the last line has no end, and is taken as it is", run.stderr)
        whole = subprocess.run(self.words("main", "-"), input='{"date":"2024-01-04","bars":{"AA":11,"BB":2}}', capture_output=True, text=True, timeout=60,
                               check=True)
        self.assertEqual(whole.stderr, "")

    def test_what_was_taken_before_a_line_that_is_no_text_too_long_or_ragged_is_told(self):
        self.host.start()
        days = iter(range(2, 28))
        for fault, code in (("2024-02-01,1\0,2", "CSV_BINARY"), ("9" * (17 << 20), "CSV_LINE_LONG"), ("2024-02-01,1", "CSV_RAGGED_ROW")):
            path = self.write("p.csv", "date,AA,BB", f"2024-01-{next(days):02},10,20", f"2024-01-{next(days):02},10,20", fault)
            said = self.feed("main", path, code=3)
            self.assertIn(f"[{code}]", said)
            self.assertIn("2 before it were taken", said)

    def test_a_long_file_waits_for_a_book_whose_queue_is_full(self):
        demo = os.path.join(self.root, "demo")
        subprocess.run([arguments.cadre, "init", demo], check=True, capture_output=True)
        with open(os.path.join(demo, "host.json"), encoding="utf-8") as file:
            host = json.load(file)
        host["queue"] = {"capacity": 16}
        with open(os.path.join(demo, "host.json"), "w", encoding="utf-8") as file:
            json.dump(host, file)
        self.host = RunningHost(arguments.cadre, self.root, os.path.join(demo, "host.json"), [os.path.join(arguments.build, "agents")],
                                state=os.path.join(self.root, "demo.state"))
        self.addCleanup(self.host.end)
        self.host.start()
        self.assertEqual(self.feed("main", PRICES), "2,528 bars taken by main\n")
        self.assertEqual(self.newest(), "2001-01-02")


if __name__ == "__main__":
    run_tests("build", "cadre")
