"""Random damage to the demo's files: refused or accepted, never a crash. The seed and the damage are in the message."""

import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

from workbench import CADRE, REAL_AGENTS

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
PRICE_ROWS = 80
ROUNDS = 120  # of each file
SEED = int(os.environ.get("SEED", "20260101"))
INTERESTING = ["-1", "0", "1e308", "1e-308", "1e999", "-0.0", "NaN", "null", "true", "[]", "{}", '""', "9223372036854775808",
               "18446744073709551616", "4294967296", '"\\ud800"', "0.1e", "--", "\x00", "\x7f", "\ufeff", "/" * 50, "[" * 100]


def read(*parts):
    with open(os.path.join(ROOT, *parts), encoding="utf-8") as file:
        return file.read()


def demo_files():
    scenario = json.loads(read("manifests", "scenarios", "demo.json"))
    prices = os.path.normpath(os.path.join("manifests", "scenarios", scenario["data"]["prices"]["file"]))
    scenario["chain"] = "chain.json"
    scenario["data"]["prices"]["file"] = "prices.csv"
    return {"scenario.json": json.dumps(scenario, indent=2), "chain.json": read("manifests", "chains", "demo.json"),
            "prices.csv": "".join(read(prices).splitlines(keepends=True)[:PRICE_ROWS])}


def damaged(text, draw):
    """The text as bytes with one to three things done to it, and what was done."""
    done = []
    data = text.encode()
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(data) + 1)
        lines = data.split(b"\n")
        row = draw.randrange(len(lines))
        kind = draw.choice(["cut", "insert", "flip", "number", "drop line", "double line", "swap lines", "truncate"])
        if kind == "cut":
            data = data[:at] + data[at + draw.randint(1, 40):]
        elif kind == "insert":
            data = data[:at] + draw.choice(INTERESTING).encode("utf-8", "surrogatepass") + data[at:]
        elif kind == "flip" and at < len(data):
            data = data[:at] + bytes([draw.randrange(256)]) + data[at + 1:]
        elif kind == "number":
            digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
            if digits:
                at = draw.choice(digits)
                data = data[:at] + draw.choice(INTERESTING).encode("utf-8", "surrogatepass") + data[at + 1:]
        elif kind == "drop line":
            del lines[row]
            data = b"\n".join(lines)
        elif kind == "double line":
            data = b"\n".join(lines[:row] + [lines[row]] + lines[row:])
        elif kind == "swap lines":
            other = draw.randrange(len(lines))
            lines[row], lines[other] = lines[other], lines[row]
            data = b"\n".join(lines)
        elif kind == "truncate":
            data = data[:at]
        done.append(f"{kind} at {at} or line {row + 1}")
    return data, done


class Mutations(unittest.TestCase):
    def attempt(self, name, number):
        """None, or what went wrong."""
        draw = random.Random(f"{SEED} {name} {number}")
        folder = tempfile.mkdtemp(prefix="cadre_mutation_")
        try:
            files = {file: text.encode() for file, text in demo_files().items()}
            files[name], done = damaged(files[name].decode(), draw)
            for file, data in files.items():
                with open(os.path.join(folder, file), "wb") as out:
                    out.write(data)
            run = subprocess.run([CADRE, "--agents", REAL_AGENTS, "check", "scenario.json"], capture_output=True, cwd=folder, timeout=60)
            errors = [line for line in run.stderr.splitlines() if line and b": warning: " not in line]
            if run.returncode not in (0, 3) or (run.returncode == 3) != bool(errors):
                return f"seed {SEED}, {name}, round {number}: exit {run.returncode} after {done}\n{run.stderr.decode(errors='replace')}"
            return None
        finally:
            shutil.rmtree(folder)

    def survives(self, name):
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            failures = [f for f in pool.map(lambda number: self.attempt(name, number), range(ROUNDS)) if f]
        self.assertEqual(failures, [], "\n".join(failures[:5]))

    def test_a_damaged_scenario_is_refused_or_accepted(self):
        self.survives("scenario.json")

    def test_a_damaged_chain_is_refused_or_accepted(self):
        self.survives("chain.json")

    def test_damaged_prices_are_refused_or_accepted(self):
        self.survives("prices.csv")

    def test_the_damage_is_refused_more_often_than_not(self):
        draw = random.Random(SEED)
        text = demo_files()["chain.json"]
        self.assertGreater(sum(damaged(text, draw)[0] != text.encode() for _ in range(100)), 90)
