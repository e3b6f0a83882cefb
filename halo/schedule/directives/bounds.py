"""Directives that say which box of cells a Func is computed over."""

from __future__ import annotations

from dataclasses import dataclass

from halo.schedule.directives.base import Directive
from halo.schedule.formula import Size


@dataclass(frozen=True, slots=True)
class Bound(Directive):
    """Promise that the Func is computed over exactly `extent` cells from `min` along `var`."""

    var: str
    min: Size
    extent: Size
    method = "bound"


@dataclass(frozen=True, slots=True)
class BoundExtent(Directive):
    """Promise that the Func is computed over exactly `extent` cells along `var`."""

    var: str
    extent: Size
    method = "bound_extent"


@dataclass(frozen=True, slots=True)
class AlignBounds(Directive):
    """Compute more along `var`, so that the box begins and ends at a multiple.

    ``min % modulus == remainder`` and ``extent % modulus == 0``.
    """

    var: str
    modulus: int
    remainder: int = 0
    method = "align_bounds"


@dataclass(frozen=True, slots=True)
class AlignExtent(Directive):
    """Compute more along `var`, so that ``extent % modulus == 0``; the box begins where it did."""

    var: str
    modulus: int
    method = "align_extent"
