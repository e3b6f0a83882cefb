"""Receipts for directives whose loops turn out not to allow them, or only in another form."""

from __future__ import annotations

from collections.abc import Iterator

from halo.ir.expr import as_const
from halo.ir.stmt import For, ForKind, Stmt
from halo.ir.substitute import walk
from halo.lowering.jam_vectors import encloses_vectors
from halo.lowering.vectorize_loops import Outcome
from halo.schedule.directives import Unroll, Vectorize
from halo.schedule.receipts import Receipts, Status
from halo.schedule.schedule import Entry


def report_unapplied(s: Stmt, receipts: Receipts) -> Stmt:
    """Record which loops to be vectorised or unrolled have no constant extent; return `s`.

    And which vectorised loops are around others, so that they become copies of vectors.

    Requires: extents are simplified, and no loop is vectorised or unrolled yet.
    Ensures: `s` as it was; the passes that follow run those loops serially.

    Example: ``f.unroll(x)`` with x over f's whole width -> "without effect".
    """
    kinds = (ForKind.VECTORIZED, ForKind.UNROLLED)
    loops = [n for n in walk(s) if isinstance(n, For) and n.kind in kinds]
    variable = {n.name for n in loops if as_const(n.extent) is None}
    around = {n.name: as_const(n.extent) for n in loops if encloses_vectors(n)}
    for entry, loop in _marked(receipts):
        var, how = loop.var, loop.method
        name = _loop_of(entry, var)
        if name in variable:
            reason = (
                f"the extent of {var} is not a constant: {how} a split of it, "
                f"{how}({var}, factor), or promise it by bound"
            )
            receipts.add(entry, Status.WITHOUT_EFFECT, reason)
        elif name in around:
            reason = f"as {around[name]} copies of the vectors of the loops inside it"
            receipts.add(entry, Status.APPLIED, reason)
    return s


def report_serial(outcome: Outcome, receipts: Receipts) -> None:
    """Record which loops to be vectorised have no vector form anywhere, and why."""
    for entry, loop in _marked(receipts):
        name = _loop_of(entry, loop.var)
        if name in outcome.serial and name not in outcome.vectorized:
            reason = f"{loop.var} runs serially: {outcome.serial[name]}"
            receipts.add(entry, Status.WITHOUT_EFFECT, reason)


def _marked(receipts: Receipts) -> Iterator[tuple[Entry, Vectorize | Unroll]]:
    """Yield what was applied so far of vectorising and unrolling."""
    for receipt in list(receipts):
        directive = receipt.entry.directive
        if isinstance(directive, (Vectorize, Unroll)) and receipt.status is Status.APPLIED:
            yield receipt.entry, directive


def _loop_of(entry: Entry, var: str) -> str:
    return f"{entry.func}.s{entry.stage}.{var}"
