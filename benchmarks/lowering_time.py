"""How long each pass of lowering takes for one of `lowering_programs`: seconds of CPU, as JSON.

python benchmarks/lowering_time.py NAME [SIZE]
"""

from __future__ import annotations

import json
import sys
import time

import lowering_programs as programs

import halo as hl
from halo.ir.stmt import Stmt
from halo.lowering import lower
from halo.pipeline.request import make_request

ENOUGH = 1.0
"""Seconds after which a program is not lowered again for a better measurement."""


def seconds_of_passes(f: hl.Func) -> dict[str, float]:
    """Return the seconds of CPU that each pass takes to lower `f`."""
    found: dict[str, float] = {}
    since = time.process_time()

    def hook(name: str, s: Stmt, seconds: float) -> None:
        nonlocal since
        now = time.process_time()
        found[name] = now - since
        since = now

    lower(make_request([f.function], "lowered", [None], None), hook)
    return found


def measured(name: str, *size: int) -> dict[str, float]:
    """Return the passes of the fastest of up to five times that the program is lowered."""
    seconds_of_passes(programs.blur())  # imports what is imported late
    best: dict[str, float] = {}
    spent = 0.0
    for _ in range(5):
        passes = seconds_of_passes(getattr(programs, name)(*size))
        total = sum(passes.values())
        if not best or total < sum(best.values()):
            best = passes
        spent += total
        if spent > ENOUGH:
            break
    return best


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], *map(int, sys.argv[2:]))))
