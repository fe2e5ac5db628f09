"""Every case of docs/concepts/probe.md is refused before it enters a running host, with agent, function and event named, in time; both books
trade on as if nobody had asked.

Usage: probe_cases_test.py --build BUILD --cadre CADRE --form short|long. The long form goes through the table by every way in, the short one by
an apply, and brings a handful of cases by the others.
"""

import hashlib
import json
import os
import shutil
import subprocess
import time
import unittest

from walls import Walls, change, scenario, undisturbed, wait_until
from running_host import new_folder, write_json
from test_main import run_tests

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "..", "docs", "concepts", "probe.md")
LABEL = b"candidate: "
TIMEOUT_MS = 1000
START_MS = 4000  # of all agents of a book
# Where there is no book there is nothing to observe or decide on, and nothing has been learned that could be forgotten.
WITHOUT_BOOK = ("constructor", "entry", "create", "init", "load", "save", "destroy")
LOOKS_RIGHT = ("forgets its state",)
BEGUN = 40  # bars before the first attempt
arguments = None
ON_BOOK = " on a copy of book main at event "
HANDFUL = {("aborts", "constructor"), ("throws", "entry"), ("faults", "create"), ("forks", "init"), ("hangs", "observe"), ("starts a thread", "decide"),
           ("refuses to save", "save"), ("exits", "destroy")}


def table_of(title):
    """The rows of the table under a heading of the page."""
    with open(PAGE, encoding="utf-8") as page:
        section = page.read().split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    return rows[0], rows[2:]


def names_of_functions():
    return {function: names.split(", ") for function, names in table_of("Functions")[1]}


def cases():
    """(what it does, in which function, what the refusal says)."""
    head, rows = table_of("Cases")
    functions = head[1:-1]
    return [(row[0], function, row[-1]) for row in rows for function, cell in zip(functions, row[1:-1]) if cell == "x"]


class Candidate:
    """A folder with the library of one case."""

    def __init__(self, root):
        self.folder = os.path.join(root, "candidates")
        os.makedirs(self.folder, exist_ok=True)
        built = os.path.join(arguments.build, "test_agents_walls")
        with open(os.path.join(built, "candidate.so"), "rb") as file:
            self.library = file.read()
        with open(os.path.join(built, "candidate.json"), encoding="utf-8") as file:
            self.manifest = json.load(file)
        self.put("nothing", "nowhere")

    def put(self, it, function):
        """Its library does this from now on."""
        at = self.library.index(LABEL) + len(LABEL)
        said = f"{it}, {function}".encode().ljust(64 - len(LABEL), b"\0")
        library = self.library[:at] + said + self.library[at + len(said):]
        manifest = dict(self.manifest, library=dict(self.manifest["library"], sha256=hashlib.sha256(library).hexdigest()))
        with open(os.path.join(self.folder, "candidate.so.new"), "wb") as file:
            file.write(library)
        os.replace(file.name, os.path.join(self.folder, "candidate.so"))
        write_json(os.path.join(self.folder, "candidate.json"), manifest)


ADJUSTER = {"name": "adjuster", "agent": "walls.candidate", "isolation": "none", "on_failure": "hold", "config": {}}


class ProbeCases(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.functions = names_of_functions()
        cls.expected, _ = undisturbed(arguments, 60)

    def walls(self, timeout_ms=TIMEOUT_MS, **keys):
        root = new_folder("walls")
        candidate = Candidate(root)
        walls = Walls(arguments, ADJUSTER, root=root, agents=candidate.folder, probe_timeout_ms=timeout_ms, **keys)
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        return walls, candidate

    def running(self, **keys):
        walls, candidate = self.walls(**keys)
        walls.host.start()
        for book in ("main", "other"):
            walls.post(book, 0, BEGUN)
        return walls, candidate

    def cases(self, functions, but=()):
        """Those of these functions; a handful of them in the short form."""
        found = [case for case in cases() if case[1] in functions and case[0] not in but]
        return found if arguments.form == "long" else [case for case in found if (case[0], case[1]) in HANDFUL]

    def assert_named(self, said, function, says, ground=ON_BOOK):
        # Without a book, what is wrong with a library is said with its file.
        self.assertIn("adjuster (walls.candidate 1.0.0) was tried" + ground if ground else "candidate", said)
        self.assertIn(says, said)
        self.assertTrue(any(name in said for name in self.functions[function]), f"{function} is not named: {said}")

    def assert_undisturbed(self, walls):
        for book in ("main", "other"):
            walls.post(book, BEGUN, 60)
            self.assertEqual(walls.host.settled_book(book)["order_hash"], self.expected[book], book)
        self.assertEqual(walls.host.status()["quarantine"], [])
        self.assertEqual(walls.host.revision(), 1)

    def command(self, candidate, *words):
        agents = ["--agents", os.path.join(arguments.build, "agents"), "--agents", candidate.folder]
        done = subprocess.run([arguments.cadre, *agents, *words], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def test_every_case_is_refused_with_its_function_and_no_order_is_another(self):
        walls, candidate = self.running()
        document = walls.host.document()
        all_cases = cases()
        self.assertGreater(len(all_cases), 100)
        for it, function, says in all_cases:
            with self.subTest(it=it, function=function):
                candidate.put(it, function)
                begun = time.monotonic()
                status, answer = walls.host.apply(document)
                seconds = time.monotonic() - begun
                self.assertEqual(status, 422, answer)
                self.assertLess(seconds, TIMEOUT_MS / 1000 + 1)
                self.assert_named(answer["detail"], function, says)
                self.assertTrue(walls.host.is_alive())
        self.assertIn(says, json.dumps(walls.host.status()["refused"]))
        self.assert_undisturbed(walls)
        candidate.put("nothing", "nowhere at all")
        status, answer = walls.host.apply(document)
        self.assertEqual(status, 201, answer)
        self.assertEqual(walls.host.stop(), 0)

    def test_what_is_no_number_is_refused_in_every_role(self):
        walls, candidate = self.running()
        for agent, stage, says in table_of("No numbers")[1]:
            with self.subTest(agent=agent):
                candidate.put("writes NaN", "decide")
                document = walls.host.document()
                place = document["books"][0]["scenario"]["chain"]
                *lists, last = [int(part) if part.isdigit() else part for part in stage.split("/")]
                for part in lists:
                    place = place[part]
                name = place[last].get("name", last)
                place[last] = {"name": name, "agent": agent, "version": "1.0.0", "isolation": "none", "config": {}}
                document["books"][0]["scenario"]["chain"]["trade_adjusters"] = []
                status, answer = walls.host.apply(document)
                self.assertEqual(status, 422, answer)
                self.assertIn(f"{name} ({agent} 1.0.0) was tried on a copy of book main", answer["detail"])
                self.assertIn(says, answer["detail"])
                # The same agent that has nothing to say is no reason to refuse: what is refused is the number.
                candidate.put("nothing", "nowhere")
                status, answer = walls.host.apply(document, path="/v1/revisions:validate")
                self.assertEqual(status, 200, answer)
        self.assert_undisturbed(walls)
        self.assertEqual(walls.host.stop(), 0)

    def test_a_library_that_changes_in_a_watched_folder_is_refused_alike(self):
        walls, candidate = self.running(watch={"enabled": True, "debounce_ms": 10, "poll_ms": 100})
        for it, function, says in self.cases(self.functions):
            with self.subTest(it=it, function=function):
                candidate.put(it, function)
                said = wait_until("it is refused", lambda: [text for text in [json.dumps(walls.host.status()["refused"])] if says in text])[0]
                self.assert_named(said, function, says)
                candidate.put("nothing", "nowhere")
                wait_until("it is mended", lambda: not walls.host.status()["refused"])
        self.assert_undisturbed(walls)
        self.assertEqual(walls.host.stop(), 0)

    def test_a_candidate_of_an_experiment_is_refused_alike(self):
        walls, candidate = self.running()
        for it, function, says in self.cases(self.functions):
            with self.subTest(it=it, function=function):
                candidate.put(it, function)
                begun = time.monotonic()
                status, answer = walls.host.ask("POST", "/v1/experiments", change(
                    book="main", origin="experiment.json",
                    experiment={"name": "try", "candidate": {"set": {"/chain/trade_adjusters/0": dict(ADJUSTER, version="1.0.0")}}}))
                self.assertLess(time.monotonic() - begun, TIMEOUT_MS / 1000 + 1)
                self.assertEqual(status, 422, answer)
                self.assert_named(answer["detail"], function, says)
        self.assertEqual(walls.host.ask_for("/v1/experiments"), [])
        self.assert_undisturbed(walls)
        self.assertEqual(walls.host.stop(), 0)

    def test_a_host_does_not_begin_with_one(self):
        walls, candidate = self.walls(START_MS)
        for it, function, says in self.cases(WITHOUT_BOOK, but=LOOKS_RIGHT):
            with self.subTest(it=it, function=function):
                candidate.put(it, function)
                code = walls.host.spawn().wait()
                self.assertEqual(code, 3)
                self.assert_named(walls.host.log_text(), function, says, "")
                shutil.rmtree(walls.host.state, ignore_errors=True)

    def test_check_says_what_is_wrong_with_a_host_and_with_a_scenario(self):
        walls, candidate = self.walls(START_MS)
        file = write_json(os.path.join(walls.root, "scenario.json"), scenario("main", [ADJUSTER]))
        code, said = self.command(candidate, "check", walls.config, file)
        self.assertEqual(code, 0, said)
        for it, function, says in self.cases(("constructor", "entry", "create", "init", "load", "observe", "decide", "save", "destroy")):
            with self.subTest(it=it, function=function):
                candidate.put(it, function)
                code, said = self.command(candidate, "check", file, "--probe-timeout-ms", str(START_MS))
                self.assertEqual(code, 3, said)
                self.assertIn(says, said)
                self.assert_named(said, function, says, "")
        for it, function, says in self.cases(WITHOUT_BOOK, but=LOOKS_RIGHT):
            with self.subTest(it=it, function=function, of="a host"):
                candidate.put(it, function)
                code, said = self.command(candidate, "check", walls.config)
                self.assertEqual(code, 3, said)
                self.assert_named(said, function, says, "")

    def test_an_author_finds_it_by_agent_try(self):
        _, candidate = self.walls()
        file = write_json(os.path.join(candidate.folder, "..", "state.json"), {"instruments": ["AA", "BB"], "close": [10, 20], "target_weight": [0.1, 0.1]})
        words = ("agent", "try", "walls.candidate", "--state", file, "--probe-timeout-ms", str(TIMEOUT_MS), "--json")
        code, said = self.command(candidate, *words)
        self.assertEqual(code, 0, said)
        for it, function, says in self.cases(("constructor", "entry", "create", "init", "load", "observe", "decide", "save", "destroy"),
                                             but=("writes NaN",)):
            with self.subTest(it=it, function=function):
                candidate.put(it, function)
                code, said = self.command(candidate, *words)
                self.assertNotEqual(code, 0, said)
                self.assertIn(says, said)


if __name__ == "__main__":
    run_tests("build", "cadre", "form")
