"""The apps of `apps/`, halo beside Halide: the same program with the same directives.

    python benchmarks/suite.py [APP ...] [--best] [--threads 1 2] [--through cc gcc clang llvm]
                               [--json FILE] [--plot FILE] [--docs]

Each app runs in a process of its own for each number of threads, where all take turns
(`one_app.py`); with one thread it is processor time that counts. Ratios are halo's time over
Halide's, best run to best run, a column for each of what makes halo's machine code (``--through``:
C compilers, and LLVM in the process); ``median`` and the share of the limit are those of the first.
With ``--best`` halo has the schedules of ``schedules/apps``, and Halide the faster of the app's and
the one that its rules make. The share of the limit is that of the peak of fused multiply-adds where
these are what an app is about, else the time in which inputs and output could be copied, with
stores around the caches, over the time taken. ``--docs`` writes the table into
``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from common import Times, machine, run_apart, write_page
from limits import Limits, measure_limits

NAMES = (
    "blur",
    "unsharp",
    "harris",
    "stencil_chain",
    "conv_layer",
    *(f"mat_mul:{size}" for size in (512, 1024, 2048)),
    "hist",
    "max_filter",
    "interpolate",
    "local_laplacian",
    "bilateral_grid",
    "nl_means",
    "depthwise_separable_conv",
    "iir_blur",
    "camera_pipe",
    "lens_blur",
)
"""The apps, in the order of the table."""


@dataclass(frozen=True, slots=True)
class Result:
    """An app with a number of threads: the times of halo, by what makes its code, and Halide's."""

    app: str
    threads: int
    halo: dict[str, Times]
    peer: Times
    limits: Limits
    """What the machine can do at most, measured before and after."""
    limit: float
    """Seconds that it needs at least."""
    by: str
    """Who made Halide's schedule: ``hand`` or ``rules``."""

    def best(self, name: str) -> float:
        """How many times as long halo's best run takes through `name`."""
        return self.halo[name].best / self.peer.best

    def median(self, name: str) -> float:
        """How many times as long halo's median run takes through `name`."""
        return self.halo[name].median / self.peer.median

    def share(self, name: str) -> float:
        """Which part of the limit halo reaches through `name`."""
        return self.limit / self.halo[name].best


def run(name: str, threads: int, options: argparse.Namespace) -> Result | None:
    """Measure the app `name`, or print why not."""
    more = ["--rounds", str(options.rounds), "--through", *options.through]
    more += ["--best"] if options.best else []
    before = measure_limits(threads)
    found = run_apart("one_app.py", name, threads, *more)
    if found is None:
        return None
    limits = before.or_better(measure_limits(threads))
    halo = {through: Times(**times) for through, times in found["halo"].items()}
    limit = found["flops"] / limits.flops if found["flops"] else found["bytes"] / limits.stream
    return Result(found["app"], threads, halo, Times(**found["halide"]), limits, limit, found["by"])


def cells(r: Result) -> list[str]:
    """Return the row of `r` in the table."""
    times = [f"{1e3 * t.best:.3g}" for t in (r.peer, *r.halo.values())]
    best = [f"{r.best(name):.2f}" for name in r.halo]
    first = next(iter(r.halo))
    return [
        r.app,
        str(r.threads),
        r.by,
        *times,
        *best,
        f"{r.median(first):.2f}",
        f"{r.share(first):.0%}",
    ]


def heads(through: Sequence[str]) -> list[str]:
    """Return the titles of the columns, to be filled by `cells`."""
    times = ["Halide ms", *(f"{name} ms" for name in through)]
    shares = [f"median {through[0]}", "of the limit"]
    return ["app", "threads", "Halide by", *times, *through, *shares]


def means(results: Sequence[Result], through: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each number of threads: the geometric means of the ratios."""
    for threads in sorted({r.threads for r in results}):
        rows = [r for r in results if r.threads == threads]
        found = {name: math.exp(fmean(math.log(r.best(name)) for r in rows)) for name in through}
        said = ", ".join(f"{mean:.2f} ({name})" for name, mean in found.items())
        yield f"geometric mean of the ratios, {plural(threads)}: {said}"


def plural(threads: int) -> str:
    """Return `threads` with its noun."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def page(results: Sequence[Result], through: Sequence[str]) -> str:
    """Return the part of the page that holds the results."""
    compilers = [version(name) for name in through if name != "llvm"]
    text = [f"{datetime.date.today()}, {machine()}, {', '.join(compilers)}.", ""]
    for threads in sorted({r.threads for r in results}):
        found = [r.limits for r in results if r.threads == threads]
        text.append(
            f"- {plural(threads)}: {_spread(x.flops for x in found)} GFLOP/s of float32, "
            f"{_spread(x.copy for x in found)} GB/s copied, "
            f"{_spread(x.stream for x in found)} GB/s around the caches"
        )
    titles = heads(through)
    rows = [titles, ["---"] + ["--:"] * (len(titles) - 1), *(cells(r) for r in results)]
    text += ["", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([*text, "", *(f"- {sentence}" for sentence in means(results, through))])


def _spread(values: Iterable[float]) -> str:
    """Return the least and the largest of `values`, in 1e9."""
    numbers = [round(v / 1e9) for v in values]
    least, most = min(numbers), max(numbers)
    return str(least) if least == most else f"{least}-{most}"


def version(compiler: str) -> str:
    """Return the first line of what a C compiler says of itself."""
    command = [compiler, "--version"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return said.splitlines()[0]


def write_json(path: Path, results: Sequence[Result]) -> None:
    """Write all that was measured."""
    rows = [{**asdict(r), "best": {n: r.best(n) for n in r.halo}} for r in results]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"machine": machine(), "rows": rows}, indent=2) + "\n", encoding="utf-8"
    )


def draw(path: Path, results: Sequence[Result], through: Sequence[str]) -> None:
    """Draw the ratios as bars, a group for each app."""
    from matplotlib import pyplot as plt

    names = list(dict.fromkeys(r.app for r in results))
    kinds = [(n, threads) for threads in sorted({r.threads for r in results}) for n in through]
    width = 0.8 / len(kinds)
    figure, axes = plt.subplots(figsize=(9, 0.4 * len(names) + 1.5), layout="constrained")
    for i, (name, threads) in enumerate(kinds):
        rows = [r for r in results if r.threads == threads]
        places = [names.index(r.app) + (i - (len(kinds) - 1) / 2) * width for r in rows]
        ratios = [r.best(name) for r in rows]
        axes.barh(places, ratios, 0.95 * width, label=f"{name}, {plural(threads)}")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("best time of halo / best time of Halide")
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("apps", nargs="*", default=NAMES)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--through", nargs="+", default=["cc", "llvm"], help="C compilers, or llvm")
    parser.add_argument("--json", type=Path, help="file for the result")
    parser.add_argument("--plot", type=Path, help="file for a picture of the ratios")
    parser.add_argument("--best", action="store_true", help="each with its best schedule")
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    through = list(options.through)
    print(f"\nApps beside Halide 21 ({machine()})\n")
    print("  ".join(f"{title:>{width(title)}}" for title in heads(through)))
    results = []
    for name in options.apps:
        for threads in options.threads:
            if found := run(name, threads, options):
                results.append(found)
                row = zip(heads(through), cells(found), strict=True)
                print("  ".join(f"{cell:>{width(title)}}" for title, cell in row), flush=True)
    print("\n" + "\n".join(means(results, through)))
    if options.json:
        write_json(options.json, results)
    if options.plot:
        draw(options.plot, results, through)
    if options.docs:
        command = f"suite.py{' --best' if options.best else ''} --docs"
        write_page(command, page(results, through))


def width(title: str) -> int:
    """Return how wide the column with this title is when it is printed."""
    return 24 if title == "app" else max(len(title), 5)


if __name__ == "__main__":
    main()
