"""How long halo itself takes: importing it, lowering, generating C, compiling a model, the apps.

    python benchmarks/compile_time.py [--lowering | --apps [NAME ...] [--docs] [--package FOLDER]]
                                      [--json FILE]

Each measurement runs in an interpreter of its own. Lowering is measured in seconds of CPU, pass by
pass, for programs of one size and of twice that. Of each app of the suite the CPU of its parts is
told, lowering, the C compiler, LLVM in the process, beside Halide's compiler in the process where
it is installed; ``--docs`` writes that into ``docs/performance.md``, and ``--package`` takes the
halo in a folder, such as the one that ``make compiled`` puts into ``build/compiled``. Leaves with 1
if a time is over its limit.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from common import ROOT, machine, write_page
from suite import NAMES

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


@dataclass(frozen=True, slots=True)
class Program:
    """One of `lowering_programs`; `size` 0 for one that has none."""

    name: str
    size: int
    limit: float

    @property
    def text(self) -> str:
        """What it is called in the tables."""
        return f"{self.name}({self.size or ''})"

    def doubled(self) -> Program:
        """Return it at twice its size."""
        return Program(self.name, 2 * self.size, 2.5 * self.limit)


FIXED = (
    Program("blur", 0, 0.05),
    Program("matmul", 0, 0.5),
    Program("convolution", 0, 2),
    Program("laplacian", 8, 4),
)
SIZED = (
    Program("stored_chain", 400, 20),
    Program("vector_chain", 200, 20),
    Program("wide_sum", 100, 5),
    Program("inlined_chain", 400, 2),
    Program("shared_loops", 50, 5),
    Program("deep_nest", 40, 2),
    Program("sliding_chain", 40, 2),
)

Passes = Mapping[str, float]


def output(command: Sequence[str], cache: Path, package: Path = ROOT) -> str:
    """Return the last line that a fresh interpreter prints, with the halo in `package`."""
    given = {**os.environ, "PYTHONPATH": str(package), "HALO_CACHE_DIR": str(cache / "halo")}
    given.pop("PYTHONDONTWRITEBYTECODE", None)  # as for an installed package
    given["PYTHONPYCACHEPREFIX"] = str(cache / "bytecode")
    command = [sys.executable, *command]
    done = subprocess.run(command, env=given, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(1)
    return done.stdout.splitlines()[-1]


def run(code: str, cache: Path, times: int = 1) -> float:
    """Return the median of the seconds that `code` prints, run by fresh interpreters."""
    return median(float(output(["-c", code], cache)) for _ in range(times))


def lowering(cache: Path) -> dict[Program, Passes]:
    """Return the seconds of CPU that the passes take for each program, some at two sizes."""
    script = str(Path(__file__).with_name("lowering_time.py"))
    found: dict[Program, Passes] = {}
    for p in (*FIXED, *SIZED, *(p.doubled() for p in SIZED)):
        size = [str(p.size)] if p.size else []
        found[p] = json.loads(output([script, p.name, *size], cache))
    return found


def print_lowering(found: Mapping[Program, Passes]) -> None:
    """Print a table of programs and passes, and what twice the size costs."""
    once = (*FIXED, *SIZED)
    names = list(dict.fromkeys(name for passes in found.values() for name in passes))
    print("\nMilliseconds of CPU that the passes of lowering take\n")
    print(f"{'':24}" + "".join(f"{p.text:>19}" for p in once))
    for name in names:
        times = [1e3 * found[p].get(name, 0) for p in once]
        print(f"{name:24}" + "".join(f"{t:19.1f}" for t in times))
    print()
    for p in SIZED:
        larger = p.doubled()
        a, b = sum(found[p].values()), sum(found[larger].values())
        print(f"{p.text:24} {a:8.3f} s   {larger.text:24} {b:8.3f} s   x {b / a:.2f}")


def others(cache: Path) -> list[Measured]:
    """Return what is measured beside lowering."""
    return [
        Measured("import halo", run(IMPORT, cache, times=7), 0.35),
        Measured("blur, definition to C", run(BLUR, cache, times=3), 0.1),
        Measured("light_resnet50, nothing cached", run(MODEL, cache), 120),
        Measured("light_resnet50, cached", run(MODEL, cache), 10),
    ]


def form(package: Path) -> str:
    """Return what lowering is in the halo in `package`."""
    compiled = any(package.glob("halo/ir/substitute.*.so"))
    return "lowering compiled by mypyc" if compiled else "lowering in Python"


def apps(names: Sequence[str], cache: Path, package: Path) -> dict[str, Mapping[str, float | None]]:
    """Return what the parts of compiling each app take, and print it."""
    print("\nMilliseconds of CPU that compiling an app takes")
    print(f"({machine()}, {form(package)})\n\n{HEAD}")
    found: dict[str, Mapping[str, float | None]] = {}
    for name in names:
        script = str(Path(__file__).with_name("compile_app.py"))
        found[name] = json.loads(output(["-W", "ignore", script, name], cache, package))
        print(line(name, found[name]), flush=True)
    return found


HEAD = """| app | lowering | C compiler | LLVM | lowering and LLVM | Halide | ratio |
| --- | --: | --: | --: | --: | --: | --: |"""


def line(name: str, row: Mapping[str, float | None]) -> str:
    """Return the row of the table for the app `name`."""
    lowering, llvm, peer = (row[key] or 0.0 for key in ("lowering", "llvm", "halide"))
    whole = lowering + llvm
    cells = [lowering, row["c"], llvm, whole, row["halide"]]
    texts = ["" if c is None else f"{c:.0f}" for c in cells]
    ratio = f"{whole / peer:.2f}" if peer else ""
    return f"| {' | '.join([name.replace(':', ' '), *texts, ratio])} |"


def page(table: Mapping[str, Mapping[str, float | None]], package: Path) -> str:
    """Return the part of the page that holds the apps."""
    rows = "\n".join(line(name, row) for name, row in table.items())
    return f"{datetime.date.today()}, {machine()}, milliseconds, {form(package)}.\n\n{HEAD}\n{rows}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lowering", action="store_true", help="measure lowering only")
    parser.add_argument("--apps", nargs="*", metavar="NAME", help="measure these apps only, or all")
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md")
    parser.add_argument(
        "--package", type=Path, default=ROOT, metavar="FOLDER", help="where halo is, for --apps"
    )
    parser.add_argument("--json", help="file for the result")
    options = parser.parse_args()
    if options.apps is not None:
        with tempfile.TemporaryDirectory() as folder:
            table = apps(options.apps or NAMES, Path(folder), options.package)
        if options.docs:
            write_page("compile_time.py --apps --docs", page(table, options.package))
        if options.json:
            Path(options.json).write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        run(IMPORT, cache)  # writes the bytecode
        passes = lowering(cache)
        found = [] if options.lowering else others(cache)
    print_lowering(passes)
    found += [Measured(f"lowering {p.text}", sum(s.values()), p.limit) for p, s in passes.items()]
    print(f"\nTime that compiling takes ({machine()})\n")
    for m in found:
        print(f"{m.what:32} {m.seconds:8.3f} s   limit {m.limit:g} s")
    if options.json:
        rows = {"times": [asdict(m) for m in found]}
        rows["passes"] = [{"program": p.text, **s} for p, s in passes.items()]
        text = json.dumps(rows, indent=2)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    sys.exit(any(m.seconds > m.limit for m in found))


if __name__ == "__main__":
    main()
