"""What a running host takes at its door and what it refuses: bars that its book cannot use, prices that look wrong, signals with an id.

Usage: door_test.py --build BUILD --cadre CADRE

The inputs are in tests/data/cases.
"""

import json
import os
import shutil
import unittest

from running_host import ROOT, RunningHost, new_folder, wait_until, write_json
from test_main import run_tests

CASES = os.path.join(ROOT, "tests", "data", "cases")
arguments = None


def signal(name=None, strength=1, time="2020-01-01"):
    members = {"time": time, "strategy": "m", "instrument": "AAA", "direction": 1, "strength": strength, "confidence": 1, "horizon_days": 250}
    return members if name is None else {"id": name, **members}


class Door(unittest.TestCase):
    maxDiff = None
    case = None

    def setUp(self):
        self.root = new_folder("door")
        self.addCleanup(shutil.rmtree, self.root)
        shutil.copytree(os.path.join(CASES, self.case), os.path.join(self.root, "case"))
        self.host = RunningHost(arguments.cadre, self.root, self.path("scenario.json"), [os.path.join(arguments.build, "agents")])
        self.addCleanup(self.host.end)

    def path(self, name):
        return os.path.join(self.root, "case", name)

    def edit(self, change):
        with open(self.path("scenario.json"), encoding="utf-8") as file:
            scenario = json.load(file)
        change(scenario)
        write_json(self.path("scenario.json"), scenario)

    def content(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file)

    def post(self, what, inputs="bars"):
        return self.host.client.request("POST", f"/v1/books/main/{inputs}", what)

    def takes(self, *names, inputs="bars"):
        for name in names:
            status, body = self.post(self.content(name), inputs)
            self.assertEqual(status, 202, body)

    def refuses(self, what, code, place="", status=422, inputs="bars"):
        """The body of the answer; nothing of the book has changed."""
        before = self.host.settled_book()
        answered, body = self.post(what, inputs)
        self.assertEqual(answered, status, body)
        self.assertEqual({problem["code"] for problem in body["problems"]}, {code}, body)
        self.assertIn(place, [problem["pointer"] for problem in body["problems"]])
        after = self.host.settled_book()
        for name in ("state", "date", "sequence", "decisions", "orders", "equity", "journal_bytes", "order_hash"):
            self.assertEqual(after[name], before[name], name)
        return body


class LargeInput(Door):
    """Bodies of 4 MiB in which each few bytes are a fault: no answer lists them all, and no memory is spent on them."""

    case = "bar-stops-book"
    many = 4 << 20

    def refused(self, target, body, kind="application/json"):
        """What the answer says; the answer is short, and the host needed little memory for it."""
        with open(f"/proc/{self.host.process.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # its peak is what it has now
        before = self.peak_kib()
        connection = self.host.connection()
        connection.request("POST", target, body, {"Content-Type": kind, "If-Match": '"1"'})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.assertEqual(answer.status, 422, content[:300])
        self.assertLess(len(content), 64 << 10)
        self.assertLess(self.peak_kib() - before, 300 << 10, target)
        return content.decode()

    def peak_kib(self):
        with open(f"/proc/{self.host.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))

    def object_of(self, head, tail="}", value="0"):
        members, size = [], 0
        while size < self.many:
            members.append(f'"k{len(members)}":{value}')
            size += len(members[-1]) + 1
        return head + ",".join(members) + tail

    def test_of_nothing_but_faults_is_refused_with_a_short_answer_and_little_memory(self):
        self.host.start()
        at_first = self.host.resources()["rss_kib"]
        numbers = "[" + ",".join(["0"] * (self.many // 2)) + "]"
        for target in ("/v1/books/main/bars", "/v1/books/main/signals"):
            self.assertIn("AND_MORE", self.refused(target, numbers))
            self.assertIn("AND_MORE", self.refused(target, "0\n" * (self.many // 2), "application/x-ndjson"))
            self.assertIn("CONFIG_UNKNOWN_KEY", self.refused(target, self.object_of("{")))
        self.assertIn("INSTRUMENT_UNKNOWN", self.refused("/v1/books/main/bars", self.object_of('{"date":"2020-01-01","bars":{', "}}")))
        for target in ("/v1/halt", "/v1/experiments", "/v1/revisions"):
            self.assertIn("REQUEST_UNKNOWN_KEY", self.refused(target, self.object_of("{")))
        said = '{"actor":"a","reason":"b",'
        self.assertIn("AND_MORE", self.refused("/v1/revisions", self.object_of(said + '"config":{', "}}")))
        changes = self.object_of('{"name":"n","candidate":{"set":{', "}}}").replace('"k', '"/book/')
        self.assertIn("EXPERIMENT_NOT_OF_THE_CHAIN", self.refused("/v1/experiments", said + '"book":"main","experiment":' + changes + "}"))
        wait_until("it has given the memory back", lambda: self.host.resources()["rss_kib"] - at_first < 300 << 10)

    def test_whose_one_name_fills_it_is_not_said_back_in_full(self):
        self.host.start()
        name = "x" * self.many
        self.assertIn("REQUEST_UNKNOWN_KEY", self.refused("/v1/halt", '{"%s":0}' % name))
        self.assertIn("INSTRUMENT_UNKNOWN", self.refused("/v1/books/main/bars", '{"date":"2020-01-01","bars":{"%s":1}}' % name))


class BarThatTheBookCannotUse(Door):
    case = "bar-stops-book"

    def test_is_refused_by_the_name_of_the_missing_field_and_the_right_one_is_welcome(self):
        self.host.start()
        self.takes("bar-1.json")
        body = self.refuses(self.content("bar-2-closes-only.json"), "BAR_INCOMPLETE", "/bars/AAA")
        self.assertIn("there is no open", body["problems"][0]["message"])
        self.assertIn("execution_environment (fill_at: open)", body["problems"][0]["message"])
        self.refuses({"date": "2020-01-02", "bars": {"AAA": 10, "BBB": 10}}, "BAR_INCOMPLETE", "/bars/BBB")
        self.takes("bar-2.json")
        self.assertEqual(self.host.settled_book()["state"], "deciding")

    def test_is_taken_by_a_book_that_fills_at_the_close(self):
        self.edit(lambda scenario: scenario["execution_environment"]["config"].update(fill_at="close"))
        self.host.start()
        self.takes("bar-1.json", "bar-2-closes-only.json")

    def test_is_refused_from_when_the_book_fills_at_the_open(self):
        self.edit(lambda scenario: scenario["execution_environment"]["config"].update(fill_at="close"))
        self.host.start()
        self.takes("bar-1.json")
        config = self.host.document()
        config["books"][0]["scenario"]["execution_environment"]["config"]["fill_at"] = "open"
        status, body = self.host.apply(config)
        self.assertIn(status, (200, 201), body)
        self.refuses(self.content("bar-2-closes-only.json"), "BAR_INCOMPLETE", "/bars/AAA")

    def test_that_is_dated_in_the_future_is_refused_even_as_the_first_one(self):
        self.host.start()
        first = self.content("bar-1.json")
        self.refuses(dict(first, date="2220-01-01"), "BAR_FAR_AHEAD", "/date")
        self.takes("bar-1.json")
        self.refuses(dict(first, date="2220-01-02"), "BAR_FAR_AHEAD", "/date")

    def test_whose_value_does_not_fit_the_books_is_refused_and_the_right_one_is_welcome(self):
        self.host.start()
        self.takes("bar-1.json")
        status, body = self.post([signal()], "signals")
        self.assertEqual(status, 202, body)
        self.takes("bar-2.json")
        price = lambda p: {"open": p, "high": p, "low": p, "close": p, "volume": 1000000}
        bar = lambda date, p: {"date": date, "bars": {"AAA": price(p), "BBB": price(10)}}
        status, body = self.post(bar("2020-01-03", 10))
        self.assertEqual(status, 202, body)
        self.assertGreater(self.host.settled_book()["fills"], 0)
        self.refuses(bar("2020-01-06", 9.2e9), "BAR_OVERFLOW")
        status, body = self.post(bar("2020-01-06", 10))
        self.assertEqual(status, 202, body)
        self.assertEqual(self.host.settled_book()["suspect_move"], "")


class SuspectMove(Door):
    case = "price-100x-live"
    MOVE = "AAA moves +9900.0 % on 2020-01-06, from 10 to 1000"

    def begin(self, policy=None):
        if policy is not None:
            self.edit(lambda scenario: scenario["data"]["prices"].update(on_suspect_move=policy))
        self.host.start()
        self.takes("signal-a.json", "signal-b.json", inputs="signals")
        self.takes("bar-1.json", "bar-2.json", "bar-3.json")
        self.assertEqual(self.host.settled_book()["suspect_move"], "")

    def steps_about_it(self):
        return [step for step in self.host.status()["next_steps"] if self.MOVE in step]

    def test_is_taken_and_told_in_status_with_a_next_step(self):
        self.begin()
        self.takes("bar-4.json")
        self.assertEqual(self.host.settled_book()["suspect_move"], self.MOVE)
        self.assertEqual(len(self.steps_about_it()), 1)
        self.host.expect_logged("suspect_move")

    def test_is_told_after_a_restart_too_and_no_longer_after_five_calm_bars(self):
        self.begin()
        self.takes("bar-4.json")
        self.assertEqual(self.host.stop(), 0)
        self.host.start()
        self.assertEqual(self.host.book()["suspect_move"], self.MOVE)
        for day in range(7, 12):
            status, body = self.post({"date": f"2020-01-{day:02}", "bars": {"AAA": 1000, "BBB": 20}})
            self.assertEqual(status, 202, body)
        self.assertEqual(self.host.settled_book()["suspect_move"], "")

    def test_is_refused_where_that_is_asked_for_until_its_sender_confirms_it(self):
        self.begin("refuse")
        body = self.refuses(self.content("bar-4.json"), "BAR_SUSPECT_MOVE", "/bars/AAA")
        self.assertEqual(body["problems"][0]["message"], self.MOVE)
        self.assertEqual(self.host.book()["suspect_move"], self.MOVE)
        self.assertEqual(len(self.steps_about_it()), 1)
        status, body = self.post(dict(self.content("bar-4.json"), confirmed=True))
        self.assertEqual(status, 202, body)
        self.assertEqual(self.host.settled_book()["suspect_move"], "")

    def test_is_followed_by_the_right_bar_where_it_was_refused(self):
        self.begin("refuse")
        self.refuses(self.content("bar-4.json"), "BAR_SUSPECT_MOVE", "/bars/AAA")
        right = {"date": "2020-01-06", "bars": {"AAA": 10, "BBB": 20}}
        status, body = self.post(right)
        self.assertEqual(status, 202, body)
        self.takes("bar-5.json")
        self.assertEqual(self.host.settled_book()["equity"], "1000000")

    def test_halts_the_book_before_it_decides_where_that_is_asked_for(self):
        self.begin("halt")
        before = self.host.settled_book()
        self.takes("bar-4.json")
        held = self.host.settled_book()
        self.assertEqual(held["state"], "halted")
        self.assertEqual(held["reason"], "host: " + self.MOVE)
        self.assertEqual(held["decisions"], before["decisions"])
        self.assertEqual(held["orders"], before["orders"])
        self.host.kill()
        self.host.start()
        self.assertEqual(self.host.book()["state"], "halted", "a restart does not let it go on")
        self.assertTrue(any(step.startswith("resume book main") for step in self.host.status()["next_steps"]))
        resumed = self.host.command("resume", "--book", "main", "--actor", "test", "--reason", "the price is right")
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        status, body = self.post({"date": "2020-01-07", "bars": {"AAA": 1000, "BBB": 20}})
        self.assertEqual(status, 202, body)
        self.assertEqual(self.host.settled_book()["decisions"], before["decisions"] + 1)

    def test_that_halted_a_book_is_in_the_way_of_no_exit(self):
        self.begin("halt")
        self.takes("bar-4.json")
        closed = self.host.command("halt", "--book", "main", "--flatten", "--actor", "test", "--reason", "out")
        self.assertEqual(closed.returncode, 0, closed.stderr)
        self.takes("bar-5.json")
        portfolio = self.host.get("/v1/books/main/portfolio")
        self.assertEqual(portfolio["positions"], [])

    def test_is_answered_otherwise_from_when_the_policy_changes(self):
        self.begin()
        config = self.host.document()
        config["books"][0]["scenario"]["data"]["prices"]["on_suspect_move"] = "refuse"
        status, body = self.host.apply(config)
        self.assertIn(status, (200, 201), body)
        self.refuses(self.content("bar-4.json"), "BAR_SUSPECT_MOVE", "/bars/AAA")


class SignalIds(Door):
    case = "price-100x-live"

    def test_make_a_signal_that_is_said_twice_one_also_after_a_restart(self):
        self.host.start()
        self.takes("bar-1.json")
        first = self.post(signal("a-1"), "signals")
        self.assertEqual(first[0], 202, first[1])
        sequence = self.host.settled_book()["sequence"]
        again = (first[0], {**first[1], "repeated": 1})
        self.assertEqual(self.post(signal("a-1"), "signals"), again)
        self.host.kill()
        self.host.start()
        self.assertEqual(self.post(signal("a-1"), "signals"), again)
        self.assertEqual(self.host.settled_book()["sequence"], sequence)

    def test_of_another_signal_are_refused_with_409_and_nothing_of_what_came_with_them_is_taken(self):
        self.host.start()
        self.takes("bar-1.json")
        self.assertEqual(self.post(signal("a-1"), "signals")[0], 202)
        self.refuses([signal("a-2"), signal("a-1", strength=2)], "SIGNAL_ID_TAKEN", status=409, inputs="signals")
        self.host.kill()
        self.host.start()
        self.refuses(signal("a-1", strength=2), "SIGNAL_ID_TAKEN", status=409, inputs="signals")
        self.assertEqual(self.post(signal("a-2"), "signals")[0], 202)

    def test_are_not_asked_for_and_are_never_cut(self):
        self.host.start()
        self.takes("bar-1.json")
        self.assertEqual(self.post([signal(), signal()], "signals")[1]["accepted"], 2)
        longest = "i" * 63
        self.assertEqual(self.post(signal(longest), "signals")[0], 202)
        self.refuses(signal(longest + "i"), "SIGNAL_BAD_VALUE", "/id", inputs="signals")
        self.refuses(signal(""), "CONFIG_WRONG_LENGTH", "/id", inputs="signals")

    def test_of_known_and_new_signals_in_one_message_are_all_accepted(self):
        self.host.start()
        self.takes("bar-1.json")
        self.assertEqual(self.post([signal("a"), signal("b")], "signals")[1],
                         {"accepted": 2, "first_sequence": 2, "last_sequence": 3})
        self.assertEqual(self.post([signal("b"), signal("c")], "signals")[1],
                         {"accepted": 2, "repeated": 1, "first_sequence": 3, "last_sequence": 4})

    def test_or_not_a_signal_of_a_day_to_come_is_refused(self):
        self.host.start()
        self.takes("bar-1.json")
        self.refuses(signal(time="2220-01-01"), "SIGNAL_FAR_AHEAD", "/time", inputs="signals")


if __name__ == "__main__":
    run_tests("build", "cadre")
