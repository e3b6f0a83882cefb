"""The apps of `apps/` as `auto_schedule` schedules them, beside their schedules by hand.

    python benchmarks/auto_schedule.py [APP ...] [--threads 1 2] [--rounds N] [--docs]

Each app runs in a process of its own for each number of threads, where the two take turns; with
one thread it is processor time that counts. Their results have to have the same bits, but where
the hand schedule reassociates: then they are compared as closely as the app is with numpy.
``--docs`` writes the table into ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from common import interleave, machine, run_apart, write_page
from one_app import compare, find
from suite import NAMES, plural

import halo


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds of an app by its hand schedule and by rules, and what the rules took."""

    app: str
    threads: int
    hand: float
    rules: float
    directives: int
    made: float

    @property
    def ratio(self) -> float:
        """How many times as long the schedule by rules takes."""
        return self.rules / self.hand


def measure(name: str, rounds: int) -> Result:
    """Return what was measured of the app `name`."""
    threads = int(os.environ["HALO_NUM_THREADS"])
    app = find(name)
    program = app.build(halo)
    start = time.perf_counter()
    made = program.output.auto_schedule()
    took = time.perf_counter() - start
    compiled = {"hand": app.compile(halo), "rules": program.compile()}
    small = app.inputs(np.random.default_rng(0), app.small)
    compare(app, "rules and numpy", app.run(halo, compiled["rules"], small), app.expected(*small))
    given = app.inputs(np.random.default_rng(1), app.size)
    hand, rules = (app.run(halo, run, given) for run in compiled.values())
    if not np.array_equal(hand, rules):
        compare(app, "rules and hand", rules, hand)
    clock = time.process_time if threads == 1 else time.perf_counter
    calls = {k: app.caller(halo, run, given) for k, run in compiled.items()}
    times = interleave(calls, rounds, clock=clock)
    best = times["hand"].best, times["rules"].best
    return Result(app.name, threads, *best, len(made.entries), took)


HEAD = f"{'app':26} {'threads':>7} {'by hand':>11} {'by rules':>11} {'ratio':>6} directives   made"


def line(r: Result) -> str:
    """Return the row of `r` in the table that is printed."""
    times = f"{r.hand * 1e3:9.2f}ms {r.rules * 1e3:9.2f}ms {r.ratio:6.2f}"
    return f"{r.app:26} {r.threads:>7} {times} {r.directives:10} {r.made:6.2f}s"


def page(results: Sequence[Result]) -> str:
    """Return the part of the page that holds the results."""
    counts = sorted({r.threads for r in results})
    heads = [plural(n) for n in counts]
    found = {(r.app, r.threads): f"{r.ratio:.2f}" for r in results}
    text = [
        f"{datetime.date.today()}, {machine()}.",
        "",
        f"| app | {' | '.join(heads)} |",
        f"| --- |{' --: |' * len(counts)}",
    ]
    for app in dict.fromkeys(r.app for r in results):
        text.append(f"| {app} | {' | '.join(found.get((app, n), '') for n in counts)} |")
    return "\n".join(text)


def run(name: str, threads: int, rounds: int) -> Result | None:
    """Measure the app `name` in a process of its own, or print why not."""
    found = run_apart("auto_schedule.py", name, threads, "--one", "--rounds", str(rounds))
    return None if found is None else Result(**found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("apps", nargs="*", default=NAMES)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(asdict(measure(options.apps[0], options.rounds))))
        return
    print(f"\nSchedules by rules beside those by hand ({machine()})\n\n{HEAD}")
    results = []
    for name in options.apps:
        for threads in options.threads:
            if found := run(name, threads, options.rounds):
                results.append(found)
                print(line(found), flush=True)
    if options.docs:
        write_page("auto_schedule.py --docs", page(results))


if __name__ == "__main__":
    main()
