"""What a split does when its factor does not divide the extent."""

from __future__ import annotations

from enum import Enum


class TailStrategy(Enum):
    """How a split of ``old`` by ``factor`` treats the last, incomplete step.

    As in Halide (``TailStrategy``). `Auto` is resolved when the directive is given; see
    `halo.schedule.splitting.resolve_tail`.
    """

    Auto = "Auto"
    """`ShiftInwards` for a dimension of the pure definition, `GuardWithIf` everywhere else and
    where the extent is known to be a multiple: the guard is then always true."""
    ShiftInwards = "ShiftInwards"
    """Move the last step back so that it ends at the end: some cells are computed twice, and
    the dimension must have at least `factor` cells. Pure definitions only."""
    GuardWithIf = "GuardWithIf"
    """Run the body only where ``old`` is inside. Always right."""
    RoundUp = "RoundUp"
    """Run over the end; the region computed and stored grows to a multiple of `factor`."""

    def __repr__(self) -> str:
        return f"TailStrategy.{self.name}"
