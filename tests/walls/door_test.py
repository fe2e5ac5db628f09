"""Who stands at the door of a host is in the way of no halt, and its token is what its file says.

Usage: door_test.py --build BUILD --cadre CADRE
"""

import http.client
import json
import os
import pwd
import re
import shutil
import socket
import time
import unittest

from walls import WITHIN_S, Walls, document, misbehaving, write_json
from running_host import RunningHost, agent_folders, new_folder, wait_until
from test_main import run_tests

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "door")
arguments = None


class Door(unittest.TestCase):
    def start(self):
        """With a port. The host, and the port's number."""
        walls = Walls(arguments, misbehaving("nothing"))
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        write_json(walls.config, dict(document(misbehaving("nothing")), admin={"port": 0}))
        walls.host.start()
        return walls, port_of(walls.host)

    def test_three_hundred_idle_connections_hold_up_no_halt(self):
        walls, port = self.start()
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
        self.addCleanup(lambda: [each.close() for each in idle])
        for _ in range(2):
            begun = time.monotonic()
            done = walls.host.command("halt", "--reason", "now")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertLess(time.monotonic() - begun, WITHIN_S)
        self.assertEqual(walls.book("main")["state"], "halted")
        self.assertEqual(walls.host.stop(), 0)

    def test_a_token_file_without_a_token_is_refused(self):
        self.assertIn("TOKEN_NOT_USABLE", self.refused(b" \n", 0o600))

    def test_a_token_file_that_others_may_read_is_refused(self):
        self.assertIn("TOKEN_NOT_PRIVATE", self.refused(b"s3cret-token-abc\n", 0o644))

    def refused(self, token, mode):
        walls = Walls(arguments, misbehaving("nothing"))
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        write_json(walls.config, dict(document(misbehaving("nothing")), admin={"port": 0}))
        write_token(walls.host.state, token, mode)
        self.assertEqual(walls.host.spawn().wait(), 3)
        return walls.host.log_text()


class Cases(unittest.TestCase):
    """The inputs in door/, each as a stranger sent it."""

    def start(self, token=None):
        self.root = new_folder("door")
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        host = RunningHost(arguments.cadre, self.root, os.path.join(CASES, "host.json"), agent_folders(arguments.build))
        self.addCleanup(host.end)
        if token is not None:
            write_token(host.state, read(token), 0o600)
        return host.start()

    def test_two_halts_behind_three_hundred_idle_connections_answer_within_a_second(self):
        host = self.start()
        port = port_of(host)
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
        self.addCleanup(lambda: [each.close() for each in idle])
        same = [host.connection() for _ in range(300)]  # a client of the same user that leaks
        for each in same:
            each.connect()
        self.addCleanup(lambda: [each.close() for each in same])
        for _ in range(2):
            begun = time.monotonic()
            status, body = host.ask("POST", "/v1/halt", {"reason": "now"})
            self.assertEqual(status, 200, body)
            self.assertLess(time.monotonic() - begun, 1.0)
        wait_until("strangers are shown out", lambda: has_ended(idle[-1]), 15)

    def test_white_space_at_the_end_of_the_token_file_does_not_count(self):
        for name in ("token-newline", "token-crlf", "token-space"):
            with self.subTest(name=name):
                host = self.start(name)
                for token, expected in (("s3cret-token-abc", 200), ("s3cret-token-ab", 401)):
                    connection = http.client.HTTPConnection("127.0.0.1", port_of(host), timeout=10)
                    connection.request("GET", "/v1/status", headers={"Authorization": "Bearer " + token})
                    self.assertEqual(connection.getresponse().status, expected)
                    connection.close()
                self.assertEqual(host.stop(), 0)

    def test_a_transfer_coding_but_chunked_is_refused_and_a_media_type_has_no_case(self):
        host = self.start()
        gzip = read("gzip-then-length.http")
        head, body = gzip.split(b"\r\n\r\n", 1)
        lines = head.split(b"\r\n")
        turned = b"\r\n".join(lines[:-2] + [lines[-1], lines[-2]]) + b"\r\n\r\n" + body
        for request in (gzip, turned):
            self.assertIn(self.sent(host, request), (400, 501))
        self.assertEqual(host.status()["books"][0]["sequence"], 0, "nothing was taken")
        self.assertEqual(self.sent(host, read("mixed-case-type.http")), 202)

    def sent(self, host, request):
        """Its status."""
        one = host.connection()
        one.connect()
        try:
            one.sock.sendall(request)
            return int(one.sock.makefile("rb").readline().split()[1])
        finally:
            one.close()

    def test_the_actor_is_the_user_with_the_name_that_was_added(self):
        host = self.start()
        user = pwd.getpwuid(os.geteuid()).pw_name
        for words, actor in (([], None), (["--actor", "anna"], f"anna ({user})")):
            done = host.command("halt", "--reason", "now", *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            if actor:
                self.assertIn(actor, host.command("events", "--all").stdout)
        for claimed in ("watch", "host"):
            done = host.command("resume", "--reason", "now", "--actor", claimed)
            self.assertEqual(done.returncode, 3)
            self.assertIn("REQUEST_ACTOR_RESERVED", done.stderr)
        self.assertEqual(host.book()["state"], "halted")

    def test_what_would_steer_a_terminal_is_shown_and_a_long_reason_refused(self):
        host = self.start()
        done = host.command("halt", "--reason", "a\x1b[2Jb\u202ec\u009bd")
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in (["events"], ["status"], ["events", "--json"], ["status", "--json"]):
            shown = host.command(*words).stdout
            self.assertFalse(set(shown) & set("\x1b\u202e\u009b"), shown)
        reasons = [json.loads(line).get("reason") for line in host.command("events", "--all", "--json").stdout.splitlines()]
        self.assertIn("a\x1b[2Jb\u202ec\u009bd", reasons)
        done = host.command("halt", "--reason", "x" * 1001)
        self.assertEqual(done.returncode, 3)
        self.assertIn("REQUEST_TOO_LONG", done.stderr)


def read(name):
    with open(os.path.join(CASES, name), "rb") as file:
        return file.read()


def write_token(state, token, mode):
    os.makedirs(state)
    with open(os.path.join(state, "token"), "wb") as file:
        file.write(token)
        os.fchmod(file.fileno(), mode)


def port_of(host):
    """It answers a moment before it says where."""
    return int(wait_until("the port is said", lambda: re.search(r"http://127\.0\.0\.1:(\d+)", host.log_text()))[1])


def has_ended(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


if __name__ == "__main__":
    run_tests("build", "cadre")
