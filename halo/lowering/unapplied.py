"""Receipts for directives whose loops turn out not to allow them, or only in another form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from halo.ir.expr import as_const
from halo.ir.stmt import For, ForKind, Stmt
from halo.ir.substitute import walk
from halo.lowering.copies import LoopKey, is_copy, key_of
from halo.lowering.jam_vectors import encloses_vectors
from halo.lowering.outcome import NOT_CONSTANT, Outcome
from halo.schedule.directives import Unroll, Vectorize
from halo.schedule.final_loops import FinalLoop
from halo.schedule.receipts import Receipt, Receipts, Status


def report_copies(s: Stmt, receipts: Receipts) -> Stmt:
    """Record which vectorised loops are around others, and become copies of vectors; return `s`.

    Requires: extents are simplified, and no loop is vectorised or unrolled yet.
    Ensures: `s` as it was.

    Example: ``f.vectorize(y, 4).vectorize(x, 8)`` -> y.v "as 4 copies of the vectors".
    """
    loops = [n for n in walk(s) if isinstance(n, For) and n.kind is ForKind.VECTORIZED]
    around = {key_of(n): as_const(n.extent) for n in loops if encloses_vectors(n)}
    for receipt, _ in _marked(receipts):
        counts = {n for x in receipt.loops for key, n in around.items() if is_copy(key, x)}
        if counts:
            copies = " or ".join(map(str, counts))
            reason = f"as {copies} copies of the vectors of the loops inside it"
            receipts.add(receipt.entry, Status.APPLIED, reason)
    return s


def report_serial(outcome: Outcome, receipts: Receipts) -> None:
    """Record which loops to be vectorised or unrolled run serially, where, and why.

    Example: a producer that is a vector only where a specialisation of its user holds ->
    "but x runs serially outside specialisations: its extent is not constant".
    """
    for receipt, mark in _marked(receipts):
        serial = {x: outcome.serial_copies(x) for x in receipt.loops}
        if not any(serial.values()):
            continue
        left = "; ".join(_left(x, keys, outcome, receipt) for x, keys in serial.items() if keys)
        whys = {why for keys in serial.values() for why in keys.values()}
        if any(outcome.is_done(x) or not keys for x, keys in serial.items()):
            receipts.add(receipt.entry, Status.APPLIED, f"but {left}")
        elif whys == {NOT_CONSTANT}:
            receipts.add(receipt.entry, Status.WITHOUT_EFFECT, _not_constant(mark))
        else:
            receipts.add(receipt.entry, Status.WITHOUT_EFFECT, left)


def _left(
    loop: FinalLoop, serial: Mapping[LoopKey, str], outcome: Outcome, receipt: Receipt
) -> str:
    """Return which copies of `loop` run serially, and why."""
    if not outcome.is_done(loop):
        why = next(iter(serial.values()))
        return f"{loop.var} runs serially{_case(loop, receipt)}: {why}"
    users = {_users(key, loop): why for key, why in serial.items()}
    return "; ".join(f"{loop.var} runs serially {user}: {why}" for user, why in users.items())


def _users(key: LoopKey, loop: FinalLoop) -> str:
    """Return in which specialisations of others the copy `key` of `loop` is."""
    _, case = key
    inside: dict[str, list[str]] = {}
    for c in case:
        if (c.func, c.stage) != (loop.func, loop.stage):
            inside.setdefault(c.func, []).append(c.condition)
    if not inside:
        return "outside specialisations"
    return ", ".join(f"in {func} where {' and '.join(cs)}" for func, cs in inside.items())


def _case(loop: FinalLoop, receipt: Receipt) -> str:
    """Return in which case `loop` runs, where the directive is about several."""
    if len({x.branch for x in receipt.loops}) == 1:
        return ""
    inside = loop.branch[len(receipt.entry.branch) :]
    return f" where {' and '.join(map(str, inside))}" if inside else " elsewhere"


def _not_constant(mark: Vectorize | Unroll) -> str:
    var, how = mark.var, mark.method
    return (
        f"the extent of {var} is not a constant: {how} a split of it, "
        f"{how}({var}, factor), or promise it by bound"
    )


def _marked(receipts: Receipts) -> Iterator[tuple[Receipt, Vectorize | Unroll]]:
    """Yield what was applied so far of vectorising and unrolling."""
    for receipt in list(receipts):
        directive = receipt.entry.directive
        if isinstance(directive, (Vectorize, Unroll)) and receipt.status is Status.APPLIED:
            yield receipt, directive
