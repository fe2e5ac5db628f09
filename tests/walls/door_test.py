"""Who stands at the door of a host is in the way of no halt, and its token is what its file says.

Usage: door_test.py --build BUILD --cadre CADRE
"""

import http.client
import os
import re
import shutil
import socket
import time
import unittest

from walls import WITHIN_S, Walls, document, misbehaving, write_json
from test_main import run_tests

arguments = None


class Door(unittest.TestCase):
    def start(self, token=None):
        """With a port. The host, and the port's number."""
        walls = Walls(arguments, misbehaving("nothing"))
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        write_json(walls.config, dict(document(misbehaving("nothing")), admin={"port": 0}))
        if token is not None:
            os.makedirs(walls.host.state)
            with open(os.path.join(walls.host.state, "token"), "wb") as file:
                file.write(token)
        walls.host.start()
        return walls, int(re.search(r"http://127\.0\.0\.1:(\d+)", walls.host.log_text())[1])

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

    def test_white_space_at_the_end_of_the_token_file_does_not_count(self):
        for text in (b"s3cret-token-abc\n", b"s3cret-token-abc\r\n", b"s3cret-token-abc ", b"s3cret-token-abc"):
            with self.subTest(text=text):
                walls, port = self.start(text)
                for token, expected in (("s3cret-token-abc", 200), ("s3cret-token-ab", 401)):
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                    connection.request("GET", "/v1/status", headers={"Authorization": "Bearer " + token})
                    self.assertEqual(connection.getresponse().status, expected)
                    connection.close()
                self.assertEqual(walls.host.stop(), 0)

    def test_a_token_file_without_a_token_is_refused(self):
        walls = Walls(arguments, misbehaving("nothing"))
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        write_json(walls.config, dict(document(misbehaving("nothing")), admin={"port": 0}))
        os.makedirs(walls.host.state)
        with open(os.path.join(walls.host.state, "token"), "wb") as file:
            file.write(b" \n")
        self.assertEqual(walls.host.spawn().wait(), 3)
        self.assertIn("ADMIN_TOKEN_MISSING", walls.host.log_text())


if __name__ == "__main__":
    run_tests("build", "cadre")
