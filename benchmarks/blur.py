"""The 3 x 3 blur of a picture: halo beside Halide, the same program with the same schedule.

    python benchmarks/blur.py [--threads N] [--size WIDTHxHEIGHT] [--json FILE]

Halide comes from the extra ``bench``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from common import Row, interleave, print_rows, write_rows

Array = np.ndarray[Any, np.dtype[Any]]


def blur(hl: ModuleType, photo: Array, scheduled: bool) -> tuple[Any, Any]:
    """Return the Func and the Buffer to realize it into, made with `hl`: halo or Halide."""
    x, y, yi = (hl.Var(name) for name in ("x", "y", "yi"))
    source = hl.Buffer(photo)
    wide, blur_x, blur_y = (hl.Func(name) for name in ("wide", "blur_x", "blur_y"))
    wide[x, y] = hl.u16(source[x, y])
    blur_x[x, y] = (wide[x, y] + wide[x + 1, y] + wide[x + 2, y]) // 3
    blur_y[x, y] = hl.u8((blur_x[x, y] + blur_x[x, y + 1] + blur_x[x, y + 2]) // 3)
    if scheduled:
        blur_y.split(y, y, yi, 32).parallel(y).vectorize(x, 32)
        blur_x.store_at(blur_y, y).compute_at(blur_y, yi).vectorize(x, 32)
    height, width = photo.shape
    return blur_y, hl.Buffer(np.zeros((height - 2, width - 2), np.uint8))


def runner(func: Any, out: Any) -> Callable[[], object]:
    """Return a call that realizes `func` into `out`, compiled before."""
    func.realize(out)
    return lambda: func.realize(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", default="3840x2160", help="of the picture")
    parser.add_argument("--json", help="file for the result")
    options = parser.parse_args()
    os.environ["HL_NUM_THREADS"] = os.environ["HALO_NUM_THREADS"] = str(options.threads)
    import halide  # reads the number of threads when it starts

    import halo

    width, height = map(int, options.size.split("x"))
    photo = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    rows = []
    for scheduled in (False, True):
        ours, theirs = blur(halo, photo, scheduled), blur(halide, photo, scheduled)
        runs = {"halo": runner(*ours), "halide": runner(*theirs)}
        if not np.array_equal(np.asarray(ours[1]), np.asarray(theirs[1])):
            raise SystemExit("halo and Halide differ")
        medians = interleave(runs)
        name = "scheduled" if scheduled else "default schedule"
        task = f"blur {options.size}, {name}, {options.threads} threads"
        rows.append(Row(task, medians["halo"], medians["halide"], "Halide 21"))
    print_rows("3 x 3 blur", rows)
    write_rows(options.json, "3 x 3 blur", rows)


if __name__ == "__main__":
    main()
