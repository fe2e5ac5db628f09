"""`cadre experiment analyze` from outside: exit codes, places of problems, figures that a second computation agrees with.

The environment names the program (CADRE).
"""

import datetime
import json
import math
import os
import random
import shutil
import subprocess
import tempfile
import unittest
from fractions import Fraction

CADRE = os.environ["CADRE"]
DATES = [str(datetime.date(2024, 1, 1) + datetime.timedelta(days=day)) for day in range(120)]


def csv(header, values, dates=DATES):
    return f"date,{header}\n" + "".join(f"{date},{value}\n" for date, value in zip(dates, values))


def noise(seed, mean=0.0):
    draw = random.Random(seed)
    return [f"{draw.gauss(mean, 0.001):.6f}" for _ in DATES]


class Analyze(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cadre_experiments_")
        self.addCleanup(shutil.rmtree, self.folder)

    def analyze(self, control, candidate, *options):
        for name, text in (("a.csv", control), ("b.csv", candidate)):
            if text is not None:
                with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
        return subprocess.run([CADRE, "experiment", "analyze", "--control", "a.csv", "--candidate", "b.csv", *options],
                              capture_output=True, text=True, cwd=self.folder, timeout=60)

    def is_refused(self, run, *lines):
        self.assertEqual(run.returncode, 3, run.stderr)
        self.assertEqual(run.stderr.splitlines(), list(lines))

    def test_each_verdict_has_its_exit_code(self):
        control = csv("return", noise(1))
        for candidate, options, verdict, code in (
                (csv("return", noise(2, 0.003)), (), "better", 0), (csv("return", noise(2, -0.003)), (), "worse", 1),
                (csv("return", noise(2)), (), "inconclusive", 0), (csv("return", noise(2)), ("--margin", "50"), "equivalent", 0),
                (csv("return", noise(2)[:19]), (), "invalid", 3)):
            run = self.analyze(control, candidate, *options)
            self.assertTrue(run.stdout.startswith(verdict + ": "), run.stdout)
            self.assertEqual(run.returncode, code)
            self.assertEqual(json.loads(self.analyze(control, candidate, "--json", *options).stdout)["verdict"], verdict)

    def test_figures_agree_with_exact_fractions(self):
        a, b = noise(3), noise(4, 0.0002)
        result = json.loads(self.analyze(csv("return", a), csv("return", b), "--json").stdout)
        d = [Fraction(y) - Fraction(x) for x, y in zip(a, b)]
        n = len(d)
        mean = sum(d) / n
        gamma = [sum((d[t] - mean) * (d[t - k] - mean) for t in range(k, n)) / n for k in range(5)]
        variance = gamma[0] + 2 * sum((1 - Fraction(k, 5)) * gamma[k] for k in range(1, 5))
        r = min(max(gamma[1] / gamma[0] + Fraction(1, n), 0), Fraction(97, 100))
        whitened = (gamma[0] * (1 + r * r) - 2 * r * gamma[1]) / (1 - r) ** 2
        nq = -2 * math.log(0.05) + math.log(1 - 2 * math.log(0.05))  # rho^2 n at n = n*
        half_width = math.sqrt(whitened * Fraction(1, n) * 2) * math.sqrt((nq + 1) * math.log(math.sqrt(nq + 1) / 0.05) / nq)
        near = lambda x, y: self.assertLess(abs(float(x) / float(y) - 1), 1e-9)
        self.assertEqual((result["n"], result["newey_west"]["lag"], result["horizon"]), (120, 4, 120))
        near(result["mean_difference"], mean)
        near(result["newey_west"]["variance"], variance)
        near(result["newey_west"]["t"], float(mean) / math.sqrt(variance / n))
        near(result["newey_west"]["p"], math.erfc(abs(float(mean)) / math.sqrt(variance / n) / math.sqrt(2)))
        near(result["sequential"]["variance"], whitened)
        near(result["sequential"]["half_width"], half_width)
        near(result["sequential"]["ci_low"], float(mean) - half_width)
        # z of 0.8 to 15 digits, from a table.
        near(result["minimum_detectable_effect"], half_width + 0.841621233572914 * math.sqrt(whitened / n))

    def test_all_problems_of_both_files_are_told_at_once(self):
        a = csv("equity", ["100", "x", "102"])
        b = csv("equity", ["100", "-1", "102"], [DATES[0], DATES[1], DATES[0]])
        self.is_refused(self.analyze(a, b),
                        'a.csv:3:12: equity "x" is no number [SERIES_BAD_VALUE]',
                        'b.csv:3:12: equity "-1" is not above zero: nothing has a return from there on [SERIES_OUT_OF_RANGE]',
                        "b.csv:4:1: the date 2024-01-01 follows 2024-01-02; one row a date, the oldest first [SERIES_DATE_ORDER]")

    def test_a_file_that_is_not_there_is_named(self):
        run = self.analyze(csv("return", noise(1)), None)
        self.assertEqual(run.returncode, 3)
        self.assertRegex(run.stderr, r"^b\.csv: no such file")

    def test_dates_of_one_file_alone_make_the_verdict_invalid(self):
        run = self.analyze(csv("return", noise(1)), csv("return", noise(2)[:118], DATES[1:100] + DATES[101:]))
        self.is_refused(run, "a.csv:2: 2024-01-01 is not in b.csv [EXPERIMENT_DATE_MISSING]",
                        "a.csv:102: 2024-04-10 is not in b.csv [EXPERIMENT_DATE_MISSING]")
        self.assertIn("the dates differ: 2 dates are in one series only\n", run.stdout)

    def test_different_kinds_are_not_compared(self):
        run = self.analyze(csv("return", noise(1)), csv("equity", ["100"] * 120), "--json")
        self.assertEqual(run.returncode, 3)
        self.assertEqual(json.loads(run.stdout)["reason"], "one series is equity, the other returns")

    def test_a_rule_that_is_none_is_bad_usage(self):
        series = csv("return", noise(1))
        for option, value in (("--alpha", "0"), ("--alpha", "0.6"), ("--margin", "-1"), ("--horizon", "19"), ("--test", "t")):
            run = self.analyze(series, series, option, value)
            self.assertEqual(run.returncode, 2, f"{option} {value}: {run.stdout}{run.stderr}")


if __name__ == "__main__":
    unittest.main()
