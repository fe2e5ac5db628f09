"""Health means health: a host whose books do not all take inputs and decide is not ready, and says why in every place.

Usage: health_test.py --build BUILD --cadre CADRE
"""

import json
import os
import shutil
import unittest

from running_host import ROOT, RunningHost, new_folder, wait_until, write_json
from test_main import run_tests

LOST = os.path.join(ROOT, "tests", "data", "journal_gone")
NEW_FOLDER = os.path.join(ROOT, "tests", "data", "watch_new_folder")
arguments = None


class Health(unittest.TestCase):
    """A host of two books of the same small data."""

    def setUp(self):
        self.folder = new_folder("health")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("scenario.json", "prices.csv"):
            shutil.copy(os.path.join(LOST, name), self.folder)
        books = [{"scenario": "scenario.json", "set": {"/book/id": name}} for name in ("one", "two")]
        config = write_json(os.path.join(self.folder, "host.json"), {"name": "health", "books": books})
        self.host = RunningHost(arguments.cadre, self.folder, config, [os.path.join(arguments.build, "agents")]).start()
        self.addCleanup(self.host.end)

    def assert_health(self, reasons):
        """In readiness, metrics, status and the exit code of `cadre status`: all the same."""
        status, body = self.host.ask("GET", "/readyz")
        self.assertEqual(status, 503 if reasons else 200, body)
        said = self.host.status()
        self.assertEqual((said["ready"], len(said["not_ready"])), (not reasons, len(reasons)), said["not_ready"])
        text = self.host.client.request("GET", "/metrics")[1]
        self.assertIn(f"cadre_ready {0 if reasons else 1}\n", text)
        shown = self.host.command("status")
        self.assertEqual(shown.returncode, 1 if reasons else 0, shown.stdout)
        self.assertEqual("nothing is wrong" in shown.stdout, not reasons, shown.stdout)
        for reason in reasons:
            for where in (json.dumps(body), " ".join(said["not_ready"]), " ".join(shown.stdout.split())):
                self.assertIn(reason, where)
        self.assertEqual(self.host.ask("GET", "/healthz")[0], 200)

    def test_a_host_of_which_nothing_is_wrong_says_so_everywhere(self):
        self.assert_health([])
        self.assertEqual(self.host.stop(), 0)

    def test_a_halted_book_is_not_ready_until_it_is_resumed(self):
        self.assertEqual(self.host.command("halt", "--book", "two", "--reason", "lunch").returncode, 0)
        self.assert_health(["two is halted"])
        self.assertEqual(self.host.command("resume", "--book", "two", "--reason", "back").returncode, 0)
        self.assert_health([])

    def newest_event(self, kind):
        shown = self.host.command("events", "--last", "1", "--kind", kind, "--json").stdout
        return json.loads(shown) if shown else None

    def test_a_removed_or_replaced_socket_is_made_again_and_operators_are_not_locked_out(self):
        self.host.client.close()
        os.remove(self.host.socket)
        wait_until("the socket is back", lambda: os.path.exists(self.host.socket) and self.host.command("halt", "--reason", "a bad day").returncode == 0)
        self.assert_health(["one is halted", "two is halted"])
        self.host.expect_logged("admin_socket_back")
        self.assertEqual(self.newest_event("socket_back")["event"], "socket_back")
        self.assertEqual(os.stat(self.host.socket).st_mode & 0o777, 0o600)

    def test_a_socket_that_cannot_be_made_again_is_told_to_whoever_is_still_connected_until_it_can(self):
        self.assertEqual(self.host.client.request("GET", "/readyz")[0], 200)
        os.rename(self.host.socket, self.host.socket + ".away")
        os.mkdir(self.host.socket)
        wait_until("it is said", lambda: "admin_socket_lost" in self.host.log_text())
        status, body = self.host.client.request("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertIn("operators cannot connect to the socket", json.dumps(body))
        os.rmdir(self.host.socket)
        wait_until("it is back", lambda: "admin_socket_back" in self.host.log_text())
        self.assert_health([])

    def test_all_books_are_named_that_are_in_the_way(self):
        self.assertEqual(self.host.command("halt", "--reason", "a bad day").returncode, 0)
        self.assert_health(["one is halted", "two is halted"])

    def test_a_stopped_book_is_named_and_the_other_goes_on(self):
        os.remove(self.host.journal("one"))
        with open(os.path.join(LOST, "bar-1.json"), encoding="utf-8") as file:
            bar = file.read()
        self.assertEqual(self.host.ask("POST", "/v1/books/one/bars", bar)[0], 503)
        self.assertEqual(self.host.ask("POST", "/v1/books/two/bars", bar)[0], 202)
        self.assert_health(["one is stopped"])

    def test_the_age_of_the_last_bar_and_the_time_since_the_start_are_shown(self):
        with open(os.path.join(LOST, "bar-1.json"), encoding="utf-8") as file:
            self.assertEqual(self.host.ask("POST", "/v1/books/one/bars", file.read())[0], 202)
        one, two = self.host.book("one"), self.host.book("two")
        self.assertGreaterEqual(one["last_bar_seconds"], 0)
        self.assertIsNone(two["last_bar_seconds"])
        self.assertGreaterEqual(self.host.status()["uptime_seconds"], 0)


class WatchedFolders(unittest.TestCase):
    def test_a_chain_file_that_is_named_while_running_is_watched_like_one_named_at_the_start(self):
        folder = new_folder("watched")
        self.addCleanup(shutil.rmtree, folder)
        shutil.copytree(NEW_FOLDER, folder, dirs_exist_ok=True)
        host = RunningHost(arguments.cadre, folder, os.path.join(folder, "conf", "scenario.json"), [os.path.join(arguments.build, "agents")]).start()
        os.replace(os.path.join(folder, "new-scenario.json"), os.path.join(folder, "conf", "scenario.json"))
        wait_until("the file is taken", lambda: host.revision() == 2)
        chain = os.path.join(folder, "chains2", "chain.json")
        with open(chain, encoding="utf-8") as file:
            text = file.read()
        write = lambda changed: write_json(chain, changed)
        changed = json.loads(text)
        sizer = changed["position_sizer"]
        sizer.setdefault("config", {})["max_position_size"] = 0.4
        write(changed)
        wait_until("the chain is taken", lambda: host.revision() == 3)
        sizer["config"]["max_position_size"] = -1
        write(changed)
        wait_until("the value is refused", lambda: host.status()["refused"])
        self.assertEqual(host.command("status").returncode, 1)
        self.assertEqual(host.stop(), 0)


if __name__ == "__main__":
    run_tests("build", "cadre")
