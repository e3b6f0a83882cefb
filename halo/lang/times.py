"""What a call of `realize` took: compiling and running apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RealizeTimes:
    """Seconds of wall time that the last call of `realize` took.

    Attributes
    ----------
    lowering
        From definitions and schedule to loops.
    code
        The C compiler, or LLVM; little where the machine code was in the cache.
    run
        The compiled function, and what Python does around it.
    """

    lowering: float
    code: float
    run: float

    @property
    def compile(self) -> float:
        """Lowering and machine code together; 0 where it was compiled before."""
        return self.lowering + self.code

    def __str__(self) -> str:
        lowering, code, run = (f"{1e3 * t:.1f} ms" for t in (self.lowering, self.code, self.run))
        return f"lowering {lowering}, machine code {code}, run {run}"
