"""A host as a service: what it tells the service manager, and who may use its socket.

Usage: service_test.py --build BUILD --cadre CADRE
"""

import grp
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("hosts", "walls"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))

from running_host import ROOT, Client, RunningHost, new_folder, write_json  # noqa: E402
from test_main import run_tests  # noqa: E402
from walls import BARS, DAY, Walls, misbehaving  # noqa: E402

DATA = os.path.join(ROOT, "tests", "data", "journal_gone")
WATCHDOG_S = 0.6
arguments = None


class Manager:
    """What systemd hears at NOTIFY_SOCKET: notices, each as {key: value}."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify.sock")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def next(self, patience_s=30.0):
        self.socket.settimeout(patience_s)
        text = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.splitlines())

    def first(self, holds):
        """The first notice of which this holds, and all before it."""
        heard = []
        while not heard or not holds(heard[-1]):
            heard.append(self.next())
        return heard[-1], heard[:-1]

    def first_with(self, key):
        return self.first(lambda notice: key in notice)

    def first_status(self, part):
        return self.first(lambda notice: part in notice.get("STATUS", ""))[0]["STATUS"]


def as_service(host, manager, watchdog_s=WATCHDOG_S):
    variables = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": str(int(watchdog_s * 1e6))}
    inherited = host.environment
    host.environment = lambda: {**inherited(), **variables}
    return host


class Service(unittest.TestCase):
    def setUp(self):
        self.folder = new_folder("service")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("scenario.json", "prices.csv"):
            shutil.copy(os.path.join(DATA, name), self.folder)
        self.config = os.path.join(self.folder, "host.json")
        self.write()
        self.manager = Manager(self.folder)
        self.addCleanup(self.manager.socket.close)
        self.host = as_service(RunningHost(arguments.cadre, self.folder, self.config, [os.path.join(arguments.build, "agents")]), self.manager)
        self.addCleanup(self.host.end)

    def write(self, **keys):
        write_json(self.config, {"name": "service", "books": [{"scenario": "scenario.json", "set": {"/book/id": "one"}}],
                                 "watch": {"enabled": False}, **keys})

    def test_it_is_ready_when_its_books_are_recovered_and_answer(self):
        self.host.spawn()
        notice, before = self.manager.first_with("READY")
        self.assertIn("starting", before[0]["STATUS"])
        self.assertEqual(notice, {"READY": "1", "STATUS": "revision 1, 1 book: nothing is wrong"})
        self.assertEqual(self.host.ask("GET", "/readyz")[0], 200)

    def test_a_start_that_is_refused_is_never_ready(self):
        self.write(unknown_key=1)
        self.assertEqual(self.host.spawn().wait(), 3)
        self.manager.socket.settimeout(0.1)
        heard = []
        while True:
            try:
                heard.append(self.manager.next(0.1))
            except TimeoutError:
                break
        self.assertFalse([notice for notice in heard if "READY" in notice], heard)

    def test_the_watchdog_is_fed_in_time_and_stopping_is_the_last_word(self):
        self.host.start()
        self.manager.first_with("WATCHDOG")
        for _ in range(5):
            begun = time.monotonic()
            self.manager.first_with("WATCHDOG")
            self.assertLess(time.monotonic() - begun, WATCHDOG_S)
        self.host.process.send_signal(signal.SIGTERM)
        notice, _ = self.manager.first_with("STOPPING")
        self.assertEqual(notice["STOPPING"], "1")
        self.assertEqual(self.host.wait(), 0)
        with self.assertRaises(TimeoutError):
            self.manager.next(0.1)

    def test_a_reload_is_told_with_its_time_and_ready_again_once_it_took_effect(self):
        self.host.start()
        self.write(log={"level": "debug"})
        before = time.monotonic_ns() // 1000
        self.host.process.send_signal(signal.SIGHUP)
        notice, _ = self.manager.first_with("RELOADING")
        self.assertTrue(before <= int(notice["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000)
        self.manager.first_with("READY")
        self.assertEqual(self.host.revision(), 2)

    def test_a_reload_of_wrong_files_changes_nothing_and_the_status_says_so(self):
        self.host.start()
        self.write(log={"level": "loud"})
        self.host.process.send_signal(signal.SIGHUP)
        self.manager.first_with("RELOADING")
        self.assertIn("loud", self.manager.first_status("refused"))
        self.assertEqual(self.host.revision(), 1)

    def test_the_status_says_in_one_line_what_is_wrong_until_it_is_mended(self):
        self.host.start()
        self.assertEqual(self.host.command("halt", "--reason", "a bad day\nREADY=1").returncode, 0)
        said = self.manager.first_status("one is halted")
        self.assertIn("a bad day", said)
        self.assertEqual(self.host.command("resume", "--reason", "better").returncode, 0)
        self.manager.first_status("nothing is wrong")

    def test_the_socket_is_where_it_is_asked_for_and_its_group_may_use_it(self):
        group = grp.getgrgid(os.getegid()).gr_name
        place = os.path.join(self.folder, "run.sock")
        self.host.socket, self.host.client = place, Client(place)
        self.host.start("--socket", place, "--socket-group", group)
        about = os.stat(place)
        self.assertEqual((stat.S_IMODE(about.st_mode), about.st_gid), (0o660, os.getegid()))
        self.assertFalse(os.path.exists(os.path.join(self.host.state, "admin.sock")))
        self.assertEqual(self.host.command("status").returncode, 0)
        self.assertEqual(self.host.stop(), 0)
        self.assertFalse(os.path.exists(place))

    def test_bash_completes_the_names_of_its_books(self):
        self.host.start()
        script = 'source <(cadre completion bash); COMP_WORDS=(cadre halt --book ""); COMP_CWORD=3; _cadre; echo "${COMPREPLY[@]}"'
        variables = dict(os.environ, PATH=os.path.dirname(arguments.cadre) + ":" + os.environ["PATH"], CADRE_HOST=self.host.socket)
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=variables)
        self.assertEqual((done.returncode, done.stdout), (0, "one\n"), done.stderr)

    def test_without_a_group_the_socket_is_its_users_alone(self):
        self.host.start()
        self.assertEqual(stat.S_IMODE(os.stat(self.host.socket).st_mode), 0o600)

    def test_a_group_that_is_not_there_is_refused(self):
        self.assertEqual(self.host.spawn("--socket-group", "no-such-group").wait(), 3)
        self.host.expect_logged("there is no group no-such-group for --socket-group")
        self.host.expect_logged("[ADMIN_SOCKET_GROUP]")


class StuckBook(unittest.TestCase):
    def test_a_book_that_hangs_in_an_agent_is_told_and_does_not_end_the_host(self):
        walls = Walls(arguments, misbehaving("hang", "decide"))
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        manager = Manager(walls.root)
        self.addCleanup(manager.socket.close)
        as_service(walls.host, manager).start()
        walls.post("main", 0, DAY)
        self.assertEqual(walls.host.ask("POST", "/v1/books/main/bars", BARS[DAY])[0], 503)
        self.assertIn("has not come back since", manager.first_status("main is stuck"))
        for _ in range(3):
            begun = time.monotonic()
            manager.first_with("WATCHDOG")
            self.assertLess(time.monotonic() - begun, WATCHDOG_S)


if __name__ == "__main__":
    run_tests("build", "cadre")
