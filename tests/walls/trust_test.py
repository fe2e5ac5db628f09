"""Where an agent runs whose stage does not say it: in the host's process when the host trusts its library, else in a process of its own.
And what is done on a kernel that bounds no files.

Usage: trust_test.py --build BUILD --cadre CADRE
"""

import ctypes
import errno
import os
import shutil
import struct
import unittest

from walls import DAY, Journal, Walls, change, document, misbehaving, new_folder, own_copy, undisturbed, write_json
from test_main import run_tests

arguments = None
OPEN_TO_ALL = 0o777
SYS_LANDLOCK_CREATE_RULESET = 444


def without_landlock():
    """In this process, and all that come of it, the kernel knows no Landlock: a system call filter answers so."""
    libc = ctypes.CDLL(None, use_errno=True)

    def instruction(code, jump_if, jump_else, value):
        return struct.pack("HBBI", code, jump_if, jump_else, value)

    program = b"".join([
        instruction(0x20, 0, 0, 0),                                  # the number of the call
        instruction(0x15, 0, 1, SYS_LANDLOCK_CREATE_RULESET),
        instruction(0x06, 0, 0, 0x00050000 | errno.ENOSYS),
        instruction(0x06, 0, 0, 0x7fff0000)])
    memory = ctypes.create_string_buffer(program, len(program))
    filter_ = struct.pack("HxxxxxxP", 4, ctypes.addressof(memory))
    pr_set_no_new_privs, pr_set_seccomp, mode_filter = 38, 22, 2
    if libc.prctl(pr_set_no_new_privs, 1, 0, 0, 0) != 0 or libc.prctl(pr_set_seccomp, mode_filter, filter_, 0, 0) != 0:
        os._exit(99)


class Trust(unittest.TestCase):
    maxDiff = None

    def walls(self, adjuster, agents=None, **keys):
        root = new_folder("walls")
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        digest = None
        if agents is not None:
            digest = own_copy(arguments.build, os.path.join(root, "agents"), b"\n", **agents)
            agents = os.path.join(root, "agents")
        walls = Walls(arguments, adjuster, root, agents, **keys)
        walls.digest = digest
        self.addCleanup(walls.host.end)
        return walls

    def adjuster_of(self, walls):
        stage = next(s for s in walls.book("main")["stages"] if s["stage"] == "adjuster")
        return stage["isolation"], stage["trusted_by"], stage["sandbox"]

    def mapped_in_host(self, walls):
        with open(f"/proc/{walls.host.process.pid}/maps", encoding="utf-8") as maps:
            return maps.read()

    def test_what_was_built_with_the_host_runs_in_it(self):
        walls = self.walls(misbehaving("nothing"))
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls), ("none", "build", None))
        for stage in walls.book("other")["stages"]:
            self.assertEqual((stage["isolation"], stage["trusted_by"]), ("none", "build"), stage["stage"])

    def test_nobody_knows_a_library_from_a_folder_that_anyone_writes_to(self):
        """And it decides the same in a process of its own, dies there alone, and stays there after a restart from the store."""
        _, orders = undisturbed(arguments, 60)
        walls = self.walls(misbehaving("abort", on_failure="bypass"), {"mode": OPEN_TO_ALL})
        walls.host.state = os.path.relpath(walls.host.state)  # a copy in the store is one however its path is written
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls), ("process", "nobody", "full"))
        self.assertIn("(process)", walls.host.command("status").stdout)
        for book in ("main", "other"):
            walls.post(book, 0, 60)
            walls.host.settled_book(book)
        self.assertIn("killed by signal 6", next(s for s in walls.book("main")["stages"] if s["stage"] == "adjuster")["last_failure"])
        self.assertEqual(walls.host.stop(), 0)
        for book in ("main", "other"):
            self.assertEqual(Journal(walls.host.journal(book)).orders_without_ids(), orders[book])
        walls.start_unready()
        self.assertEqual(self.adjuster_of(walls), ("process", "nobody", "full"))

    def test_a_sum_in_the_configuration_makes_it_trusted_while_the_host_runs(self):
        walls = self.walls(misbehaving("nothing"), {"mode": OPEN_TO_ALL})
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls)[:2], ("process", "nobody"))
        walls.post("main", 0, DAY)
        running = walls.host.document()
        running["trust"] = {"sha256": [walls.digest]}
        status, body = walls.host.ask("POST", "/v1/revisions", change(config=running), {"If-Match": '"1"'})
        self.assertEqual(status, 201, body)
        self.assertEqual(self.adjuster_of(walls), ("none", "configuration", None))
        self.assertEqual([stage["stage"] for stage in body["stages"]], ["adjuster"], body)
        walls.post("main", DAY, 60)
        self.assertEqual(walls.host.settled_book("main")["stages"][0]["failures"], 0)
        self.assertEqual(walls.host.stop(), 0)
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls)[:2], ("none", "configuration"))
        running["trust"] = {"sha256": ["no sum"]}
        status, body = walls.host.ask("POST", "/v1/revisions", change(config=running), {"If-Match": '"2"'})
        self.assertEqual(status, 422, body)
        self.assertIn("/trust/sha256/0", str(body))

    def test_trust_that_is_withdrawn_moves_a_running_agent_out_of_the_host(self):
        """Nothing of its book differs, and it crashes: the host does not."""
        adjuster = misbehaving("abort", on_failure="bypass")
        walls = self.walls(adjuster, {"mode": OPEN_TO_ALL})
        write_json(walls.config, document(adjuster, trust={"sha256": [walls.digest]}))
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls)[:2], ("none", "configuration"))
        self.assertIn(walls.digest, self.mapped_in_host(walls))
        status, body = walls.host.ask("POST", "/v1/revisions", change(config={**walls.host.document(), "trust": {"sha256": []}}), {"If-Match": '"1"'})
        self.assertEqual(status, 201, body)
        self.assertEqual(self.adjuster_of(walls), ("process", "nobody", "full"))
        self.assertEqual([each["stages"] for each in walls.book("main")["processes"]], [["adjuster"]])
        self.assertNotIn(walls.digest, self.mapped_in_host(walls))
        walls.post("main", 0, 60)
        walls.host.settled_book("main")
        self.assertIn("killed by signal 6", next(s for s in walls.book("main")["stages"] if s["stage"] == "adjuster")["last_failure"])
        self.assertEqual(walls.host.stop(), 0)

    def test_the_stage_has_the_last_word(self):
        walls = self.walls({**misbehaving("nothing"), "isolation": "none"}, {"mode": OPEN_TO_ALL})
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls)[:2], ("none", "nobody"))
        walls = self.walls({**misbehaving("nothing"), "isolation": "process"})
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls)[:2], ("process", "build"))

    @unittest.skipUnless(os.geteuid() == 0, "only root has a folder of root")
    def test_a_folder_of_root_is_trusted_and_so_is_the_copy_of_it(self):
        walls = self.walls(misbehaving("nothing"), {"mode": 0o755})
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls), ("none", "folder", None))
        self.assertEqual(walls.host.stop(), 0)
        shutil.rmtree(os.path.join(walls.root, "agents"))
        os.mkdir(os.path.join(walls.root, "agents"))
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls), ("none", "folder", None))

    @unittest.skipUnless(os.geteuid() == 0, "only root has a folder of root")
    def test_bytes_that_came_out_of_a_folder_of_root_are_trusted_whoever_brings_a_change(self):
        """The folder was opened to all meanwhile: settings that are applied and files that are taken run the agent in the same place."""
        walls = self.walls(misbehaving("nothing"), {"mode": 0o755})
        walls.host.start()
        for folder, _, names in os.walk(os.path.join(walls.root, "agents")):
            for name in [folder, *(os.path.join(folder, each) for each in names)]:
                os.chmod(name, OPEN_TO_ALL)
        running = walls.host.document()
        running["books"][1]["scenario"]["chain"]["position_sizer"]["config"]["max_position_size"] = 0.25
        status, body = walls.host.ask("POST", "/v1/revisions", change(config=running), {"If-Match": '"1"'})
        self.assertEqual(status, 201, body)
        self.assertEqual(self.adjuster_of(walls), ("none", "folder", None))
        self.assertEqual({stage["book"] for stage in body["stages"]}, {"other"}, body)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give a file away")
    def test_the_mark_of_the_store_means_nothing_beside_a_library_elsewhere(self):
        walls = self.walls(misbehaving("nothing"), {"mode": 0o755})
        agents = os.path.join(walls.root, "agents")
        with open(os.path.join(agents, "from_a_folder_of_root"), "w", encoding="utf-8"):
            pass
        for name in os.listdir(agents):
            os.chown(os.path.join(agents, name), 65534, 65534)
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls), ("process", "nobody", "full"))

    def test_without_landlock_an_isolated_agent_is_refused_with_the_key_that_allows_it(self):
        walls = self.walls({**misbehaving("nothing"), "isolation": "process"}, limits=without_landlock)
        walls.host.spawn()
        self.assertEqual(walls.host.wait(), 3)
        said = walls.host.log_text()
        self.assertIn("[ISOLATION_START]", said)
        self.assertIn("the kernel bounds no files (Landlock)", said)
        self.assertIn("/trust/allow_weak_sandbox", said)

    def test_without_landlock_it_runs_when_that_is_allowed_and_everyone_sees_it(self):
        _, orders = undisturbed(arguments, 60)
        walls = self.walls({**misbehaving("abort", on_failure="bypass"), "isolation": "process"}, limits=without_landlock,
                           trust={"allow_weak_sandbox": True})
        walls.host.start()
        self.assertEqual(self.adjuster_of(walls), ("process", "build", "weak"))
        walls.host.expect_logged("[SANDBOX_WEAK]")
        walls.host.expect_logged("main/adjuster")
        self.assertIn("cadre_agents_weakly_sandboxed 1", walls.host.ask("GET", "/metrics")[1])
        shown = " ".join(walls.host.command("status").stdout.split())
        self.assertIn("main: the process of adjuster bounds no files", shown)
        walls.post("main", 0, 60)
        walls.host.settled_book("main")
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(Journal(walls.host.journal("main")).orders_without_ids(), orders["main"])


if __name__ == "__main__":
    run_tests("build", "cadre")
