"""What directives about boxes and memory came to."""

from __future__ import annotations

from collections.abc import Sequence

from halo.schedule.directives import (
    AlignBounds,
    AlignExtent,
    AlignStorage,
    Async,
    Bound,
    BoundExtent,
    BoundStorage,
    Directive,
    FoldStorage,
    HoistStorage,
    HoistStorageRoot,
    Memoize,
    Precompute,
    ReorderStorage,
    RingBuffer,
    SplitStorage,
    StoreIn,
)
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule

_HOIST = (HoistStorage, HoistStorageRoot)
_MEMORY = (
    AlignStorage,
    BoundStorage,
    FoldStorage,
    *_HOIST,
    Memoize,
    ReorderStorage,
    RingBuffer,
    SplitStorage,
    StoreIn,
)
_WHOLE: tuple[tuple[type[Directive], ...], ...] = (_HOIST, (RingBuffer,), (StoreIn,), (Async,))
"""Directives of which the last one holds."""
_PER_DIM: tuple[tuple[type[Directive], ...], ...] = (
    (AlignBounds, AlignExtent),
    (AlignStorage,),
    (Bound, BoundExtent),
    (BoundStorage,),
    (FoldStorage,),
)
"""Directives of which the last one for a dimension holds."""
_GROUPS = {kind: kinds for kinds in (*_WHOLE, *_PER_DIM) for kind in kinds}


def sets_memory_again(old: Directive, new: Directive) -> bool:
    """Whether `new` replaces what `old` says of a Func's box or memory."""
    kinds = _GROUPS.get(type(old), ())
    if type(new) not in kinds:
        return False
    return kinds in _WHOLE or _dimension(old) == _dimension(new)


def _dimension(directive: Directive) -> object:
    return getattr(directive, "dim", None) or getattr(directive, "var", None)


_OF_AN_ARRAY = (Precompute, AlignStorage, SplitStorage, ReorderStorage, Bound)


def precomputed_without_effect(directive: Directive, name: str) -> str:
    """Return why a directive means nothing for a Func that is precomputed; else nothing."""
    if isinstance(directive, _OF_AN_ARRAY):
        return ""
    return f"{name} is precomputed: no code computes it"


def memory_without_effect(
    entry: Entry, outputs: Sequence[str], state: FuncSchedule, same: bool
) -> str:
    """Return why a directive about memory does nothing; nothing if it does something.

    Parameters
    ----------
    state
        The resolved schedule of its Func.
    same
        Whether the schedule was the same before it.
    """
    directive = entry.directive
    if not isinstance(directive, _MEMORY):
        return ""
    if entry.func in outputs:
        return f"{entry.func} is an output: it lies in the caller's buffer"
    if isinstance(directive, ReorderStorage) and same:
        return "the dimensions are in that order already"
    if isinstance(directive, _HOIST) and state.storage.hoist is None:
        return "the memory is taken where the storage is"
    if isinstance(directive, RingBuffer) and directive.extent == 1:
        return "one buffer is what there is without"
    return ""
