"""Settings that change while the host runs have their effect; settings alone keep the plugins that run; and what could not be made durable is no success.

Usage: live_settings_test.py --build BUILD --cadre CADRE
"""

import hashlib
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import RunningHost, agent_folders, bars, fresh_folder, risk_manager, scenario, write_json
from test_main import run_tests  # noqa: E402

arguments = None
TEXTS = bars(420)
WARM_UP_BARS = 300


class LiveSettings(unittest.TestCase):
    maxDiff = None

    def start(self, name, *variants, version="1.0.0", books=("main",), **more):
        root = fresh_folder(arguments.build, "reload_live_settings_test", name)
        write_json(os.path.join(root, "demo.json"), scenario([risk_manager(version=version)]))
        config = write_json(os.path.join(root, "host.json"),
                            {"name": "host", "watch": {"enabled": False}, **more,
                             "books": [{"scenario": "demo.json", "set": {"/book/id": book}} for book in books]})
        host = RunningHost(arguments.cadre, root, config, agent_folders(arguments.build, "v1", *variants)).start()
        self.addCleanup(host.end)
        for book in books:
            host.post(TEXTS[:WARM_UP_BARS], book)
        return host

    def set(self, host, pointer, value, code=0):
        done = host.command("revision", "apply", "--set", f"{pointer}={value}", "--reason", "test")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_the_room_of_a_queue_is_what_the_newest_revision_says(self):
        host = self.start("queue")
        self.assertEqual(host.book()["queue"]["capacity"], 1024)
        document = host.document()
        document["queue"]["capacity"] = 3
        self.assertEqual(host.apply(document)[0], 201)
        self.assertEqual(host.book()["queue"]["capacity"], 3)
        status, body = host.ask("POST", "/v1/books/main/bars", "[" + ",".join(TEXTS[WARM_UP_BARS:WARM_UP_BARS + 60]) + "]")
        self.assertEqual(status, 429)
        self.assertLess(body["accepted"], 60)
        host.kill()
        host.start()
        self.assertEqual(host.book()["queue"]["capacity"], 3)

    def test_costs_of_a_simulated_environment_change_and_its_open_orders_are_handed_over(self):
        host, as_it_was = self.start("costs"), self.start("costs_before")
        pointer = "/execution_environment/config/commission_bp"
        open_orders = host.settled_book()["open_orders"]
        self.assertIn("new instance", self.set(host, pointer, 50))
        self.assertEqual(host.settled_book()["open_orders"], open_orders)
        for one in (host, as_it_was):
            one.post(TEXTS[WARM_UP_BARS:])
        self.assertEqual(as_it_was.settled_book()["costs"], "0")
        self.assertGreater(float(host.settled_book()["costs"]), 0)
        self.assertGreater(host.book()["fills"], 0)
        self.assertEqual(host.book()["state"], "deciding")
        before = {key: host.book()[key] for key in ("costs", "equity", "cash", "fills", "order_hash")}
        host.kill()
        host.start()
        self.assertEqual({key: host.book()[key] for key in before}, before)
        # And back: what it costs from then on is what it cost before.
        self.assertEqual(host.roll_back()[0], 201)
        self.assertEqual(host.document()["books"][0]["scenario"]["execution_environment"]["config"]["commission_bp"], 0)

    def test_another_environment_is_still_refused(self):
        host = self.start("other_environment")
        said = self.set(host, "/execution_environment/agent", '"reload.counting_risk"', code=3)
        self.assertIn("/execution_environment/agent", said)
        self.assertEqual(host.revision(), 1)

    def test_settings_alone_keep_the_version_that_runs(self):
        host = self.start("keeps", version="^1.0")
        self.assertEqual(host.stage("risk")["version"], "1.0.0")
        host.agents = agent_folders(arguments.build, "v1", "v1b")
        host.stop()
        host.start()
        self.set(host, "/chain/risk_managers/0/config/max_weight", 0.04)
        self.assertEqual((host.revision(), host.stage("risk")["version"]), (2, "1.0.0"))
        # A version that is asked for comes from what is installed, and a file as a whole takes the newest.
        self.set(host, "/chain/risk_managers/0/version", '"1.0.1"')
        self.assertEqual(host.stage("risk")["version"], "1.0.1")
        self.assertEqual(host.roll_back(2)[0], 201)
        self.assertEqual(host.stage("risk")["version"], "1.0.0")
        done = host.command("revision", "apply", host.config, "--reason", "the file")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(host.stage("risk")["version"], "1.0.1")

    def test_a_revision_says_which_host_wrote_it(self):
        host = self.start("build")
        with open(arguments.cadre, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        built = host.get("/v1/revisions/1")["host"]
        self.assertEqual((built["version"], built["sha256"]), (host.status()["host_version"], digest))
        self.assertRegex(built["compiler"], r"^(gcc|clang) \d")
        self.assertIn(f"SHA-256 {digest}, built by {built['compiler']}", host.command("revision", "show", "1").stdout)
        # It is no part of what decides.
        self.assertEqual(host.apply(host.document())[1].get("unchanged"), True)

    def test_an_apply_whose_journal_cannot_be_written_is_not_answered_as_applied(self):
        host = self.start("lost_disk", books=("main", "second"))
        os.unlink(host.journal())  # as a disk that has gone: what is written next cannot be made durable
        document = host.document()
        document["books"][0]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"] = 0.04
        status, body = host.apply(document)
        self.assertEqual(status, 409, body)
        self.assertEqual({p["code"] for p in body["problems"]}, {"BOOK_STOPPED", "REVISION_NOT_DURABLE"})
        self.assertIn("a start boots revision 1", " ".join(p["message"] for p in body["problems"]))
        status, reasons = host.ask("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertIn("could not be made durable", str(reasons))
        self.assertEqual((host.book()["state"], host.book("second")["state"]), ("stopped", "deciding"))
        with open(os.path.join(host.state, "CURRENT"), encoding="ascii") as file:
            self.assertEqual(file.read(), "1\n")
        # The other book is in nobody's way, and what is durable again says so.
        self.assertEqual(host.command("revision", "apply", "--book", "second", "--set", "/chain/risk_managers/0/config/max_weight=0.03",
                                      "--reason", "test").returncode, 0)
        self.assertNotIn("could not be made durable", str(host.ask("GET", "/readyz")[1]))


if __name__ == "__main__":
    run_tests("build", "cadre")
