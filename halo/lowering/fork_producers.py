"""Producers on threads of their own: what may run beside what is made a fork."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from halo.ir.stmt import For, ForKind, HoistedStorage, IfThenElse, Realize, Stmt
from halo.lowering.fork_loops import Fallback, fork_loop, produced_by, units_in
from halo.lowering.fork_tasks import chain_of, fork_chain
from halo.lowering.run_ahead import Ahead
from halo.schedule.receipts import Receipts, Status
from halo.schedule.state import FuncSchedule


def fork_producers(
    s: Stmt,
    schedules: Mapping[str, FuncSchedule],
    ahead: Mapping[str, Ahead],
    receipts: Receipts,
) -> Stmt:
    """Have Funcs that are `async_` computed beside what does not wait for them.

    A loop in which a Func is computed that is stored outside becomes two that run at once, one
    which computes it and one which uses it; semaphores keep them in step (`fork_loops`). Where a
    Func is computed where it is stored, what is computed there becomes branches that wait for
    those whose cells they read (`fork_tasks`). What nothing can run beside is reported.

    Requires: stage "loops", as `build_loop_nests` makes it.
    Ensures: the same cells; each branch stays in the order that the loops had.

    Parameters
    ----------
    ahead
        How those stored outside the loop they are computed in keep in step with their users.
    """
    wanted = {n: f.asynchronous for n, f in schedules.items() if f.asynchronous is not None}
    if not wanted:
        return s
    forker = _Forker(wanted, ahead)
    made = forker.stmt(s, ())
    for name, entry in wanted.items():
        if entry is not None and name not in forker.forked:
            reason = forker.why_not.get(name, "nothing that does not wait for it can run beside it")
            receipts.add(entry, Status.WITHOUT_EFFECT, reason)
    return made


class _Forker:
    """Walks inwards; `open` are the Funcs stored around which are to run ahead of their users."""

    def __init__(self, wanted: Collection[str], ahead: Mapping[str, Ahead]) -> None:
        self.ahead = {n: a for n, a in ahead.items() if n in wanted and not a.why_not}
        self.tasks = frozenset(n for n in wanted if n not in ahead)
        self.why_not = {n: a.why_not for n, a in ahead.items() if a.why_not}
        self.forked: set[str] = set()
        self.seen: set[int] = set()

    def stmt(self, s: Stmt, open: tuple[str, ...]) -> Stmt:
        """Return `s` with what can run at once in forks."""
        if isinstance(s, (Realize, HoistedStorage)) and id(s) not in self.seen:
            chain = chain_of(s)
            self.seen.update(map(id, chain.around))
            inside = (*open, *self._opened(chain.around))
            made = fork_chain(chain, self.tasks, lambda item: self.stmt(item, inside))
            if made is not None:
                self.forked |= made.forked
                return made.body
        return self._one(s, open)

    def _one(self, s: Stmt, open: tuple[str, ...]) -> Stmt:
        """Return `s` without a look at the chain that may begin here."""
        if isinstance(s, (Realize, HoistedStorage)):
            open = (*open, *self._opened([s]))
        elif isinstance(s, For) and s.kind is ForKind.VECTORIZED:
            return s
        elif isinstance(s, (For, IfThenElse)):
            computed: frozenset[str] = frozenset().union(*map(produced_by, units_in(s)))
            here = [name for name in open if name in computed]
            if here:
                return self._fork(s, here, tuple(n for n in open if n not in here))
        return s.map_children(lambda c: self.stmt(c, open) if isinstance(c, Stmt) else c)

    def _opened(self, around: Collection[Stmt]) -> list[str]:
        """Return the Funcs that run ahead whose storage, or ring buffer, is among `around`."""
        found: list[str] = []
        for s in around:
            if not isinstance(s, (Realize, HoistedStorage)) or s.name not in self.ahead:
                continue
            if isinstance(s, HoistedStorage) == self.ahead[s.name].ring:
                found.append(s.name)
        return found

    def _fork(self, s: For | IfThenElse, here: list[str], rest: tuple[str, ...]) -> Stmt:
        try:
            made = fork_loop(s, {name: self.ahead[name] for name in here})
        except Fallback as f:
            self.why_not.update(f.why_not)
            here = [name for name in here if name not in f.why_not]
            if here:
                return self._fork(s, here, rest)
            return self._one(s, rest)
        self.forked |= set(here)
        branches = tuple(self.stmt(b, rest) for b in made.branches)
        return type(made)(branches, made.semaphores, made.together, made.serial)
