"""The update of a stage whose loops meet in a cell: one step, of which only that much is alone."""

from __future__ import annotations

from halo.ir.expr import Call, CallKind, Expr, Variable
from halo.ir.function import Function
from halo.ir.stmt import Atomic, ForKind, LetStmt, Provide, Stmt
from halo.ir.substitute import find
from halo.schedule.associativity import recognise
from halo.schedule.dependences import stage_clash
from halo.schedule.races import shared_loops
from halo.schedule.state import StageSchedule


def atomic_update(function: Function, index: int, stage: StageSchedule, s: Provide) -> Stmt:
    """Return the update `s` marked `Atomic` where iterations of parallel or vector loops meet.

    Ensures: where a lock is needed (a cell of several values, lanes that are cells of their own,
    an operation that is not recognised) what does not read the cell is computed before it.

        f(x) = (f(x).0 + g(r)*2, ...)
        ->  let f.s1.part.0 = g(r)*2; atomic f under a lock: f(x) = (f(x).0 + f.s1.part.0, ...)
    """
    if not stage.atomic or stage_clash(function, index, stage) is None:
        return s
    threads = bool(shared_loops(function, index, stage, ForKind.PARALLEL))
    lanes = shared_loops(function, index, stage, ForKind.VECTORIZED)
    if not threads and not lanes:
        return s
    vectors = [d.name for d in stage.dims if d.kind is ForKind.VECTORIZED]
    known = recognise(function, function.definitions[index]) is not None
    lock = threads and (len(s.values) > 1 or not known or len(vectors) > len(lanes))
    if not lock:
        return Atomic(s.name, s, threads, False)
    lets: list[tuple[str, Expr]] = []
    values = tuple(_outside(v, s.name, f"{s.name}.s{index}.part", lets) for v in s.values)
    made: Stmt = Atomic(s.name, Provide(s.name, values, s.args, s.predicate), threads, True)
    for name, value in reversed(lets):
        made = LetStmt(name, value, made)
    return made


def _outside(e: Expr, func: str, prefix: str, lets: list[tuple[str, Expr]]) -> Expr:
    """Return `e` with the largest parts that do not read `func` bound in `lets`."""
    if any(c.kind is CallKind.FUNC and c.name == func for c in find(e, Call)):
        return e.map_children(lambda c: _outside(c, func, prefix, lets))
    if not e.children():
        return e
    known = next((n for n, v in lets if v is e), None)
    if known is None:
        known = f"{prefix}.{len(lets)}"
        lets.append((known, e))
    return Variable(e.type, known)
