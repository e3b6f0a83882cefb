"""One app of the benchmarks, halo beside Halide in one process; prints one line of JSON.

    HALO_NUM_THREADS=N HL_NUM_THREADS=N python benchmarks/one_app.py NAME [--best] [--rounds N]
                                                     [--through cc gcc clang llvm]

Both are given the same directives; with ``--best`` halo has its best schedule, and Halide the
faster of the app's and the one that its rules make (Mullapudi2016). ``--through`` names what makes
halo's machine code: C compilers, or LLVM in the process. Results are compared with numpy at a small
size, and with each other at the measured one, before any time is taken; leaves with a message if
they differ. `suite.py` runs it.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import halide
import numpy as np
from apps.app import App, Array, find
from common import environment, interleave
from peer import compile_by_rules

import halo


def measure(app: App, rounds: int, best: bool, through: Sequence[str]) -> dict[str, object]:
    """Return the times of `app` and how many bytes and operations it comes to."""
    given = app.inputs(np.random.default_rng(1), app.size)
    compiled = {name: (halo, compile_through(app, name, best)) for name in through}
    compiled["hand"] = halide, app.compile(halide)
    if best and (run := compile_by_rules(app, given)) is not None:
        compiled["rules"] = halide, run
    small = app.inputs(np.random.default_rng(0), app.small)
    wanted = app.expected(*small)
    for name, (hl, run) in compiled.items():
        if name != "rules":  # which are for the measured size, and larger ones
            compare(app, f"{name} and numpy", app.run(hl, run, small), wanted)
    results = {name: app.run(hl, run, given) for name, (hl, run) in compiled.items()}
    first = results[through[0]]
    for name, other in results.items():
        if app.part_off(first, other) > app.jumps:
            compare(app, f"{through[0]} and {name}", first, other)
    alone = os.environ.get("HALO_NUM_THREADS") == "1"
    calls = {name: app.caller(hl, run, given) for name, (hl, run) in compiled.items()}
    times = interleave(calls, rounds, clock=time.process_time if alone else time.perf_counter)
    by = min(times.keys() - set(through), key=lambda name: times[name].best)
    return {
        "app": app.name,
        "halo": {name: asdict(times[name]) for name in through},
        "halide": asdict(times[by]),
        "by": by,
        "bytes": first.nbytes + sum(a.nbytes for a in given if isinstance(a, np.ndarray)),
        "flops": app.flops(app.size) if app.flops else 0.0,
    }


def compile_through(app: App, name: str, best: bool) -> Any:
    """Return `app` as halo compiles it with the C compiler `name`, or through LLVM."""
    values = {"HALO_BACKEND": "llvm"} if name == "llvm" else {"HALO_BACKEND": "c", "CC": name}
    with environment(**values):
        return app.compile_best() if best else app.compile(halo)


def compare(app: App, who: str, found: Array, wanted: Array) -> None:
    """Leave if the results differ by more than `app` says."""
    off = app.difference(found, wanted)
    if not off <= app.tolerance:
        raise SystemExit(f"{app.name}: {who} differ by {off:.3g} of the largest value")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("app")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--best", action="store_true", help="each with its best schedule")
    parser.add_argument("--through", nargs="+", default=["cc"], help="C compilers, or llvm")
    options = parser.parse_args()
    found = measure(find(options.app), options.rounds, options.best, options.through)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
