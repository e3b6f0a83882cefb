"""Operators of the domain ai.onnx.ml that put numbers or strings in the place of others."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.ir.expr import Expr, Select, const, i32
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import cast_to, eq
from halo.ir.types import Float, Int
from halo.ops import text
from halo.ops.build import constant
from halo.ops.elementwise import elementwise
from halo.ops.gather import gather
from halo.ops.index import ONE, ZERO, choose, index, less, minus
from halo.ops.reduce import reduce
from halo.ops.tensor import Array, Tensor
from halo.ops.views import unsqueeze, view
from onnx_frontend.context import NodeContext
from onnx_frontend.element_types import text_constant
from onnx_frontend.nodes.machine_learning import DOMAIN
from onnx_frontend.registry import operator
from onnx_frontend.values import Text, Value


def looked_up(node: NodeContext, places: Tensor, values: Array, number: int = 0) -> Value:
    """Return output `number`: those of `values`, numbers or strings, that stand at `places`."""
    name, role = node.output(number), node.inner("values")
    if values.dtype == object:
        return Text(gather(name, text_constant(role, values), places, 0))
    table = constant(role, values)
    table.content = None
    return gather(name, table, places, 0)


@operator("LabelEncoder", since=2, domain=DOMAIN, values=True, codes=True)
def encode_labels(node: NodeContext, x: Value) -> Value:
    """For each cell or string the value that belongs to it among keys, else a default."""
    keys, values = _listed(node, "keys"), _listed(node, "values")
    if len(keys) != len(values):
        node.fail(f"it has {len(keys)} keys and {len(values)} values")
    return looked_up(node, places_among(node, x, keys), np.append(values, _default(node, values)))


def places_among(node: NodeContext, x: Value, keys: Array) -> Tensor:
    """Return which of `keys` each cell or string is first equal to (int32), their number if none.

    Raises
    ------
    ModelError
        Some are strings and some are not.
    """
    if isinstance(x, Text) != (keys.dtype == object):
        node.fail(f"its keys are of type {keys.dtype}, other than its input")
    if isinstance(x, Text):
        own = text_constant(node.inner("keys"), keys)
        return text.label_places(node.inner("places"), x.codes, own)
    if not isinstance(x, Tensor):
        node.fail("its operand is no tensor")
    return _number_places(node, x, keys)


def _number_places(node: NodeContext, x: Tensor, keys: Array) -> Tensor:
    """Return which of `keys` each cell is first equal to, their number if none."""

    def cell(v: Expr) -> Expr:
        place: Expr = i32(len(keys))
        for i in range(len(keys) - 1, -1, -1):
            key = keys[i].item()
            hit = intrinsic("is_nan", v) if key != key else eq(v, const(v.type, key))
            place = Select(hit, i32(i), place)
        return place

    return elementwise(node.inner("places"), cell, x, type=Int(32))


_LISTS = {"strings": object, "int64s": np.int64, "floats": np.float32}


def _listed(node: NodeContext, role: str) -> Array:
    """Return the keys or the values, of whatever type they are given."""
    if node.has(f"{role}_tensor"):
        return node.array(f"{role}_tensor").reshape(-1)
    for kind, dtype in _LISTS.items():
        if node.has(f"{role}_{kind}"):
            return np.array(node.node.attributes[f"{role}_{kind}"], dtype)
    node.fail(f"it has no {role}")


def _default(node: NodeContext, values: Array) -> Any:
    if node.has("default_tensor"):
        return node.array("default_tensor").reshape(-1)[:1].astype(values.dtype)
    if values.dtype == object:
        return np.array([node.text("default_string", "_Unused")], object)
    if values.dtype.kind == "f":
        return np.array([node.number("default_float", -0.0)], values.dtype)
    return np.array([node.integer("default_int64", -1)], values.dtype)


@operator("CategoryMapper", since=1, domain=DOMAIN, values=True, codes=True)
def map_categories(node: NodeContext, x: Value) -> Value:
    """The number of each string, or the string of each number, else a default."""
    numbers = np.array(node.integers("cats_int64s", []), np.int64)
    words = np.array(node.texts("cats_strings", []), object)
    if len(numbers) != len(words):
        node.fail(f"it has {len(numbers)} cats_int64s and {len(words)} cats_strings")
    if isinstance(x, Text):
        table = np.append(numbers, np.int64(node.integer("default_int64", -1)))
        return looked_up(node, places_among(node, x, words), table)
    default = np.array([node.text("default_string", "_Unused")], object)
    return looked_up(node, places_among(node, x, numbers), np.append(words, default))


@operator("OneHotEncoder", since=1, domain=DOMAIN, values=True, codes=True)
def encode_one_hot(node: NodeContext, x: Value) -> Tensor:
    """A 1 at the place of each cell or string among categories, and zeros."""
    if node.has("cats_strings"):
        keys = np.array(node.texts("cats_strings"), object)
    else:
        keys = np.array(node.integers("cats_int64s", []), np.int64)
    if not keys.size:
        node.fail("it has no categories")
    if isinstance(x, Tensor):
        x = elementwise(node.inner("whole"), lambda v: cast_to(Int(64), v), x, type=Int(64))
    places = places_among(node, x, keys)
    if not node.flag("zeros", True):
        places = _all_known(node, places, len(keys))
    last = unsqueeze(node.inner("last"), places, [-1])
    numbers = constant(node.inner("numbers"), np.arange(len(keys), dtype=np.int32))
    numbers.content = None
    return elementwise(
        node.output(), lambda p, k: cast_to(Float(32), eq(p, k)), last, numbers, type=Float(32)
    )


def _all_known(node: NodeContext, places: Tensor, count: int) -> Tensor:
    """Return `places`; that all are places of categories is required when the model runs."""
    least = reduce(node.inner("most"), places, "max", range(places.rank), keep_axes=False)
    unknown = choose(less(minus(index(count), 1), node.scalar(least, "a place")), ONE, ZERO)
    return view(
        node.inner("known"),
        places.shape,
        places.at,
        places,
        what="identity",
        requires=((unknown, ZERO),),
    )
