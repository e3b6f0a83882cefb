"""How long halo itself takes: importing it, generating C, compiling a model cold and warm.

    python benchmarks/compile_time.py [--json FILE]

Each measurement runs in an interpreter of its own. Leaves with 1 if one is over its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from common import ROOT, machine

IMPORT = """
import time
start = time.perf_counter()
import halo
print(time.perf_counter() - start)
"""

BLUR = """
import tempfile, time
import halo as hl
def once():
    start = time.perf_counter()
    x, y, xi, yi = hl.vars("x y xi yi")
    source = hl.ImageParam(hl.UInt(8), 2, "source")
    wide, blur_x, blur_y = hl.funcs("wide blur_x blur_y")
    wide[x, y] = hl.u16(source[x, y])
    blur_x[x, y] = (wide[x, y] + wide[x + 1, y] + wide[x + 2, y]) // 3
    blur_y[x, y] = hl.u8((blur_x[x, y] + blur_x[x, y + 1] + blur_x[x, y + 2]) // 3)
    blur_y.tile(x, y, xi, yi, 256, 32).vectorize(xi, 16).parallel(y)
    blur_x.compute_at(blur_y, x).vectorize(x, 16)
    with tempfile.NamedTemporaryFile(suffix=".c") as file:
        blur_y.compile_to_c(file.name, [source], "blur")
    return time.perf_counter() - start
once()
print(sorted(once() for _ in range(5))[2])
"""

MODEL = """
import time
start = time.perf_counter()
from pathlib import Path
import onnx, onnx_frontend
light = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
onnx_frontend.compile(light / "light_resnet50.onnx")
print(time.perf_counter() - start)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds that something took, and how many it may take."""

    what: str
    seconds: float
    limit: float


def run(code: str, cache: Path, times: int = 1) -> float:
    """Return the median of the seconds that `code` prints, run by fresh interpreters."""
    given = {**os.environ, "PYTHONPATH": str(ROOT), "HALO_CACHE_DIR": str(cache / "halo")}
    given.pop("PYTHONDONTWRITEBYTECODE", None)  # as for an installed package
    given["PYTHONPYCACHEPREFIX"] = str(cache / "bytecode")
    command = [sys.executable, "-c", code]
    seconds = []
    for _ in range(times):
        done = subprocess.run(command, env=given, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(1)
        seconds.append(float(done.stdout.splitlines()[-1]))
    return median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="file for the result")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        run(IMPORT, cache)  # writes the bytecode
        found = [
            Measured("import halo", run(IMPORT, cache, times=7), 0.35),
            Measured("blur, definition to C", run(BLUR, cache, times=3), 0.1),
            Measured("light_resnet50, nothing cached", run(MODEL, cache), 120),
            Measured("light_resnet50, cached", run(MODEL, cache), 10),
        ]
    print(f"\nTime that compiling takes ({machine()})\n")
    for m in found:
        print(f"{m.what:32} {m.seconds:8.3f} s   limit {m.limit:g} s")
    if options.json:
        text = json.dumps([asdict(m) for m in found], indent=2)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    sys.exit(any(m.seconds > m.limit for m in found))


if __name__ == "__main__":
    main()
