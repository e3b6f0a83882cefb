"""Directives that say where a Func is computed and stored."""

from __future__ import annotations

from dataclasses import dataclass

from halo.schedule.directives.base import Directive, Site


@dataclass(frozen=True, slots=True)
class ComputeInline(Directive):
    """Substitute the Func's definition wherever it is used; nothing is stored."""

    method = "compute_inline"


@dataclass(frozen=True, slots=True)
class ComputeRoot(Directive):
    """Compute all of the Func that is needed before anything that uses it."""

    method = "compute_root"


@dataclass(frozen=True, slots=True)
class StoreRoot(Directive):
    """Keep the Func's storage outside all loops."""

    method = "store_root"


@dataclass(frozen=True, slots=True)
class ComputeAt(Site):
    """In each iteration of the loop over `var` of `func`, compute what that iteration needs."""

    method = "compute_at"


@dataclass(frozen=True, slots=True)
class StoreAt(Site):
    """Keep the storage for one iteration of the loop over `var` of `func`."""

    method = "store_at"
