"""Measuring side by side: contenders take turns, so that a busy machine is unfair to none."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
sys.path.insert(0, str(ROOT))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a result: a task, the seconds it took halo, and those of a peer."""

    task: str
    halo: float
    peer: float
    peer_name: str

    @property
    def ratio(self) -> float:
        """How many times as long halo takes; below 1 halo is faster."""
        return self.halo / self.peer


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of one call: the best round, and the median of all."""

    best: float
    median: float


def interleave(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int = 11,
    seconds: float = 0.1,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Times]:
    """Return the times of one call of each contender.

    A `clock` of processor time leaves out what other processes take, and fits one thread only.

    In each round every contender runs for about `seconds`, in an order that rotates. A pause
    before each turn lets the threads of the one before go to sleep.
    """
    calls = {name: _calls_within(run, seconds, clock) for name, run in contenders.items()}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            time.sleep(0.02)
            times[name].append(_time(contenders[name], calls[name], clock))
    return {name: Times(min(t), statistics.median(t)) for name, t in times.items()}


def _calls_within(run: Callable[[], object], seconds: float, clock: Callable[[], float]) -> int:
    run()
    return max(1, min(10_000, round(seconds / max(_time(run, 1, clock), 1e-7))))


def _time(run: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    run()  # wakes the threads
    start = clock()
    for _ in range(calls):
        run()
    return (clock() - start) / calls


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set environment variables for a while."""
    old = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in old.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def run_apart(script: str, name: str, threads: int, *more: str) -> Any:
    """Run ``benchmarks/script name`` with `threads` threads; return the JSON that it prints last.

    None, after its last word was printed, if it fails.
    """
    count = str(threads)
    variables = {**os.environ, "HALO_NUM_THREADS": count, "HL_NUM_THREADS": count}
    variables["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, str(ROOT / "benchmarks" / script), name, *more]
    done = subprocess.run(command, env=variables, capture_output=True, text=True)
    if done.returncode:
        print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def print_rows(title: str, rows: Sequence[Row]) -> None:
    """Print `rows` as a table."""
    print(f"\n{title} ({machine()})\n")
    width = max((len(r.task) for r in rows), default=4)
    print(f"{'':{width}}  {'halo':>10}  {'peer':>10}  ratio")
    for r in rows:
        times = f"{r.halo * 1e3:8.3f}ms  {r.peer * 1e3:8.3f}ms"
        print(f"{r.task:{width}}  {times}  {r.ratio:5.2f}  of {r.peer_name}")


def write_rows(path: str | None, title: str, rows: Sequence[Row]) -> None:
    """Write `rows` as JSON to `path`, if there is one."""
    if path:
        found = [{**asdict(r), "ratio": r.ratio} for r in rows]
        text = json.dumps({"title": title, "machine": machine(), "rows": found}, indent=2)
        Path(path).write_text(text + "\n", encoding="utf-8")


def write_page(command: str, text: str) -> None:
    """Put `text` between the marks of what `command` writes in ``docs/performance.md``."""
    begin, end = f"<!-- written by: benchmarks/{command} -->", "<!-- until here -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    after = rest.split(end, 1)[1]
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def machine() -> str:
    """Return the processor and how many threads may use it."""
    name = platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
        name = next(x.split(":", 1)[1].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{name}, {len(os.sched_getaffinity(0))} threads"
