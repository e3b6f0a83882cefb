"""Directives that say what is known of a Func's bounds and how its cells lie in memory."""

from __future__ import annotations

from dataclasses import dataclass

from halo.schedule.directives.base import Directive


@dataclass(frozen=True, slots=True)
class Bound(Directive):
    """Promise that the Func is computed over exactly `extent` cells from `min` along `var`."""

    var: str
    min: int
    extent: int
    method = "bound"


@dataclass(frozen=True, slots=True)
class ReorderStorage(Directive):
    """Lay out memory with the dimensions `vars` in the order given, innermost first.

    Dimensions that are not named keep their places.
    """

    vars: tuple[str, ...]
    method = "reorder_storage"
