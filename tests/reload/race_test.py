"""Writers race with the same base revision: one wins, the others hear what changed meanwhile.

Usage: race_test.py --build BUILD --cadre CADRE [--races N]
"""

import argparse
import collections
import copy
import os
import random
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from running_host import Client, RunningHost, agent_folders, bars, fresh_folder, risk_manager, scenario, wait_until, write_json

arguments = None


def together(*calls):
    """All at once; gives what each gave."""
    results, barrier = [None] * len(calls), threading.Barrier(len(calls))

    def run(place, call):
        barrier.wait()
        results[place] = call()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class Race(unittest.TestCase):
    maxDiff = None

    def start(self, name, watch=False):
        root = fresh_folder(arguments.build, "reload_race_test", name)
        self.scenario = write_json(os.path.join(root, "demo.json"), scenario([risk_manager()]))
        config = write_json(os.path.join(root, "host.json"),
                            {"name": "host", "books": [{"scenario": "demo.json"}], "watch": {"enabled": watch, "debounce_ms": 10, "on_conflict": "take"}})
        host = RunningHost(arguments.cadre, root, config, agent_folders(arguments.build, "v1")).start()
        self.addCleanup(host.stop)
        host.post(bars(300))
        return host

    def with_limit(self, document, limit):
        changed = copy.deepcopy(document)
        changed["books"][0]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"] = limit
        return changed

    def assert_one_line(self, host):
        """Every revision was made from the one before it, and none twice."""
        listed = host.revisions()
        self.assertEqual([r["revision"] for r in listed], list(range(1, len(listed) + 1)))
        self.assertEqual([r["based_on"] for r in listed], list(range(len(listed))))

    def test_of_two_writers_with_one_base_exactly_one_wins(self):
        host = self.start("two")
        document, clients = host.document(), [Client(host.socket) for _ in range(2)]
        outcomes = collections.Counter()
        for race in range(arguments.races):
            base = host.revision()
            limits = [0.05 + race * 1e-5 + side * 1e-6 + 1e-7 for side in range(2)]
            answers = together(*(lambda s=side: host.apply(self.with_limit(document, limits[s]), base, clients[s]) for side in range(2)))
            by_status = dict(answers)
            self.assertEqual(sorted(by_status), [201, 412], answers)
            winner = [status for status, _ in answers].index(201)
            lost = by_status[412]
            self.assertEqual(lost["current"], base + 1)
            self.assertEqual([(c["pointer"], float(c["after"])) for c in lost["difference"]["changes"]],
                             [("/books/0/scenario/chain/risk_managers/0/config/max_weight", limits[winner])])
            self.assertEqual(lost["problems"][0]["code"], "REVISION_STALE")
            outcomes[winner] += 1
        self.assert_one_line(host)
        self.assertEqual(host.revision(), 1 + arguments.races)
        for client in clients:
            client.close()
        print(f"{arguments.races} races with one base: one 201 and one 412 with the difference each; won by {dict(outcomes)}")

    def test_twenty_writers_with_one_base(self):
        host = self.start("twenty")
        document, clients = host.document(), [Client(host.socket) for _ in range(20)]
        for race in range(3):
            base = host.revision()
            answers = together(*(lambda s=side: host.apply(self.with_limit(document, 0.06 + race * 0.01 + s * 1e-4), base, clients[s])
                                 for side in range(20)))
            self.assertEqual(collections.Counter(status for status, _ in answers), {201: 1, 412: 19})
        self.assert_one_line(host)
        for client in clients:
            client.close()
        print("3 times 20 parallel writers: one 201 and nineteen 412 each")

    def test_apply_against_rollback(self):
        host = self.start("rollback")
        document, clients = host.document(), [Client(host.socket) for _ in range(2)]
        outcomes = collections.Counter()
        for race in range(arguments.races // 2):
            self.assertEqual(host.apply(self.with_limit(document, 0.04 + race * 1e-5))[0], 201)
            base = host.revision()
            applied, back = together(lambda: host.apply(self.with_limit(document, 0.06 + race * 1e-5), base, clients[0]),
                                     lambda: host.roll_back(client=clients[1], based_on=base))
            outcomes[applied[0], back[0]] += 1
            # Both name the same base: the second one hears what the first one did.
            self.assertIn((applied[0], back[0]), {(412, 201), (201, 412)})
            self.assertEqual(host.revision(), base + 1)
        self.assert_one_line(host)
        for client in clients:
            client.close()
        print(f"{arguments.races // 2} times apply against rollback: {dict(outcomes)}")

    def test_of_two_rollbacks_with_one_base_exactly_one_goes_back(self):
        host = self.start("two_rollbacks")
        document, clients = host.document(), [Client(host.socket) for _ in range(2)]
        limits = [0.05, 0.04, 0.03, 0.02]
        for limit in limits[1:]:
            self.assertEqual(host.apply(self.with_limit(document, limit))[0], 201)
        for limit in reversed(limits[:-1]):
            base = host.revision()
            answers = together(*(lambda c=client: host.roll_back(client=c, based_on=base) for client in clients))
            self.assertEqual(sorted(status for status, _ in answers), [201, 412], answers)
            lost = dict(answers)[412]
            self.assertEqual((lost["problems"][0]["code"], lost["current"]), ("REVISION_STALE", base + 1))
            self.assertEqual(float(lost["difference"]["changes"][0]["after"]), limit)
        self.assertEqual(host.roll_back()[0], 409)  # at the first revision: there is nothing before
        for client in clients:
            client.close()

    def test_apply_against_the_watch(self):
        host = self.start("watch", watch=True)
        chance = random.Random(arguments.seed)
        outcomes = collections.Counter()
        for race in range(arguments.races // 2):
            document, base = host.document(), host.revision()
            ours, files = 0.05 + race * 1e-5 + 1e-7, 0.07 + race * 1e-5 + 1e-7

            def apply():
                for _ in range(chance.randrange(60)):  # about as long as the watch waits, or not
                    host.status()
                return host.apply(self.with_limit(document, ours), base)

            (status, answer), _ = together(
                apply,
                lambda: write_json(self.scenario, scenario([risk_manager(max_weight=files)])))
            self.assertIn(status, (201, 412), answer)
            # Whoever was first, the files were looked at once, and applied once.
            limit_of = lambda n: host.get(f"/v1/revisions/{n}")["config"]["books"][0]["scenario"]["chain"]["risk_managers"][0]["config"]["max_weight"]
            wait_until(lambda: f"the files were applied: {host.revisions()}",
                       lambda: files in [limit_of(n) for n in range(base + 1, host.revision() + 1)])
            made = sorted(limit_of(n) for n in range(base + 1, host.revision() + 1))
            self.assertEqual(made, sorted([files] + ([ours] if status == 201 else [])))
            outcomes["apply first or alone" if status == 201 else "the watch was first"] += 1
        self.assert_one_line(host)
        self.assertEqual(host.status()["refused"], [])
        print(f"{arguments.races // 2} times apply against the watch: {dict(outcomes)} (seed {arguments.seed})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "cadre"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--races", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
