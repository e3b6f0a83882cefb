"""What a profiled pipeline spent, Func by Func."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class FuncProfile:
    """What one Func took in all runs together.

    Attributes
    ----------
    name
        Of the Func; of the compiled function for the overhead.
    seconds
        Time spent in its own loops, not in what is computed inside them, of all threads together.
        Funcs that `compute_with` computes in one loop count as the first of them.
    calls
        How often it was computed at its place in the loops.
    threads
        The most threads that worked at it.
    allocations, total_bytes, peak_bytes
        Its memory on the heap: how many pieces, their sum, and the most at one time.
    """

    name: str
    seconds: float
    calls: int
    threads: int
    allocations: int
    total_bytes: int
    peak_bytes: int

    def plus(self, other: FuncProfile) -> FuncProfile:
        """Return this and `other`, of the same Func, together."""
        return replace(
            self,
            seconds=self.seconds + other.seconds,
            calls=self.calls + other.calls,
            threads=max(self.threads, other.threads),
            allocations=self.allocations + other.allocations,
            total_bytes=self.total_bytes + other.total_bytes,
            peak_bytes=max(self.peak_bytes, other.peak_bytes),
        )


@dataclass(frozen=True, slots=True)
class ProfileReport:
    """What a pipeline took.

    Attributes
    ----------
    runs
        How often it was called.
    overhead
        What belongs to no Func, such as checks; its memory is that of all Funcs together.
    funcs
        What each Func took that is not inlined, producers first.
    """

    runs: int
    overhead: FuncProfile
    funcs: tuple[FuncProfile, ...]

    @property
    def seconds(self) -> float:
        """The time of all threads together."""
        return self.overhead.seconds + sum(f.seconds for f in self.funcs)

    def __getitem__(self, name: str) -> FuncProfile:
        return next(f for f in self.funcs if f.name == name)

    def plus(self, other: ProfileReport) -> ProfileReport:
        """Return this and `other`; where they are of different code, `other` alone."""
        if [f.name for f in self.funcs] != [f.name for f in other.funcs]:
            return other
        pairs = zip(self.funcs, other.funcs, strict=True)
        funcs = tuple(a.plus(b) for a, b in pairs)
        return ProfileReport(self.runs + other.runs, self.overhead.plus(other.overhead), funcs)

    def __str__(self) -> str:
        """Return a table, a line for each Func."""
        total = self.seconds or 1.0
        head = ("", "time", "", "calls", "threads", "allocations", "peak")
        overhead = replace(self.overhead, name="overhead")
        rows = [head, *(_row(f, total) for f in (overhead, *self.funcs))]
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        lines = [f"{self.overhead.name}: {self.runs} runs, {1e3 * self.seconds:.3f} ms"]
        for row in rows:
            lines.append("  " + "  ".join(_aligned(row, widths)).rstrip())
        return "\n".join(lines)


def _row(f: FuncProfile, total: float) -> tuple[str, ...]:
    share = f"{100 * f.seconds / total:.0f}%"
    peak = f"{f.peak_bytes} B"
    counts = (str(f.calls), str(f.threads), str(f.allocations), peak)
    return (f.name, f"{1e3 * f.seconds:.3f} ms", share, *counts)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
