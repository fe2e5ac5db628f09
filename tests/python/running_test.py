"""An agent in Python in a running host: a process of its own though the build is trusted, settings that change, a change that is refused.

Usage: running_test.py BUILD
"""

import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "walls"), os.path.join(HERE, "..", "hosts")]

from running_host import RunningHost, new_folder, write_json  # noqa: E402
from walls import BARS, document  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])


def adjuster(lookback):
    return {"name": "adjuster", "agent": "example.inverse_volatility", "config": {"lookback": lookback}}


class Running(unittest.TestCase):
    def setUp(self):
        self.root = new_folder("python")
        config = write_json(os.path.join(self.root, "host.json"), document(adjuster(20)))
        self.host = RunningHost(os.path.join(BUILD, "bin", "cadre"), self.root, config,
                                [os.path.join(BUILD, "agents"), os.path.join(BUILD, "python_agents")])
        self.addCleanup(self.host.end)
        self.host.start()

    def apply(self, lookback):
        changed = self.host.document()
        changed["books"][0]["scenario"]["chain"]["trade_adjusters"] = [adjuster(lookback)]
        return self.host.apply(changed)

    def test_decides_in_a_process_and_takes_new_settings(self):
        self.host.post(BARS[:40])
        stage = self.host.stage("adjuster")
        self.assertEqual((stage["isolation"], stage["sandbox"], stage["failures"]), ("process", "full", 0))
        status, answer = self.apply(10)
        self.assertEqual(status, 201, answer)
        self.host.post(BARS[40:60])
        stage = self.host.stage("adjuster")
        self.assertEqual((stage["since_revision"], stage["failures"]), (2, 0))

    def test_settings_that_the_class_refuses_change_nothing(self):
        self.host.post(BARS[:40])
        status, answer = self.apply(1)
        self.assertEqual(status, 422, answer)
        self.assertIn("lookback 1: a volatility needs two returns (inverse_volatility.py:", answer["detail"])
        self.assertEqual(self.host.revision(), 1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[2:]])
