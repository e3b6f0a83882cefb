"""The apps of `apps/` as `auto_schedule` schedules them, beside their schedules by hand.

    python benchmarks/auto_schedule.py [APP ...] [--threads 1 2] [--rounds N]

Each app runs in a process of its own for each number of threads, where the two take turns. Their
results have to have the same bits, but where the hand schedule reassociates: then they are
compared as closely as the app is with numpy.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from common import interleave, machine
from one_app import compare, find
from suite import NAMES

import halo


def measure(name: str, rounds: int) -> str:
    """Return a row of the table for the app `name`."""
    app = find(name)
    program = app.build(halo)
    start = time.perf_counter()
    made = program.output.auto_schedule()
    took = time.perf_counter() - start
    compiled = {"by hand": app.compile(halo), "by rules": program.compile()}
    small = app.inputs(np.random.default_rng(0), app.small)
    compare(
        app, "rules and numpy", app.run(halo, compiled["by rules"], small), app.expected(*small)
    )
    given = app.inputs(np.random.default_rng(1), app.size)
    hand, rules = (app.run(halo, run, given) for run in compiled.values())
    if not np.array_equal(hand, rules):
        compare(app, "rules and hand", rules, hand)
    alone = os.environ["HALO_NUM_THREADS"] == "1"
    clock = time.process_time if alone else time.perf_counter
    calls = {k: app.caller(halo, run, given) for k, run in compiled.items()}
    times = interleave(calls, rounds, clock=clock)
    best = {k: t.best * 1e3 for k, t in times.items()}
    return (
        f"{app.name:26} {os.environ['HALO_NUM_THREADS']:>7} {best['by hand']:9.2f}ms"
        f" {best['by rules']:9.2f}ms {best['by rules'] / best['by hand']:6.2f}"
        f" {len(made.entries):10} {took:6.2f}s"
    )


HEAD = f"{'app':26} {'threads':>7} {'by hand':>11} {'by rules':>11} {'ratio':>6} directives   made"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("apps", nargs="*", default=NAMES)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(measure(options.apps[0], options.rounds))
        return
    print(f"\nSchedules by rules beside those by hand ({machine()})\n\n{HEAD}")
    for name in options.apps:
        for threads in options.threads:
            run = [sys.executable, str(Path(__file__)), name, "--one"]
            run += ["--rounds", str(options.rounds)]
            environment = {**os.environ, "HALO_NUM_THREADS": str(threads)}
            done = subprocess.run(run, env=environment, capture_output=True, text=True)
            if done.returncode:
                print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            else:
                print(done.stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()
