"""The log tells the story of a host, wherever it goes, and holds up nobody; events keep their ids.

Usage: log_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import socket
import subprocess
import time
import unittest

from running_host import RunningHost, actor, agent_folders, bars, new_folder, risk_manager, scenario, wait_until, write_json
from test_main import run_tests

arguments = None


class Log(unittest.TestCase):
    def host(self, **log):
        self.root = new_folder("log")
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        write_json(os.path.join(self.root, "demo.json"), scenario([risk_manager()]))
        self.config = write_json(os.path.join(self.root, "host.json"), self.document(**log))
        host = RunningHost(arguments.cadre, self.root, self.config, agent_folders(arguments.build, "v1"))
        self.addCleanup(host.end)
        return host

    def document(self, **log):
        return {"name": "h", "books": [{"scenario": "demo.json"}], "log": log}

    def lines(self, host):
        with open(os.path.join(host.state, "log", "host.log"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def test_a_file_tells_the_story_in_lines_of_json(self):
        host = self.host(output="file", style="json").start()
        reason = 'a "quote"\n\x1b[2J\u202e} end'
        self.assertEqual(host.ask("POST", "/v1/halt", {"reason": reason, "actor": "anna"})[0], 200)
        self.assertEqual(host.apply({"books": []})[0], 422)
        self.assertEqual(host.ask("POST", "/v1/books/main/bars", {"date": "never"})[0], 422)
        self.assertEqual(host.stop(), 0)
        lines = self.lines(host)
        events = [line["event"] for line in lines]
        self.assertEqual(events[0], "host_started")
        self.assertEqual(events[-2:], ["host_stopping", "host_stopped"])
        self.assertEqual((lines[0]["part"], lines[0]["level"], lines[0]["revision"], lines[0]["books"]), ("host", "info", "1", "main"))
        halt = next(line for line in lines if line["event"] == "operator_action")
        self.assertEqual((halt["what"], halt["actor"], halt["reason"], halt["outcome"]), ("/v1/halt", actor("anna"), reason, "done"))
        self.assertIn("apply_refused", events)
        refused = next(line for line in lines if line["event"] == "inputs_refused")
        self.assertEqual((refused["book"], refused["outcome"], refused["times"]), ("main", "refused", "1"))

    def test_levels_follow_the_operator_and_then_the_configuration(self):
        host = self.host(output="file", style="json", admin_level="error").start()
        halts = lambda: sum(line["event"] == "operator_action" for line in self.lines(host))
        host.command("halt", "--reason", "one")
        self.assertEqual(host.get("/v1/log")["levels"]["admin"], "error")
        done = host.command("log", "set", "--part", "admin", "--level", "info", "--reason", "look")
        self.assertEqual(done.returncode, 0, done.stderr)
        host.command("halt", "--reason", "two")
        self.assertIn("admin: info", host.command("log", "show").stdout)
        wait_until("two actions", lambda: halts() == 2)  # the setting itself, and the second halt
        for words in (["--part", "amdin", "--level", "info"], ["--level", "loud"]):
            done = host.command("log", "set", "--reason", "x", *words)
            self.assertEqual(done.returncode, 3)
            self.assertIn("LOG_WORD_UNKNOWN", done.stderr)
        write_json(self.config, self.document(output="file", style="json", admin_level="off", level="warn"))
        wait_until("the file was taken over", lambda: host.get("/v1/log")["levels"] == {
            "host": "warn", "admin": "off", "revision": "warn", "book": "warn", "agent": "warn", "experiment": "warn"})
        self.assertEqual(host.stop(), 0)
        self.assertNotIn("host_stopped", [line["event"] for line in self.lines(host)])

    def test_journald_gets_priorities_and_fields(self):
        folder = new_folder("journald")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        path = os.path.join(folder, "socket")
        journald = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(journald.close)
        journald.bind(path)
        journald.settimeout(20)
        host = self.host(output="journald", journal_socket=path).start()
        host.command("halt", "--reason", "one\ntwo")
        received = b""
        while b"CADRE_EVENT=operator_action" not in received:
            received = journald.recv(65536)
        self.assertIn(b"PRIORITY=6\n", received)
        self.assertIn(b"SYSLOG_IDENTIFIER=cadre\n", received)
        self.assertIn(b"CADRE_REASON\n" + (7).to_bytes(8, "little") + b"one\ntwo\n", received)
        self.assertEqual(host.stop(), 0)

    def first_line_of(self, **environment):
        """The first event on the standard error of a host that logs text."""
        host = self.host(output="stderr", style="text")
        with open(host.log, "ab") as log:
            about = os.fstat(log.fileno())
            stream = environment.get("JOURNAL_STREAM", "").format(about=about)
            host.log_begins = log.tell()
            host.process = subprocess.Popen([host.cadre, *host.options(), "run", host.config, "--state", host.state], stdout=subprocess.DEVNULL, stderr=log,
                                            stdin=subprocess.DEVNULL, env={**host.environment(), "JOURNAL_STREAM": stream}, start_new_session=True)
        host.wait_until_ready()
        self.assertEqual(host.stop(), 0)
        return next(line for line in host.log_text().splitlines() if "host_started" in line)

    def test_text_on_a_stream_begins_with_the_time_but_where_journald_takes_it(self):
        time_of_line = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: host_started: "
        self.assertRegex(self.first_line_of(), "^" + time_of_line)
        self.assertRegex(self.first_line_of(JOURNAL_STREAM="{about.st_dev}:1"), "^" + time_of_line)
        self.assertRegex(self.first_line_of(JOURNAL_STREAM="{about.st_dev}:{about.st_ino}"), "^info: host_started: ")

    def test_an_output_that_cannot_be_opened_is_refused(self):
        host = self.host(output="journald", journal_socket="/nonexistent/socket")
        self.assertEqual(host.spawn().wait(), 3)
        host.expect_logged("LOG_NOT_POSSIBLE")

    def test_a_blocked_standard_error_holds_up_nobody(self):
        host = self.host(output="stderr", style="json")
        os.makedirs(host.root, exist_ok=True)
        read, write = os.pipe()  # nobody reads
        self.addCleanup(os.close, read)
        with open(host.log, "ab") as log:
            host.log_begins = log.tell()
            host.process = subprocess.Popen([host.cadre, *host.options(), "run", host.config, "--state", host.state], stdout=log, stderr=write,
                                            stdin=subprocess.DEVNULL, env=host.environment(), start_new_session=True)
        os.close(write)
        host.wait_until_ready()
        for _ in range(150):  # more than a pipe takes
            self.assertEqual(host.ask("POST", "/v1/resume", {"reason": "r" * 900})[0], 200)
        host.post(bars(260))
        self.assertGreater(host.settled_book()["decisions"], 0)
        begun = time.monotonic()
        self.assertEqual(host.stop(), 0)
        self.assertLess(time.monotonic() - begun, 20)


class Events(unittest.TestCase):
    host = Log.host
    document = Log.document

    def test_ids_outlive_stops_and_kills_and_what_is_gone_is_told(self):
        host = self.host().start()
        host.command("halt", "--reason", "one")
        ids = lambda *words: [json.loads(line) for line in host.command("events", "--all", "--json", *words).stdout.splitlines()]
        first = ids()
        last = first[-1]["id"]
        host.stop()
        host.start()
        again = ids()
        self.assertGreater(again[0]["id"], last)
        host.kill()
        host.start()
        after_kill = ids()
        self.assertGreater(after_kill[0]["id"], again[-1]["id"])
        missed = ids("--after", str(last))
        self.assertEqual((missed[0]["event"], missed[0]["from"], missed[0]["to"]), ("events_missed", last + 1, after_kill[0]["id"] - 1))
        self.assertEqual([event["id"] for event in missed[1:]], [event["id"] for event in after_kill])
        ahead = ids("--after", str(10 ** 12))
        self.assertEqual(ahead[0]["event"], "events_missed")
        self.assertEqual([event["id"] for event in ahead[1:]], [event["id"] for event in after_kill])
        newest = after_kill[-1]["id"]
        self.assertEqual(ids("--after", str(newest)), [])

    def test_are_chosen_by_number_kind_book_and_time(self):
        host = self.host().start()
        for reason in ("one", "two", "three"):
            host.command("halt", "--reason", reason)
        chosen = lambda *words: [json.loads(line)["reason"] for line in host.command("events", "--json", "--kind", "halt", *words).stdout.splitlines()]
        self.assertEqual(chosen(), ["one", "two", "three"])
        self.assertEqual(chosen("--last", "2"), ["two", "three"])
        self.assertEqual(chosen("--last", "0"), [])
        self.assertEqual(chosen("--book", "main", "--since", "1h"), ["one", "two", "three"])
        self.assertEqual(chosen("--since", "2200-01-01"), [])
        for words, code, problem, part in ((["--since", "lunch"], 2, "COMMAND_DATE", "15m"), (["--kind", "hlat"], 3, "COMMAND_KIND", 'did you mean "halt"?'),
                                           (["--book", "mian"], 3, "BOOK_UNKNOWN", 'did you mean "main"?')):
            done = host.command("events", *words)
            self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
            self.assertIn(f"[{problem}]", done.stderr)
            self.assertIn(part, done.stderr)

    def test_the_newest_are_printed_and_all_where_that_is_asked_for(self):
        host = self.host().start()
        host.post(bars(400))
        host.settled_book()
        everything = host.command("events", "--all", "--json").stdout.splitlines()
        self.assertGreater(len(everything), 60)
        done = host.command("events", "--json")
        self.assertEqual(done.stdout.splitlines(), everything[-50:])
        self.assertEqual(done.stderr, f"{len(everything) - 50} older events are left out; --all prints them\n")
        self.assertEqual(len(host.command("events").stdout.splitlines()), 50)
        begin = json.loads(everything[3])["id"]
        self.assertEqual(host.command("events", "--json", "--after", str(begin)).stdout.splitlines(), everything[4:], "who names a beginning gets all")
        following = subprocess.Popen([host.cadre, "events", "--follow", "--json", "--host", host.socket], env=host.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(following.communicate)
        self.addCleanup(following.kill)
        self.assertEqual([following.stdout.readline().strip() for _ in range(10)], everything[-10:])


class Account(unittest.TestCase):
    host = Log.host
    document = Log.document

    def test_portfolio_and_orders_are_told_by_commands_and_an_order_is_explained_in_the_folder_of_its_book(self):
        host = self.host().start()
        host.post(bars(300))
        host.settled_book()
        told = json.loads(host.command("portfolio", "--json").stdout)
        self.assertEqual(told, host.get("/v1/books/main/portfolio"))
        self.assertAlmostEqual(sum(float(position["weight"]) for position in told["positions"]),
                               (float(told["equity"]) - float(told["cash"])) / float(told["equity"]), 4)
        text = host.command("portfolio").stdout
        for position in told["positions"]:
            self.assertRegex(text, rf"(?m)^{position['instrument']} .* %")
        newest = json.loads(host.command("orders", "--last", "3", "--json").stdout)["orders"]
        self.assertEqual(len(newest), 3)
        self.assertEqual(newest, host.get("/v1/books/main/orders?limit=3")["orders"])
        still_open = json.loads(host.command("orders", "--open", "--json").stdout)["orders"]
        self.assertEqual(len(still_open), host.book()["open_orders"])
        self.assertEqual({order["status"] for order in still_open} - {"new", "partially_filled"}, set())
        self.assertIn(newest[0]["client_id"], host.command("orders").stdout)
        self.assertEqual(host.command("orders", "--book", "mian").returncode, 3)
        self.assertEqual(host.stop(), 0)
        run = lambda *words: subprocess.run([host.cadre, *words], capture_output=True, text=True, timeout=60)
        book = os.path.join(host.state, "books", "main")
        self.assertEqual(run("explain", book, newest[0]["client_id"]).returncode, 0)
        refused = run("explain", book, "main.0.0")
        self.assertNotIn("orders.csv", refused.stderr)
        self.assertIn(f"cadre journal show {book} --kind order", refused.stderr)
        refused = run("explain", host.state, newest[0]["client_id"])
        self.assertEqual(refused.returncode, 3)
        self.assertIn(f"name one of its books: {book} [RUN_OF_A_HOST]", refused.stderr)
        refused = run("journal", "show", host.state, "--instrument", "IMB")
        self.assertEqual((refused.returncode, refused.stdout), (3, ""))
        self.assertRegex(refused.stderr, r'no instrument "IMB"; did you mean "IBM"\?.*\[COMMAND_INSTRUMENT\]')
        self.assertEqual(run("journal", "show", host.state, "--instrument", "IBM", "--last", "1").returncode, 0)


if __name__ == "__main__":
    run_tests("build", "cadre")
