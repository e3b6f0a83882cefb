"""The apps of `apps/`, halo beside Halide: the same program with the same directives.

    python benchmarks/suite.py [APP ...] [--best] [--threads 1 2] [--json FILE] [--plot FILE]
                               [--docs]

Each app runs in a process of its own for each number of threads, where the two take turns
(`one_app.py`); with one thread it is processor time that counts. With ``--best`` halo has the
schedules of ``schedules/apps``, and Halide the faster of the app's and the one that its rules
make. The share of the limit is that of the peak of fused multiply-adds where these are what an
app is about, else the time in which inputs and output could be copied, with stores around the
caches, over the time taken. ``--docs`` writes the table into ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from common import ROOT, machine
from limits import Limits, measure_limits

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- written by: benchmarks/suite.py{} --docs -->", "<!-- until here -->"

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
    """An app with a number of threads: seconds of halo and Halide, best and median."""

    app: str
    threads: int
    halo_best: float
    halo_median: float
    peer_best: float
    peer_median: float
    limit: float
    """Seconds that the machine needs at least."""
    by: str
    """Who made Halide's schedule: ``hand`` or ``rules``."""

    @property
    def best(self) -> float:
        """How many times as long halo's best run takes."""
        return self.halo_best / self.peer_best

    @property
    def median(self) -> float:
        """How many times as long halo's median run takes."""
        return self.halo_median / self.peer_median


def run(name: str, threads: int, limits: Limits, rounds: int, best: bool) -> Result | None:
    """Measure the app `name`, or print why not."""
    count = str(threads)
    environment = {**os.environ, "HALO_NUM_THREADS": count, "HL_NUM_THREADS": count}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, str(ROOT / "benchmarks/one_app.py"), name, "--rounds", str(rounds)]
    command += ["--best"] if best else []
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    found = json.loads(done.stdout.splitlines()[-1])
    halo, peer = found["halo"], found["halide"]
    limit = found["flops"] / limits.flops if found["flops"] else found["bytes"] / limits.stream
    times = halo["best"], halo["median"], peer["best"], peer["median"]
    return Result(found["app"], threads, *times, limit, found["by"])


HEAD = (
    f"{'app':28} {'threads':>7} {'halo':>10} {'Halide':>10} {'best':>6} {'median':>6}"
    f" {'of limit':>8} {'Halide by':>9}"
)


def line(r: Result) -> str:
    """Return the row of `r` in the table that is printed."""
    times = f"{r.halo_best * 1e3:8.3f}ms {r.peer_best * 1e3:8.3f}ms"
    shares = f"{r.best:6.2f} {r.median:6.2f} {r.limit / r.halo_best:8.0%}"
    shares += f" {r.by:>9}"
    return f"{r.app:28} {r.threads:7} {times} {shares}"


def means(results: Sequence[Result]) -> Iterator[str]:
    """Yield a sentence for each number of threads: the geometric mean of the ratios."""
    for threads in sorted({r.threads for r in results}):
        best = [math.log(r.best) for r in results if r.threads == threads]
        median = [math.log(r.median) for r in results if r.threads == threads]
        mean = [math.exp(sum(logs) / len(logs)) for logs in (best, median)]
        yield f"{threads} threads: geometric mean {mean[0]:.2f} (best), {mean[1]:.2f} (median)"


def page(results: Sequence[Result], limits: dict[int, Limits]) -> str:
    """Return the part of the page that holds the results."""
    compiler = subprocess.run(["cc", "--version"], check=True, capture_output=True, text=True)
    text = [f"{datetime.date.today()}, {machine()}, {compiler.stdout.splitlines()[0]}.", ""]
    for threads, found in limits.items():
        text.append(
            f"- {threads} threads: {found.flops / 1e9:.0f} GFLOP/s of float32, "
            f"{found.copy / 1e9:.0f} GB/s copied, {found.stream / 1e9:.0f} GB/s around the caches"
        )
    text += [
        "",
        "| app | threads | halo ms | Halide ms | Halide by | best | median | of the limit |",
    ]
    text += ["| --- | --: | --: | --: | --- | --: | --: | --: |"]
    for r in results:
        times = f"{r.halo_best * 1e3:.3g} | {r.peer_best * 1e3:.3g} | {r.by}"
        shares = f"{r.best:.2f} | {r.median:.2f} | {r.limit / r.halo_best:.0%}"
        text.append(f"| {r.app} | {r.threads} | {times} | {shares} |")
    return "\n".join([*text, "", *(f"- {sentence}" for sentence in means(results))])


def write_page(text: str, best: bool) -> None:
    """Put `text` between the marks of its table in the page."""
    begin = BEGIN.format(" --best" if best else "")
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    after = rest.split(END, 1)[1]
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def write_json(path: Path, results: Sequence[Result], limits: dict[int, Limits]) -> None:
    """Write all that was measured."""
    rows = [{**asdict(r), "best": r.best, "median": r.median} for r in results]
    found = {"machine": machine(), "limits": {n: asdict(x) for n, x in limits.items()}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**found, "rows": rows}, indent=2) + "\n", encoding="utf-8")


def draw(path: Path, results: Sequence[Result]) -> None:
    """Draw the ratios as bars, a group for each app."""
    from matplotlib import pyplot as plt

    names = list(dict.fromkeys(r.app for r in results))
    counts = sorted({r.threads for r in results})
    figure, axes = plt.subplots(figsize=(9, 0.35 * len(names) + 1.5), layout="constrained")
    for i, threads in enumerate(counts):
        rows = [r for r in results if r.threads == threads]
        places = [names.index(r.app) + (i - (len(counts) - 1) / 2) * 0.4 for r in rows]
        axes.barh(places, [r.best for r in rows], 0.38, label=f"{threads} threads")
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
    parser.add_argument("--json", type=Path, help="file for the result")
    parser.add_argument("--plot", type=Path, help="file for a picture of the ratios")
    parser.add_argument("--best", action="store_true", help="each with its best schedule")
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    limits = {n: measure_limits(n) for n in options.threads}
    print(f"\nApps beside Halide 21 ({machine()})\n\n{HEAD}")
    results = []
    for name in options.apps:
        for threads in options.threads:
            if found := run(name, threads, limits[threads], options.rounds, options.best):
                results.append(found)
                print(line(found), flush=True)
    print("\n" + "\n".join(means(results)))
    if options.json:
        write_json(options.json, results, limits)
    if options.plot:
        draw(options.plot, results)
    if options.docs:
        write_page(page(results, limits), options.best)


if __name__ == "__main__":
    main()
