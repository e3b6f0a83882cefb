"""Streamed stores: a fence where others may read what they wrote, and which of them do stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from halo.ir.expr import Ramp, as_const
from halo.ir.function import Function, output_buffer
from halo.ir.stmt import For, ForKind, ProducerConsumer, Stmt, Store, StreamFence, block
from halo.schedule.directives import StreamStores
from halo.schedule.receipts import Receipts, Status

STREAMED_BYTES = 16
"""Machines stream vectors of a multiple of this many bytes."""


def fence_streams(s: Stmt) -> Stmt:
    """Put a fence behind streamed stores, where another thread may be the next to read.

    Requires: the last pass.
    Ensures: one stands at the end of each iteration of a parallel loop, and at the end of each
    production, that has streamed stores which none stands behind yet.

        produce f: parallel y: f[...] = v, streamed
        ->  produce f: parallel y: {f[...] = v, streamed; fence}
    """
    return _fenced(s)[0]


def _fenced(s: Stmt) -> tuple[Stmt, bool]:
    """Return `s` with fences, and whether a store in it is left without."""
    if isinstance(s, Store):
        return s, s.streamed
    left = False

    def visit(c: object) -> object:
        nonlocal left
        if not isinstance(c, Stmt):
            return c
        made, open_ = _fenced(c)
        left = left or open_
        return made

    made = s.map_children(visit)
    ends = (isinstance(s, For) and s.kind is ForKind.PARALLEL) or (
        isinstance(s, ProducerConsumer) and s.is_producer
    )
    if not (left and ends):
        return made, left
    assert isinstance(made, (For, ProducerConsumer))
    body = made.body
    again = made.map_children(lambda c: block(c, StreamFence()) if c is body else c)
    return again, False


def report_streams(s: Stmt, functions: Mapping[str, Function], receipts: Receipts) -> None:
    """Record which of the stores that were to be streamed are not, and why."""
    stores: dict[str, list[Store]] = {}
    for store in _stores(s):
        stores.setdefault(store.name, []).append(store)
    for receipt in list(receipts):
        entry = receipt.entry
        if receipt.status is not Status.APPLIED or not isinstance(entry.directive, StreamStores):
            continue
        if entry.func not in functions:
            continue
        n = len(functions[entry.func].types)
        own = [x for i in range(n) for x in stores.get(output_buffer(entry.func, i, n), [])]
        plain = [x for x in own if not _streams(x)]
        if len(plain) == len(own):
            what = "no store of it is a dense vector of a multiple of 16 bytes in memory"
            receipts.add(entry, Status.WITHOUT_EFFECT, what)
        elif plain:
            what = f"{len(plain)} of {len(own)} stores are no dense vectors, and plain"
            receipts.add(entry, Status.APPLIED, what)


def _streams(s: Store) -> bool:
    t = s.value.type
    dense = isinstance(s.index, Ramp) and as_const(s.index.stride) == 1
    whole = t.lanes() * t.bytes() % STREAMED_BYTES == 0
    return s.streamed and s.predicate is None and dense and whole and not t.is_bool()


def _stores(s: Stmt) -> Iterator[Store]:
    if isinstance(s, Store):
        yield s
    for c in s.children():
        if isinstance(c, Stmt):
            yield from _stores(c)
