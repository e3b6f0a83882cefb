"""One app of the benchmarks, halo beside Halide in one process; prints one line of JSON.

    HALO_NUM_THREADS=N HL_NUM_THREADS=N python benchmarks/one_app.py NAME [--best] [--rounds N]

Both are given the same directives; with ``--best`` halo has its best schedule, and Halide the
faster of the app's and the one that its rules make (Mullapudi2016). Results are compared with
numpy at a small size, and with each other at the measured one, before any time is taken; leaves
with a message if they differ. `suite.py` runs it.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict

import halide
import numpy as np
from apps.app import App, Array, find
from common import interleave
from peer import compile_by_rules

import halo


def measure(app: App, rounds: int, best: bool) -> dict[str, object]:
    """Return the times of `app` and how many bytes and operations it comes to."""
    given = app.inputs(np.random.default_rng(1), app.size)
    compiled = {
        "halo": (halo, app.compile_best() if best else app.compile(halo)),
        "halide": (halide, app.compile(halide)),
    }
    if best and (run := compile_by_rules(app, given)) is not None:
        compiled["rules"] = halide, run
    small = app.inputs(np.random.default_rng(0), app.small)
    wanted = app.expected(*small)
    for name, (hl, run) in compiled.items():
        if name != "rules":  # which are for the measured size, and larger ones
            compare(app, f"{name} and numpy", app.run(hl, run, small), wanted)
    results = [app.run(hl, run, given) for hl, run in compiled.values()]
    for other in results[1:]:
        if app.part_off(results[0], other) > app.jumps:
            compare(app, "halo and Halide", results[0], other)
    alone = os.environ.get("HALO_NUM_THREADS") == "1"
    calls = {name: app.caller(hl, run, given) for name, (hl, run) in compiled.items()}
    times = interleave(calls, rounds, clock=time.process_time if alone else time.perf_counter)
    moved = results[0].nbytes + sum(a.nbytes for a in given if isinstance(a, np.ndarray))
    flops = app.flops(app.size) if app.flops else 0.0
    peer = min(times.keys() - {"halo"}, key=lambda name: times[name].best)
    found: dict[str, object] = {"halo": asdict(times["halo"]), "halide": asdict(times[peer])}
    by = "rules" if peer == "rules" else "hand"
    return found | {"by": by, "app": app.name, "bytes": moved, "flops": flops}


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
    options = parser.parse_args()
    print(json.dumps(measure(find(options.app), options.rounds, options.best)))


if __name__ == "__main__":
    main()
