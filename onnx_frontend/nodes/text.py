"""TfIdfVectorizer: how often n-grams occur."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Float, Int
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed, constant
from halo.ops.index import index, minus
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import squeeze, unsqueeze
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("TfIdfVectorizer", since=9)
def count_ngrams(node: NodeContext, x: Tensor) -> Tensor:
    """How often each n-gram of a pool stands in a row, its items up to some skips apart."""
    if x.rank not in (1, 2):
        node.fail(f"its input has {x.rank} axes, not 1 or 2")
    rows = x if x.rank == 2 else unsqueeze(node.inner("rows"), x, [0])
    grams, columns = _pool(node)
    name = node.output() if x.rank == 2 else node.inner("weighted")
    counts = _counts(node, name, rows, grams, columns)
    return counts if x.rank == 2 else squeeze(node.output(), counts, [0])


def _pool(node: NodeContext) -> tuple[list[list[int]], list[int]]:
    """Return the n-grams that are looked for and the column that each counts in."""
    if node.has("pool_strings"):
        node.unsupported("a pool of integers")
    pool, starts = node.integers("pool_int64s"), node.integers("ngram_counts")
    columns = node.integers("ngram_indexes")
    low, high = node.integer("min_gram_length"), node.integer("max_gram_length")
    grams: list[list[int]] = []
    kept: list[int] = []
    number = 0
    for i, start in enumerate(starts):
        size, end = i + 1, starts[i + 1] if i + 1 < len(starts) else len(pool)
        for first in range(start, end - size + 1, size):
            if number >= len(columns):
                node.fail(f"its pool has more n-grams than the {len(columns)} ngram_indexes")
            if low <= size <= high:
                grams.append(pool[first : first + size])
                kept.append(columns[number])
            number += 1
    return grams, kept


def _counts(
    node: NodeContext, name: str, x: Tensor, grams: list[list[int]], columns: list[int]
) -> Tensor:
    """Return the weighted counts of each row of `x` as the tensor `name`."""
    width = max(node.integers("ngram_indexes")) + 1
    longest = max((len(g) for g in grams), default=1)
    table = np.zeros((max(len(grams), 1), longest), np.int64)
    sizes = np.zeros(max(len(grams), 1), np.int32)
    for i, gram in enumerate(grams):
        table[i, : len(gram)], sizes[i] = gram, len(gram)
    pool = constant(node.inner("pool"), table)
    pool.content = None
    lengths = constant(node.inner("lengths"), sizes)
    lengths.content = None
    skips = node.integer("max_skip_count") + 1
    n, g = axis_vars(2)
    acc = Func(node.inner("acc"))
    acc[(g, n)] = const(Int(32), 0)
    cells = x.shape[1]
    r = RDom([(0, cells), (1, skips)])
    start, step, length = as_expr(r[0]), as_expr(r[1]), lengths.at(g)
    # An item by itself is counted once, however many skips there are.
    found = (start + (length - 1) * step < cells) & ((length > 1) | eq(step, 1))
    for k in range(longest):
        place = clamp(start + k * step, 0, minus(cells, 1))
        item = cast_to(Int(64), x.at(n, place))
        found = found & (eq(item, pool.at(g, k)) | (length <= k))
    acc[(g, n)] += cast_to(Int(32), found & (length > 0))
    info = OpInfo(OpKind.REDUCE, (x, pool, lengths), {"acc": acc})
    shape = (x.shape[0], index(table.shape[0]))
    counted = computed(node.inner("counted"), Int(32), shape, lambda *at: call(acc, *at), info)
    return _weighted(node, name, counted, columns, width)


def _weighted(
    node: NodeContext, name: str, counted: Tensor, columns: list[int], width: int
) -> Tensor:
    mode = node.text("mode")
    if mode not in ("TF", "IDF", "TFIDF"):
        node.fail(f"mode {mode!r}", hint="it is TF, IDF or TFIDF")
    given = node.numbers("weights", [1.0] * width)
    weights = [1.0] * width if mode == "TF" else [*given, *[1.0] * (width - len(given))][:width]
    factors = constant(node.inner("weights"), np.array(weights, np.float32))
    into = np.full(width, -1, np.int32)
    for number, column in enumerate(columns):
        if into[column] >= 0:
            node.unsupported("ngram_indexes of which no two are equal")
        into[column] = number
    which = constant(node.inner("which"), into)
    which.content = None
    last = minus(counted.shape[1], 1)

    def cell(n: Any, column: Any) -> Expr:
        number = which.at(column)
        count = cast_to(Float(32), counted.at(n, clamp(number, 0, last)))
        if mode == "IDF":
            count = Select(count > 0, const(Float(32), 1), const(Float(32), 0))
        value = count * factors.at(column)
        return Select(number >= 0, value, const(Float(32), 0))

    info = OpInfo(OpKind.STENCIL, (counted, which, factors))
    return computed(name, Float(32), (counted.shape[0], index(width)), cell, info)
