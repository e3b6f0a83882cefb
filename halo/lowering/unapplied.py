"""Receipts for directives whose loops turn out not to allow them, or only in another form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from halo.ir.expr import as_const
from halo.ir.stmt import For, ForKind, Stmt
from halo.ir.substitute import walk
from halo.lowering.jam_vectors import encloses_vectors
from halo.lowering.outcome import NOT_CONSTANT
from halo.schedule.directives import Unroll, Vectorize
from halo.schedule.receipts import Receipts, Status
from halo.schedule.schedule import Entry


def report_copies(s: Stmt, receipts: Receipts) -> Stmt:
    """Record which vectorised loops are around others, and become copies of vectors; return `s`.

    Requires: extents are simplified, and no loop is vectorised or unrolled yet.
    Ensures: `s` as it was.

    Example: ``f.vectorize(y, 4).vectorize(x, 8)`` -> y.v "as 4 copies of the vectors".
    """
    loops = [n for n in walk(s) if isinstance(n, For) and n.kind is ForKind.VECTORIZED]
    around = {n.name: as_const(n.extent) for n in loops if encloses_vectors(n)}
    for entry, loop in _marked(receipts):
        copies = around.get(_loop_of(entry, loop.var))
        if copies is not None:
            reason = f"as {copies} copies of the vectors of the loops inside it"
            receipts.add(entry, Status.APPLIED, reason)
    return s


def report_serial(serial: Mapping[str, str], receipts: Receipts) -> None:
    """Record which loops to be vectorised or unrolled run serially everywhere, and why."""
    for entry, loop in _marked(receipts):
        var, how = loop.var, loop.method
        why = serial.get(_loop_of(entry, var))
        if why == NOT_CONSTANT:
            reason = (
                f"the extent of {var} is not a constant: {how} a split of it, "
                f"{how}({var}, factor), or promise it by bound"
            )
            receipts.add(entry, Status.WITHOUT_EFFECT, reason)
        elif why is not None:
            receipts.add(entry, Status.WITHOUT_EFFECT, f"{var} runs serially: {why}")


def _marked(receipts: Receipts) -> Iterator[tuple[Entry, Vectorize | Unroll]]:
    """Yield what was applied so far of vectorising and unrolling."""
    for receipt in list(receipts):
        directive = receipt.entry.directive
        if isinstance(directive, (Vectorize, Unroll)) and receipt.status is Status.APPLIED:
            yield receipt.entry, directive


def _loop_of(entry: Entry, var: str) -> str:
    return f"{entry.func}.s{entry.stage}.{var}"
