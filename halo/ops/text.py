"""Strings: rows of UTF-8 bytes along the last axis of a tensor, with zeros behind the last."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

from halo.ir.expr import FALSE, Expr, Max, Min, Not, Select, const, i32
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Bool, Int, UInt
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.lang.tuple import Tuple
from halo.ops.broadcast import broadcast_shapes, may_stretch
from halo.ops.build import axis_vars, call, computed
from halo.ops.index import ZERO, greatest, known, minus, plus
from halo.ops.tensor import OpInfo, OpKind, Tensor

TEXT = "text"
"""`Tensor.encoding` of bytes of strings."""

BYTE = UInt(8)


def byte_at(x: Tensor, coords: Sequence[Any], i: Any) -> Expr:
    """Return byte `i` of the string at `coords`, broadcast to them; 0 behind its end."""
    size = x.shape[-1]
    own = list(coords[len(coords) - (x.rank - 1) :])
    for a, d in enumerate(x.shape[:-1]):
        if known(d) == 1:
            own[a] = ZERO
        elif may_stretch(d):
            own[a] = Select(eq(d, 1), ZERO, as_expr(own[a]))
    place = as_expr(i)
    value = x.at(*own, clamp(place, 0, minus(size, 1)))
    return Select((place >= 0) & (place < size), value, const(BYTE, 0))


def lengths(name: str, x: Tensor) -> Tensor:
    """Return how many bytes each string has (int32)."""
    coords = axis_vars(max(x.rank - 1, 0))
    acc = Func(f"{name}_acc")
    target = tuple(reversed(coords))
    acc[target] = i32(0)
    r = RDom([(0, x.shape[-1])])
    acc[target] += cast_to(Int(32), x.at(*coords, r[0]) > const(BYTE, 0))
    info = OpInfo(OpKind.REDUCE, (x,), {"acc": acc})
    return computed(name, Int(32), x.shape[:-1], lambda *at: call(acc, *at), info)


def equal(name: str, a: Tensor, b: Tensor) -> Tensor:
    """Return whether strings are equal, broadcast together."""
    shape, requires = broadcast_shapes(a.shape[:-1], b.shape[:-1])
    coords = axis_vars(len(shape))
    acc = Func(f"{name}_acc")
    target = tuple(reversed(coords))
    acc[target] = i32(1)
    r = RDom([(0, greatest(a.shape[-1], b.shape[-1]))])
    same = eq(byte_at(a, coords, r[0]), byte_at(b, coords, r[0]))
    acc[target] = Select(same, call(acc, *coords), i32(0))
    info = OpInfo(OpKind.REDUCE, (a, b), {"acc": acc}, requires=requires)
    return computed(name, Bool(), shape, lambda *at: call(acc, *at) > 0, info)


def joined(name: str, a: Tensor, b: Tensor) -> Tensor:
    """Return strings with others behind them, broadcast together."""
    shape, requires = broadcast_shapes(a.shape[:-1], b.shape[:-1])
    ends = lengths(f"{name}_ends", a)

    def end(coords: Sequence[Any]) -> Expr:
        own = list(coords[len(coords) - ends.rank :])
        for i, d in enumerate(ends.shape):
            own[i] = ZERO if known(d) == 1 else own[i]
        return ends.at(*own)

    def cell(*at: Any) -> Expr:
        *coords, i = at
        place = as_expr(i) - end(coords)
        return Select(place < 0, byte_at(a, coords, i), byte_at(b, coords, place))

    info = OpInfo(OpKind.STENCIL, (a, b, ends), requires=requires)
    size = plus(a.shape[-1], b.shape[-1])
    return computed(name, BYTE, (*shape, size), cell, info)


def cased(name: str, x: Tensor, upper: bool) -> Tensor:
    """Return strings with their ASCII letters in upper or lower case."""
    first, last = (ord(c) for c in ("az" if upper else "AZ"))

    def cell(*at: Any) -> Expr:
        v = x.at(*at)
        letter = (v >= const(BYTE, first)) & (v <= const(BYTE, last))
        return Select(letter, v ^ const(BYTE, 0x20), v)

    return computed(name, BYTE, x.shape, cell, OpInfo(OpKind.ELEMENTWISE, (x,)))


def label_places(name: str, x: Tensor, keys: Tensor) -> Tensor:
    """Return which of `keys` (keys, bytes) each string is first equal to, their number if none."""
    count = keys.shape[0]
    coords = axis_vars(x.rank)  # the keys last
    same = Func(f"{name}_same")
    target = tuple(reversed(coords))
    same[target] = i32(1)
    r = RDom([(0, greatest(x.shape[-1], keys.shape[-1]))])
    equal = eq(byte_at(x, coords[:-1], r[0]), byte_at(keys, coords[-1:], r[0]))
    same[target] = Select(equal, call(same, *coords), i32(0))
    info = OpInfo(OpKind.REDUCE, (x, keys), {"acc": same})
    shape = (*x.shape[:-1], count)
    flags = computed(f"{name}_flags", Int(32), shape, lambda *at: call(same, *at), info)
    outer = axis_vars(x.rank - 1)
    acc = Func(f"{name}_acc")
    acc[tuple(reversed(outer))] = cast_to(Int(32), count)
    k = RDom([(0, count)])
    here = Select(flags.at(*outer, k[0]) > 0, as_expr(k[0]), count)
    acc[tuple(reversed(outer))] = Min(call(acc, *outer), here)
    op = OpInfo(OpKind.REDUCE, (flags,), {"acc": acc})
    return computed(name, Int(32), x.shape[:-1], lambda *at: call(acc, *at), op)


def accepted(name: str, x: Tensor, table: Tensor, accepts: Tensor) -> Tensor:
    """Return which strings an automaton accepts.

    `table` (states * 256) has the next state for a state and a byte, 0 is the first; ``acc`` is the
    state, its RDom runs over the bytes.
    """
    coords = axis_vars(x.rank - 1)
    acc = Func(f"{name}_acc")
    target = tuple(reversed(coords))
    acc[target] = i32(0)
    r = RDom([(0, x.shape[-1])])
    byte, now = x.at(*coords, r[0]), call(acc, *coords)
    place = now * 256 + cast_to(Int(32), byte)
    following = table.at(clamp(place, 0, minus(table.shape[0], 1)))
    acc[target] = Select(byte > const(BYTE, 0), following, now)

    def cell(*at: Any) -> Expr:
        return accepts.at(clamp(call(acc, *at), 0, minus(accepts.shape[0], 1)))

    info = OpInfo(OpKind.REDUCE, (x, table, accepts), {"acc": acc})
    return computed(name, Bool(), x.shape[:-1], cell, info)


WHITE = b" \t\n\v\f\r"


class _Scan(NamedTuple):
    """What is known before a byte.

    The number of the token, its bytes so far, where text goes on behind a delimiter, and the token
    of the byte before, -1 if it was in none.
    """

    token: Expr
    place: Expr
    resume: Expr
    last: Expr


def _behind_delimiter(
    before: _Scan, at: Expr, here: Sequence[Expr], delimiter: bytes, limit: Expr
) -> _Scan:
    """Return what is known behind byte `at`; `here` are it and the following bytes."""
    hits = [eq(byte, const(BYTE, code)) for byte, code in zip(here, delimiter, strict=True)]
    found = reduce(and_, hits) & (at >= before.resume) & (before.token < limit)
    emitted = (here[0] > const(BYTE, 0)) & Select(found, FALSE, at >= before.resume)
    return _Scan(
        Select(found, before.token + 1, before.token),
        Select(found, i32(0), Select(emitted, before.place + 1, before.place)),
        Select(found, at + len(delimiter), before.resume),
        Select(emitted, before.token, i32(-1)),
    )


def _behind_white_space(before: _Scan, here: Expr, limit: Expr) -> _Scan:
    """Return what is known behind byte `here`, where runs of white space separate."""
    white = reduce(or_, [eq(here, const(BYTE, code)) for code in WHITE])
    inside = before.last >= 0
    # The last token takes all that follows, white space and all.
    kept = inside & (before.token >= limit)
    emitted = (here > const(BYTE, 0)) & (kept | Not(white))
    begins = emitted & Not(inside)
    number = Select(begins, before.token + 1, before.token)
    return _Scan(
        number,
        Select(begins, i32(1), Select(emitted, before.place + 1, before.place)),
        before.resume,
        Select(emitted, number, i32(-1)),
    )


def split_tokens(name: str, x: Tensor, delimiter: bytes, most: int | None) -> tuple[Tensor, Tensor]:
    """Return for each byte of strings its token and its place there, and how many tokens are.

    The first tensor has, along a last axis of 3, the token (-1: the byte is in none), the place
    in it, and behind each string in its first number the number of tokens. Without `delimiter` any
    run of white space separates, else each occurrence; no more than `most` times.
    """
    outer = axis_vars(x.rank)[:-1]
    i = axis_vars(x.rank)[-1]
    acc = Func(f"{name}_acc")
    target = tuple(reversed((*outer, i)))
    begin = i32(-1) if not delimiter else i32(0)
    acc[target] = Tuple(begin, i32(0), i32(0), i32(-1))
    r = RDom([(0, x.shape[-1])])
    at = as_expr(r[0])
    now = acc[tuple(reversed((*outer, at)))]
    before = _Scan(*(as_expr(now[k]) for k in range(4)))
    limit = i32((1 << 30) if most is None else most)
    if delimiter:
        bytes_here = [byte_at(x, outer, at + k) for k in range(len(delimiter))]
        after = _behind_delimiter(before, at, bytes_here, delimiter, limit)
    else:
        after = _behind_white_space(before, byte_at(x, outer, at), limit)
    acc[tuple(reversed((*outer, at + 1)))] = Tuple(*after)

    def cell(*coords: Any) -> Expr:
        *where, k, which = coords
        after = acc[tuple(reversed((*where, as_expr(k) + 1)))]
        number, size, token = (as_expr(after[n]) for n in (0, 1, 3))
        return Select(eq(which, 0), token, Select(eq(which, 1), size - 1, number + 1))

    shape = (*x.shape, as_expr(3))
    info = OpInfo(OpKind.SCAN, (x,), {"acc": acc})
    state = computed(f"{name}_state", Int(32), shape, cell, info)
    last = minus(x.shape[-1], 1)

    def total(*where: Any) -> Expr:
        return state.at(*where, clamp(last, 0, last), 2)

    op = OpInfo(OpKind.TABLE, (state,))
    return state, computed(f"{name}_count", Int(32), x.shape[:-1], total, op)


def tokens(name: str, x: Tensor, state: Tensor, count: Expr) -> Tensor:
    """Return the tokens that `split_tokens` found, `count` for each string, as strings."""
    outer = axis_vars(x.rank + 1)[:-2]
    t, i = axis_vars(x.rank + 1)[-2:]
    acc = Func(f"{name}_acc")
    acc[tuple(reversed((*outer, t, i)))] = const(BYTE, 0)
    r = RDom([(0, x.shape[-1])])
    token, place = state.at(*outer, r[0], 0), state.at(*outer, r[0], 1)
    r.where(token >= 0)
    held = clamp(token, 0, Max(count - 1, i32(0)))
    inside = clamp(place, 0, minus(x.shape[-1], 1))
    acc[tuple(reversed((*outer, held, inside)))] = x.at(*outer, r[0])
    shape = (*x.shape[:-1], count, x.shape[-1])
    info = OpInfo(OpKind.SCATTER, (x, state), {"acc": acc})
    return computed(name, BYTE, shape, lambda *at: call(acc, *at), info)
