"""Receipts for directives whose loops turn out not to allow them."""

from __future__ import annotations

from halo.ir.expr import as_const
from halo.ir.stmt import For, ForKind, Stmt
from halo.ir.substitute import walk
from halo.schedule.directives import Unroll, Vectorize
from halo.schedule.receipts import Receipts, Status


def report_unapplied(s: Stmt, receipts: Receipts) -> Stmt:
    """Record which loops to be vectorised or unrolled have no constant extent; return `s`.

    Requires: extents are simplified, and no loop is vectorised or unrolled yet.
    Ensures: `s` as it was; the passes that follow run those loops serially.

    Example: ``f.unroll(x)`` with x over f's whole width -> "without effect".
    """
    kinds = (ForKind.VECTORIZED, ForKind.UNROLLED)
    variable = {
        n.name
        for n in walk(s)
        if isinstance(n, For) and n.kind in kinds and as_const(n.extent) is None
    }
    for receipt in list(receipts):
        entry = receipt.entry
        if not isinstance(entry.directive, (Vectorize, Unroll)):
            continue
        var = entry.directive.var
        if f"{entry.func}.s{entry.stage}.{var}" in variable:
            how = entry.directive.method
            reason = (
                f"the extent of {var} is not a constant: {how} a split of it, "
                f"{how}({var}, factor), or promise it by bound"
            )
            receipts.add(entry, Status.WITHOUT_EFFECT, reason)
    return s
