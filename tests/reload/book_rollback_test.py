"""A rollback of one book brings back that book's part of a revision and touches no other book.

Usage: book_rollback_test.py --build BUILD --cadre CADRE
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import RunningHost, agent_folders, bars, fresh_folder, risk_manager, scenario, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(300)
BOOKS = ("main", "second")


class BookRollback(unittest.TestCase):
    maxDiff = None

    def start(self, name, *variants, version="1.0.0"):
        root = fresh_folder(arguments.build, "reload_book_rollback_test", name)
        self.scenario = write_json(os.path.join(root, "demo.json"), scenario([risk_manager(version=version)]))
        config = write_json(os.path.join(root, "host.json"),
                            {"name": "host", "watch": {"enabled": False},
                             "books": [{"scenario": "demo.json", "set": {"/book/id": book}} for book in BOOKS]})
        host = RunningHost(arguments.cadre, root, config, agent_folders(arguments.build, *variants)).start()
        self.addCleanup(host.stop)
        for book in BOOKS:
            host.post(TEXTS, book)
        return host

    def run_command(self, host, code, *words):
        done = host.command("revision", *words, "--reason", "test")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def set(self, host, book, limit):
        self.run_command(host, 0, "apply", "--book", book, "--set", f"/chain/risk_managers/0/config/max_weight={limit}")

    def back(self, host, book=None, code=0, *more):
        return self.run_command(host, code, "rollback", *(("--book", book) if book else ()), *more)

    def limits(self, host):
        return [book["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"] for book in host.document()["books"]]

    def test_only_that_book_goes_back(self):
        host = self.start("one", "v1")
        self.set(host, "main", 0.04)
        self.set(host, "second", 0.03)
        done = self.back(host, "main")
        self.assertEqual((host.revision(), self.limits(host)), (4, [0.05, 0.03]))
        self.assertNotIn("second", done.stdout)
        revision = host.get("/v1/revisions/4")
        self.assertEqual((revision["restores"], revision["restores_book"], revision["based_on"]), (1, "main", 3))
        self.assertEqual({s["since_revision"] for s in host.book("second")["stages"]}, {1, 3})
        self.assertEqual({s["since_revision"] for s in host.book("main")["stages"]}, {1, 4})

    def test_each_book_has_a_line_of_its_own_and_never_goes_forward(self):
        host = self.start("line", "v1")
        self.set(host, "main", 0.04)      # 2
        self.set(host, "second", 0.03)    # 3
        self.set(host, "second", 0.02)    # 4
        self.back(host, "main")           # 5
        refused = self.back(host, "main", 4)
        self.assertIn("REVISION_NOTHING_BEFORE", refused.stderr)
        self.back(host, "second")
        self.assertEqual(self.limits(host), [0.05, 0.03])
        self.assertEqual(host.stop(), 0)
        host.start()
        self.back(host, "second")
        self.assertEqual(self.limits(host), [0.05, 0.05])
        self.back(host, "second", 4)

    def test_a_rollback_of_all_behind_one_of_a_book_does_not_bring_back_what_went(self):
        host = self.start("all", "v1")
        self.set(host, "main", 0.04)
        self.set(host, "second", 0.03)
        self.back(host, "main")
        self.back(host)
        self.assertEqual(self.limits(host), [0.05, 0.05])

    def test_two_books_may_have_two_versions_under_one_range(self):
        host = self.start("versions", "v1", version="*")
        self.assertEqual(host.stop(), 0)
        host.agents = agent_folders(arguments.build, "v1", "v1b")
        host.start()
        self.run_command(host, 0, "apply", host.config)
        versions = lambda: [host.stage("risk", book)["version"] for book in BOOKS]
        self.assertEqual(versions(), ["1.0.1", "1.0.1"])
        self.back(host, "main")
        self.assertEqual(versions(), ["1.0.0", "1.0.1"])
        pins = {book: p["version"] for p in host.get(f"/v1/revisions/{host.revision()}")["plugins"] if p["id"] == "reload.counting" for book in p["books"]}
        self.assertEqual(pins, {"main": "1.0.0", "second": "1.0.1"})
        self.assertEqual(host.stop(), 0)
        host.start()
        self.assertEqual(versions(), ["1.0.0", "1.0.1"])

    def test_what_cannot_be_brought_back_is_refused(self):
        host = self.start("refused", "v1")
        self.set(host, "main", 0.04)
        self.assertIn("BOOK_UNKNOWN", self.back(host, "third", 3).stderr)
        self.assertIn("REVISION_UNKNOWN", self.back(host, "main", 3, "--to", "9").stderr)
        self.assertIn("REVISION_STALE", self.back(host, "main", 4, "--base", "1").stderr)
        self.assertIn("REVISION_NOTHING_BEFORE", self.back(host, "second", 4).stderr)
        self.assertEqual((host.revision(), self.limits(host)), (2, [0.04, 0.05]))


if __name__ == "__main__":
    run_tests("build", "cadre")
