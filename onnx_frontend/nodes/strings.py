"""Operators on strings."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.ir.expr import Expr, Max, Select, const, i32
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Bool, Int
from halo.lang.operators import clamp
from halo.ops import text
from halo.ops.build import computed, constant
from halo.ops.elementwise import elementwise
from halo.ops.index import ONE, ZERO, choose, known, less, minus, product
from halo.ops.reduce import reduce
from halo.ops.reshape import reshape
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import unsqueeze, view
from onnx_frontend.context import NodeContext
from onnx_frontend.element_types import text_constant
from onnx_frontend.nodes.logic import compare_equal
from onnx_frontend.nodes.select import chosen
from onnx_frontend.registry import operator
from onnx_frontend.regular_expressions import automaton
from onnx_frontend.values import Text, Value


def _text(node: NodeContext, value: Value) -> Tensor:
    if not isinstance(value, Text):
        node.fail("its operand is no string")
    return value.codes


@operator("Equal", since=19, values=True, codes=True)
def equal(node: NodeContext, a: Value, b: Value) -> Tensor:
    """Whether cells, or strings, are equal."""
    if isinstance(a, Text) or isinstance(b, Text):
        return text.equal(node.output(), _text(node, a), _text(node, b))
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        node.fail("one of its operands is not a tensor")
    if a.encoding or b.encoding:
        node.unsupported(f"elements of type {a.encoding or b.encoding}")
    return compare_equal(node, a, b)


@operator("StringConcat", since=20, values=True, codes=True)
def concat(node: NodeContext, a: Value, b: Value) -> Value:
    """Strings with others behind them."""
    return Text(text.joined(node.output(), _text(node, a), _text(node, b)))


@operator("StringNormalizer", since=10, values=True, codes=True)
def normalize(node: NodeContext, x: Value) -> Value:
    """Strings without those of a list, in upper or lower case."""
    codes = _text(node, x)
    if codes.rank not in (2, 3) or (codes.rank == 3 and known(codes.shape[0]) != 1):
        node.fail("its strings are no vector, nor a matrix of one row")
    action = node.text("case_change_action", "NONE")
    if action not in ("NONE", "LOWER", "UPPER"):
        node.fail(f"case_change_action {action!r}")
    row = reshape(node.inner("row"), codes, codes.shape[-2:])
    stopwords = node.texts("stopwords", [])
    sensitive = node.flag("is_case_sensitive")
    if action != "NONE" or (stopwords and not sensitive):
        row = _only_ascii(node, row)
    kept = _without(node, row, stopwords, sensitive) if stopwords else row
    if action != "NONE":
        kept = text.cased(node.inner("cased"), kept, action == "UPPER")
    if codes.rank == 3:
        return Text(unsqueeze(node.output(), kept, [0]))
    return Text(view(node.output(), kept.shape, kept.at, kept, what="identity"))


def _only_ascii(node: NodeContext, x: Tensor) -> Tensor:
    """Return `x`; that it has no other bytes is required when the model runs."""
    flags = elementwise(
        node.inner("wide"), lambda v: cast_to(Int(32), v >= const(v.type, 128)), x, type=Int(32)
    )
    found = reduce(node.inner("others"), flags, "max", [0, 1], keep_axes=False)
    others = choose(less(0, node.scalar(found, "a flag")), ONE, ZERO)
    return view(node.inner("ascii"), x.shape, x.at, x, what="identity", requires=((others, ZERO),))


def _without(node: NodeContext, x: Tensor, words: list[str], sensitive: bool) -> Tensor:
    """Return the strings of `x` that are none of `words`; one that is empty if none are left."""
    if not sensitive and not all(w.isascii() for w in words):
        node.unsupported("stopwords of ASCII letters, where case does not count")
    own = x if sensitive else text.cased(node.inner("lower"), x, upper=False)
    keys = text_constant(
        node.inner("words"), np.array([w if sensitive else w.lower() for w in words], object)
    )
    places = text.label_places(node.inner("found"), own, keys)
    flags = elementwise(node.inner("kept"), lambda p: p >= len(words), places, type=Bool())
    hits = chosen(node, flags, "hit")
    count = hits.shape[0]
    last = minus(x.shape[0], 1)

    def cell(i: Any, k: Any) -> Expr:
        place = hits.at(clamp(i, 0, Max(count - 1, i32(0))))
        value = x.at(clamp(place, 0, last), k)
        return Select(as_expr(i) < count, value, const(text.BYTE, 0))

    shape = (choose(less(count, 1), ONE, count), x.shape[1])
    return computed(node.inner("left"), text.BYTE, shape, cell, OpInfo(OpKind.STENCIL, (x, hits)))


@operator("StringSplit", since=20, values=True, codes=True)
def split(node: NodeContext, x: Value) -> tuple[Value, ...]:
    """The parts of strings between delimiters, or white space, and how many there are."""
    codes = _text(node, x)
    most = node.integer("maxsplit") if node.has("maxsplit") else None
    delimiter = node.text("delimiter", "").encode()
    if not delimiter:
        codes = _only_ascii_rows(node, codes)
    state, counts = text.split_tokens(node.inner("split"), codes, delimiter, most)
    flat = reshape(node.inner("flat"), counts, (product(counts.shape),))
    nonnegative = elementwise(node.inner("some"), lambda v: Max(v, i32(0)), flat)
    top = reduce(node.inner("most"), nonnegative, "max", [0], keep_axes=False)
    size = node.scalar(top, "a number of parts")
    held = size if known(product(counts.shape)) != 0 else ZERO
    parts = Text(text.tokens(node.output(0), codes, state, choose(less(held, 0), ZERO, held)))
    wide = elementwise(node.output(1), lambda v: cast_to(Int(64), v), counts, type=Int(64))
    return (parts, wide)[: node.outputs]


def _only_ascii_rows(node: NodeContext, x: Tensor) -> Tensor:
    """Return `x`: what is white space beyond ASCII is not known here."""
    rows = reshape(node.inner("rows"), x, (product(x.shape[:-1]), x.shape[-1]))
    return reshape(node.inner("back"), _only_ascii(node, rows), x.shape)


@operator("RegexFullMatch", since=20, values=True, codes=True)
def match(node: NodeContext, x: Value) -> Tensor:
    """Whether whole strings match a regular expression."""
    codes = _text(node, x)
    rows, ends = automaton(node.text("pattern"))
    table = constant(node.inner("table"), rows.reshape(-1))
    accepts = constant(node.inner("accepts"), ends)
    for made in (table, accepts):
        made.content = None
    return text.accepted(node.output(), codes, table, accepts)
