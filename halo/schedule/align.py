"""How the iterations of loops that run together are matched."""

from __future__ import annotations

from enum import Enum


class LoopAlignStrategy(Enum):
    """Which iterations of two stages that share a loop run at once, where their ranges differ."""

    AlignStart = "AlignStart"
    """The first of both."""
    AlignEnd = "AlignEnd"
    """The last of both."""
    NoAlign = "NoAlign"
    """Those with the same value of the loop variable."""
    Auto = "Auto"
    """`NoAlign`."""

    @property
    def shifts(self) -> bool:
        """Whether iterations with different values of the loop variable may run at once."""
        return self in (LoopAlignStrategy.AlignStart, LoopAlignStrategy.AlignEnd)

    def __repr__(self) -> str:
        return f"LoopAlignStrategy.{self.name}"
