"""`compute_with`: which loops of which definitions are the same loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from halo.schedule.state import FuncSchedule

Stage = tuple[str, int]
"""A definition: the name of its Func and its number."""

T = TypeVar("T")


def loop_owners(states: Mapping[str, FuncSchedule], stage: Stage) -> list[Stage]:
    """Return for each loop of `stage`, outermost first, the definition whose loop it is.

    Requires: what it is computed with exists, has such a loop, and is not computed with it.
    """
    own = states[stage[0]].stages[stage[1]]
    owners = [stage] * len(own.dims)
    if own.fused is not None:
        shared = [d.name for d in own.dims].index(own.fused.var) + 1
        other = (own.fused.func, own.fused.stage or 0)
        owners[:shared] = loop_owners(states, other)[:shared]
    return owners


def fused_funcs(states: Mapping[str, FuncSchedule], order: Sequence[str]) -> list[list[str]]:
    """Return the Funcs in groups that run together, each group and its members in `order`."""
    group = {name: name for name in order}

    def head(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    for name in order:
        for stage in states[name].stages:
            if stage.fused is not None and stage.fused.func in group:
                group[head(name)] = head(stage.fused.func)
    groups: dict[str, list[str]] = {}
    for name in order:
        groups.setdefault(head(name), []).append(name)
    return list(groups.values())


def in_order(
    groups: Sequence[Sequence[T]], before: Callable[[T, T], bool]
) -> list[Sequence[T]] | None:
    """Return `groups` so that what must come before comes before; None where they are entangled.

    Parameters
    ----------
    before
        Whether the first has to come before the second, if they are of different groups.
    """
    graph: dict[int, list[int]] = {i: [] for i in range(len(groups))}
    for i, a in enumerate(groups):
        for j, b in enumerate(groups):
            if i != j and any(before(x, y) for x in a for y in b):
                graph[j].append(i)
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError:
        return None
    made: list[Sequence[T]] = []
    waiting: list[int] = []
    while sorter.is_active():  # of several that may come next, the first given
        waiting = sorted({*waiting, *sorter.get_ready()})
        made.append(groups[waiting[0]])
        sorter.done(waiting.pop(0))
    return made


def clusters(
    stages: Sequence[Stage],
    states: Mapping[str, FuncSchedule],
    depth: int,
    before: Callable[[Stage, Stage], bool],
) -> list[Sequence[Stage]] | None:
    """Return `stages`, which share the loops outside `depth`, grouped by their loop there.

    None if no order of the groups keeps every definition after what it needs.
    """
    groups: dict[Stage, list[Stage]] = {}
    for stage in stages:
        owners = loop_owners(states, stage)
        groups.setdefault(owners[depth] if depth < len(owners) else stage, []).append(stage)
    return in_order(list(groups.values()), before)
