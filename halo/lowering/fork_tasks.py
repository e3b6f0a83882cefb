"""Branches that run at once: what is computed at one place, where it is stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from halo.ir.stmt import (
    Acquire,
    AssertStmt,
    Block,
    For,
    Fork,
    ForKind,
    HoistedStorage,
    ProducerConsumer,
    Realize,
    Release,
    Stmt,
    block,
)
from halo.ir.substitute import walk
from halo.lowering.fork_loops import produced_by
from halo.lowering.uses_of_funcs import read_in


@dataclass(slots=True)
class Item:
    """A step of a chain: what it computes, and which steps before it compute what it reads."""

    stmt: Stmt
    names: frozenset[str]
    needs: set[int] = field(default_factory=set)
    alone: bool = False
    """Whether it is to have a branch of its own."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What is computed and stored at one place: storage, and inside it one step after another.

    The `checks` say, before anything is computed, that the storage holds what is stored.
    """

    around: list[Realize | HoistedStorage]
    checks: list[AssertStmt]
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Forked:
    """A chain with a fork in it, and the Funcs that have a branch of their own."""

    body: Stmt
    forked: frozenset[str]


def chain_of(s: Stmt) -> Chain:
    """Return the storage and the steps that `s` consists of, from the outside inwards."""
    chain = Chain([], [], [])
    while True:
        match s:
            case Realize() | HoistedStorage():
                chain.around.append(s)
                s = s.body
            case Block(stmts=(*steps, last)) if all(map(_is_step, steps)):
                for step in steps:
                    _add(chain, step)
                s = last
            case ProducerConsumer(is_producer=False):
                s = s.body
            case _:
                _add(chain, s)
                return chain


def _is_step(s: Stmt) -> bool:
    return isinstance(s, AssertStmt) or (isinstance(s, ProducerConsumer) and s.is_producer)


def _add(chain: Chain, s: Stmt) -> None:
    if isinstance(s, AssertStmt):
        chain.checks.append(s)
        return
    producer = isinstance(s, ProducerConsumer) and s.is_producer
    item = Item(s, produced_by(s) if isinstance(s, ProducerConsumer) and producer else frozenset())
    reads = read_in(s)
    item.needs = {i for i, other in enumerate(chain.items) if other.names & reads}
    chain.items.append(item)


def fork_chain(
    chain: Chain, tasks: Collection[str], inside: Callable[[Stmt], Stmt]
) -> Forked | None:
    """Return `chain` with a branch for each Func in `tasks` that something can run beside.

    What is not in `tasks` stays in its order, in branches that wait for one another. A branch
    waits for those before it whose cells it reads; what needs all of them comes after the fork.
    None if nothing can run at once.

        realize g { produce g; consume g { produce h; consume h { f } } }, g and h apart
        -> realize g { realize h { fork { produce g } { produce h }; f } }

    Parameters
    ----------
    inside
        Makes forks in a step.
    """
    items = chain.items
    for item in items:
        item.alone = bool(item.names) and item.names <= set(tasks)
    while (useless := _useless(items)) is not None:
        items[useless].alone = False
    if not any(item.alone for item in items):
        return None
    first, end = _first(items), _joined(items)
    branches, semaphores = _branches(items, first, end, inside)
    serial = None
    if any(isinstance(n, For) and n.kind is ForKind.PARALLEL for b in branches for n in walk(b)):
        serial = block(*(item.stmt for item in items[first:end]))
    forked = Fork(branches, semaphores, False, serial)
    before, after = items[:first], items[end:]
    steps = (*(inside(i.stmt) for i in before), forked, *(inside(i.stmt) for i in after))
    body = block(*chain.checks, *steps)
    for storage in reversed(chain.around):
        body = replace(storage, body=body)
    return Forked(body, frozenset().union(*(item.names for item in items if item.alone)))


def _reach(items: Sequence[Item]) -> list[set[int]]:
    """Return for each step the steps that come before it in any case."""
    before: list[set[int]] = []
    last: int | None = None
    for i, item in enumerate(items):
        direct = set(item.needs)
        if not item.alone:
            if last is not None:
                direct.add(last)
            last = i
        before.append(direct.union(*(before[j] for j in direct)))
    return before


def _useless(items: Sequence[Item]) -> int | None:
    """Return a step that is to have a branch of its own, and nothing to run beside it."""
    before = _reach(items)
    for i, item in enumerate(items):
        if item.alone and not any(
            i != j and i not in before[j] and j not in before[i] and _works(other.stmt)
            for j, other in enumerate(items)
        ):
            return i
    return None


def _works(s: Stmt) -> bool:
    return not (isinstance(s, Block) and not s.stmts)


def _first(items: Sequence[Item]) -> int:
    """Return the first step that may run beside another."""
    before = _reach(items)
    alone = [before[i] for i, item in enumerate(items) if item.alone]
    return next(
        i for i, item in enumerate(items) if item.alone or any(i not in steps for steps in alone)
    )


def _joined(items: Sequence[Item]) -> int:
    """Return the first step from which on all is in order and waits for every branch."""
    before = _reach(items)
    alone = {i for i, item in enumerate(items) if item.alone}
    last = max(alone)
    return next(
        (i for i in range(last + 1, len(items)) if alone <= before[i]),
        len(items),
    )


def _branches(
    items: Sequence[Item], first: int, end: int, inside: Callable[[Stmt], Stmt]
) -> tuple[tuple[Stmt, ...], tuple[tuple[str, int], ...]]:
    groups = _groups(items, first, end)
    branch_of = {i: b for b, group in enumerate(groups) for i in group}
    names = ["+".join(n for i in g for n in sorted(items[i].names)) or "users" for g in groups]
    waits: dict[int, list[str]] = {}
    signals: dict[int, list[str]] = {}
    in_order: int | None = None
    for b, group in enumerate(groups):
        earlier = {branch_of[j] for i in group for j in items[i].needs if j in branch_of} - {b}
        if not items[group[0]].alone:
            earlier |= set() if in_order is None else {in_order}
            in_order = b
        for e in sorted(earlier):
            semaphore = f"{names[e]}.done.{b}"
            waits.setdefault(b, []).append(semaphore)
            signals.setdefault(e, []).append(semaphore)
    made = tuple(
        block(
            *(Acquire(name, 1) for name in waits.get(b, ())),
            *(inside(items[i].stmt) for i in group),
            *(Release(name, 1) for name in signals.get(b, ())),
        )
        for b, group in enumerate(groups)
    )
    return made, tuple((name, 0) for names in signals.values() for name in names)


def _groups(items: Sequence[Item], first: int, end: int) -> list[list[int]]:
    """Return the steps of each branch, in the order of their first steps.

    Steps that stay in order share a branch until one waits for a branch that those before it do
    not wait for, or a branch of its own waits for one of them.
    """
    groups: list[list[int]] = []
    current: list[int] | None = None
    waited: set[int] = set()
    awaited = {j for item in items if item.alone for j in item.needs}
    for i in range(first, end):
        if items[i].alone:
            groups.append([i])
            continue
        new = {j for j in items[i].needs if items[j].alone} - waited
        cut = current is not None and current[-1] in awaited
        if current is None or new or cut:
            current = []
            groups.append(current)
        waited |= new
        current.append(i)
    return groups
