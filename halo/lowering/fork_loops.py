"""Loops that run at once: one that computes a Func, one that uses it, kept in step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from halo.ir.node import Node
from halo.ir.stmt import (
    Acquire,
    AssertStmt,
    Block,
    For,
    Fork,
    HoistedStorage,
    IfThenElse,
    LetStmt,
    ProducerConsumer,
    Realize,
    Release,
    Stmt,
    block,
)
from halo.lowering.run_ahead import Ahead
from halo.lowering.uses_of_funcs import produced_in, read_in

USERS = ""
"""The branch that uses what the others compute; they go by the name of their Func."""


class Fallback(Exception):
    """Some Funcs cannot run ahead here: `why_not` says of each why."""

    def __init__(self, why_not: dict[str, str]) -> None:
        super().__init__(why_not)
        self.why_not = why_not


def fork_loop(s: For | IfThenElse, ahead: Mapping[str, Ahead]) -> Fork:
    """Return loops `s` as a fork: a branch for each Func in `ahead`, and one that uses them.

    Each branch has the loops with its part of what is done inside. In each iteration a producer
    waits for a place that all readers are done with, and a reader for the cells. All wait for what
    comes earlier in the order of the loops only, so that some branch can always go on.

    Requires: the Funcs are stored outside `s`.

        for y { produce g; consume g { f } }
        -> fork { for y { acquire g.space; produce g; release g.ready } }
                { for y { acquire g.ready; f; release g.space } } or serially ...

    Raises
    ------
    Fallback
        What is computed beside one of them in the same loops is used by several branches.
    """
    branch_of = _Branches(s, ahead).assign()
    names = (*ahead, USERS)
    links = _links(s, branch_of, ahead)
    branches = tuple(_Projection(b, branch_of, ahead, links).stmt(s) for b in names)
    semaphores: list[tuple[str, int]] = []
    for name, users in links.items():
        for user in users:
            semaphores.append((_ready(name, user), 0))
            semaphores.append((_space(name, user), ahead[name].depth))
    return Fork(branches, tuple(semaphores), True, s)


def _ready(name: str, user: str) -> str:
    return f"{name}.ready.{user or 'users'}"


def _space(name: str, user: str) -> str:
    return f"{name}.space.{user or 'users'}"


class _Branches:
    """Decides in which branch each Func that is computed inside is."""

    def __init__(self, s: Stmt, ahead: Mapping[str, Ahead]) -> None:
        self.ahead = ahead
        self.reads: dict[str, frozenset[str]] = {USERS: _own_reads(s)}
        self.groups: dict[str, frozenset[str]] = {}
        for unit in units_in(s):
            names = produced_by(unit)
            for name in names:
                self.reads[name] = self.reads.get(name, frozenset()) | read_in(unit) - names
                self.groups[name] = self.groups.get(name, frozenset()) | names

    def assign(self) -> dict[str, str]:
        """Return Func to the name of its branch.

        What only one branch uses is computed in it.
        """
        found: dict[str, str] = {name: name for name in self.ahead}
        left = [name for name in self.groups if name not in found]
        while left:
            ready = [n for n in left if all(u in found or u == USERS for u in self._users(n))]
            if not ready:
                raise Fallback(dict.fromkeys(self.ahead, "Funcs in its loop use each other"))
            for name in ready:
                branches = {found.get(u, USERS) for u in self._users(name)} or {USERS}
                if len(branches) > 1:
                    self._refuse(name, branches)
                found[name] = branches.pop()
                left.remove(name)
        return found

    def _users(self, name: str) -> set[str]:
        """Return who reads what is computed together with `name`, itself left out."""
        group = self.groups[name]
        return {user for user, reads in self.reads.items() if group & reads and user not in group}

    def _refuse(self, name: str, branches: set[str]) -> None:
        others = branches - {USERS}
        reason = (
            f"{name}, which is computed in the same loop and on no thread of its own, is used "
            f"beside it: add {name}.async_(), or compute {name} outside the loop"
        )
        raise Fallback(dict.fromkeys(sorted(others), reason))


def units_in(s: Stmt) -> Iterator[ProducerConsumer]:
    """Yield the outermost statements in `s` that compute a Func."""
    if isinstance(s, ProducerConsumer) and s.is_producer:
        yield s
        return
    for c in s.children():
        if isinstance(c, Stmt):
            yield from units_in(c)


def produced_by(unit: ProducerConsumer) -> frozenset[str]:
    """Return the Funcs that `unit` computes, several if their loops are shared."""
    names: set[str] = set()
    s: Stmt = unit
    while isinstance(s, ProducerConsumer) and s.is_producer:
        names.add(s.name)
        s = s.body
    return frozenset(names)


def _own_reads(s: Node) -> frozenset[str]:
    """Return the Funcs read in `s` outside of what computes a Func."""
    if isinstance(s, ProducerConsumer) and s.is_producer:
        return frozenset()
    if not isinstance(s, Stmt):
        return read_in(s)
    return frozenset().union(*map(_own_reads, s.children()))


def _links(
    s: Stmt, branch_of: Mapping[str, str], ahead: Mapping[str, Ahead]
) -> dict[str, list[str]]:
    """Return for each Func that runs ahead the branches that read it."""
    reads: dict[str, set[str]] = {USERS: set(_own_reads(s))}
    for unit in units_in(s):
        reads.setdefault(branch_of[unit.name], set()).update(read_in(unit))
    return {
        name: [b for b in (*ahead, USERS) if b != name and name in reads.get(b, ())]
        for name in ahead
    }


@dataclass(slots=True)
class _Projection:
    """The part of loops that belongs to `branch`."""

    branch: str
    branch_of: Mapping[str, str]
    ahead: Mapping[str, Ahead]
    links: Mapping[str, list[str]]
    guarded: bool = False
    in_step: frozenset[str] = frozenset()

    def stmt(self, s: Stmt) -> Stmt:
        """Return the part of `s` that belongs to the branch; a Block of nothing if none does."""
        match s:
            case ProducerConsumer(is_producer=True):
                return s if self.branch_of[s.name] == self.branch else block()
            case For():
                return self._loop(s)
            case IfThenElse():
                return self._choice(s)
            case Block():
                made = block(*map(self.stmt, s.stmts))
                return block() if _only_checks(made) else made
            case LetStmt() | ProducerConsumer():
                return self._around(s)
            case Realize() | HoistedStorage():
                made = self._around(s)
                return made if made is s or _mentions(made, s.name) else _body_of(made)
            case AssertStmt():
                return s
            case _:
                return s if self.branch == USERS else block()

    def _around(self, s: Stmt) -> Stmt:
        made = s.map_children(lambda c: self.stmt(c) if isinstance(c, Stmt) else c)
        return block() if _is_empty(_body_of(made)) else made

    def _choice(self, s: IfThenElse) -> Stmt:
        before, self.guarded = self.guarded, True
        then_case = self.stmt(s.then_case)
        self.guarded = True
        else_case = None if s.else_case is None else self.stmt(s.else_case)
        self.guarded = before
        if else_case is not None and _is_empty(else_case):
            else_case = None
        if _is_empty(then_case) and else_case is None:
            return block()
        return IfThenElse(s.condition, then_case, else_case)

    def _loop(self, s: For) -> Stmt:
        """Return the loop, with what keeps it in step with the other branches."""
        inside = [n for n in self.ahead if produced_in(s, n) and n not in self.in_step]
        stepped = [name for name in inside if s.name in self.ahead[name].loops]
        drained = self._drained(s, inside)
        before = self.guarded, self.in_step
        self.guarded, self.in_step = False, self.in_step.union(stepped)
        body = self.stmt(s.body)
        self.guarded, self.in_step = before
        for name in stepped:
            body = self._in_step(name, body)
        if _is_empty(body) or _only_checks(body):
            return block()
        made = replace(s, body=body)
        return block(*drained, made)

    def _in_step(self, name: str, body: Stmt) -> Stmt:
        """Return one iteration, in which Func `name` is computed or used."""
        users = self.links[name]
        if name == self.branch:
            spaces = (Acquire(_space(name, user), 1) for user in users)
            return block(*spaces, body, *(Release(_ready(name, user), 1) for user in users))
        if self.branch in users:
            ready, space = _ready(name, self.branch), _space(name, self.branch)
            return block(Acquire(ready, 1), body, Release(space, 1))
        return body

    def _drained(self, s: For, inside: list[str]) -> list[Stmt]:
        """Return what waits until all that was computed before loop `s` has been read.

        Behind a condition the parts of a ring buffer need not follow one another. Within the loop
        whose iterations are counted, the producer holds a place itself.
        """
        made: list[Stmt] = []
        for name in inside:
            own = self.ahead[name]
            if name == self.branch and (s.name in own.drains or (own.ring and self.guarded)):
                for step in (Acquire, Release):
                    made += [step(_space(name, user), own.depth) for user in self.links[name]]
        return made


def _body_of(s: Stmt) -> Stmt:
    return next(c for c in s.children() if isinstance(c, Stmt))


def _is_empty(s: Stmt) -> bool:
    return isinstance(s, Block) and not s.stmts


def _only_checks(s: Stmt) -> bool:
    """Whether `s` does nothing but check, which is then done elsewhere too."""
    if isinstance(s, LetStmt):
        return _only_checks(s.body)
    if isinstance(s, Block):
        return all(map(_only_checks, s.stmts))
    return isinstance(s, AssertStmt)


def _mentions(s: Stmt, name: str) -> bool:
    return produced_in(s, name) or name in read_in(s)
