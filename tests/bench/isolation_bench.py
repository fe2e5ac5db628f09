"""What a process of its own costs: the demo in the process, isolated, and isolated with a process for each agent.

Usage: isolation_bench.py BUILD [--rounds N]. The ways take turns in one run, and a different one begins each round; what is printed are whole runs, as
medians and as ratios to the run in the process of the same round. With one processor (taskset -c 0) it shows what a crossing costs there.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
STAGES = ["/chain/services/0", "/chain/signal_sources/0", "/chain/signal_aggregator", "/chain/position_sizer", "/chain/risk_managers/0",
          "/chain/correlation_adjuster", "/chain/execution_rules", "/execution_environment"]
WAYS = {"in_process": "none", "shared": "process", "alone": "process_alone"}


def run(build, isolation, folder):
    """One run: its seconds, and the hash of its orders."""
    command = [os.path.join(build, "bin", "cadre"), "--agents", os.path.join(build, "agents"), "backtest",
               os.path.join(ROOT, "manifests", "scenarios", "demo.json"), "--out", folder]
    for stage in STAGES:
        command += ["--set", f'{stage}/isolation="{isolation}"']
    begun = time.monotonic()
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    seconds = time.monotonic() - begun
    if ran.returncode != 0:
        sys.exit(ran.stdout + ran.stderr)
    with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
        return seconds, json.load(file)["order_hash"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ways", nargs="+", default=list(WAYS))
    arguments = parser.parse_args()
    seconds = {way: [] for way in arguments.ways}
    hashes = set()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.rounds):
            first = number % len(arguments.ways)
            for way in arguments.ways[first:] + arguments.ways[:first]:
                took, orders = run(os.path.abspath(arguments.build), WAYS[way], os.path.join(folder, f"{way}{number}"))
                seconds[way].append(took)
                hashes.add(orders)
    if len(hashes) != 1:
        sys.exit(f"the ways came to different orders: {hashes}")
    print(f"{len(os.sched_getaffinity(0))} processors, {arguments.rounds} rounds")
    for way in arguments.ways:
        ratios = [took / there for took, there in zip(seconds[way], seconds[arguments.ways[0]])]
        print(f"{way:<12} {statistics.median(seconds[way]):8.3f} s   ratio {statistics.median(ratios):6.2f}   ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
