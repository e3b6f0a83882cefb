"""Operators of the domain ai.onnx.ml on maps: keys and the values that belong to them."""

from __future__ import annotations

import numpy as np

from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Float, Int
from halo.ops import entries, text
from halo.ops.build import constant
from halo.ops.elementwise import elementwise
from halo.ops.index import index
from halo.ops.tensor import Tensor
from halo.ops.views import unsqueeze, view
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.element_types import text_constant
from onnx_frontend.nodes.class_labels import class_labels
from onnx_frontend.nodes.machine_learning import DOMAIN, samples
from onnx_frontend.registry import operator
from onnx_frontend.values import Maps, Text, Value


def _map(node: NodeContext, value: Value) -> Maps:
    if not isinstance(value, Maps) or value.many:
        node.fail("its operand is no map")
    return value


def _codes(value: Tensor | Text) -> Tensor:
    return value.codes if isinstance(value, Text) else value


@operator("ZipMap", since=1, domain=DOMAIN)
def zip_map(node: NodeContext, x: Tensor) -> Value:
    """A map for each row: from labels to the cells below them."""
    labels = class_labels(node, "classlabels_int64s")
    rows = samples(node, x)
    name = node.inner("keys")
    strings = labels.dtype == object
    keys = Text(text_constant(name, labels)) if strings else constant(name, labels)
    needs = unequal(node, [(rows.shape[1], index(len(labels)))])
    cells = view(node.output(), rows.shape, rows.at, rows, what="identity", requires=needs)
    return Maps(keys, cells, many=True)


@operator("DictVectorizer", since=1, domain=DOMAIN, values=True, codes=True)
def vectorize(node: NodeContext, x: Value) -> Value:
    """The values of a map in the order of a vocabulary, 0 or "" where there is none."""
    own = _map(node, x)
    words, numbers = node.texts("string_vocabulary", []), node.integers("int64_vocabulary", [])
    if isinstance(own.keys, Text) != bool(words) or not (words or numbers):
        node.fail("its vocabulary is not of the type of the keys")
    name = node.inner("places")
    if isinstance(own.keys, Text):
        wanted = text_constant(node.inner("vocabulary"), np.array(words, object))
        places = text.label_places(name, wanted, own.keys.codes)
    else:
        table = constant(node.inner("vocabulary"), np.array(numbers, np.int64))
        table.content = None
        places = entries.places_of(name, table, own.keys)
    return _row(node, own.values, places)


def _row(node: NodeContext, values: Tensor | Text, places: Tensor) -> Value:
    """Return values at places as a matrix of one row."""
    found = entries.picked(node.inner("found"), _codes(values), places)
    made = unsqueeze(node.output(), found, [0])
    return Text(made) if isinstance(values, Text) else made


_CASTS = {"TO_FLOAT": Float(32), "TO_INT64": Int(64), "TO_STRING": None}


@operator("CastMap", since=1, domain=DOMAIN, values=True, codes=True)
def cast_map(node: NodeContext, x: Value) -> Value:
    """The values of a map in the order of its keys, or each at the place that its key says."""
    own = _map(node, x)
    to, form = node.text("cast_to", "TO_FLOAT"), node.text("map_form", "DENSE")
    if to not in _CASTS or form not in ("DENSE", "SPARSE"):
        node.fail(f"cast_to {to!r} and map_form {form!r}")
    if isinstance(own.keys, Text):
        node.fail("its keys are strings")
    type = _CASTS[to]
    if isinstance(own.values, Text) != (type is None):
        node.unsupported("values of strings to be cast to strings, or of numbers to numbers")
    values = own.values
    if isinstance(values, Tensor) and type is not None:
        values = elementwise(node.inner("cast"), lambda v: cast_to(type, v), values, type=type)
    if form == "DENSE":
        order = entries.ranks(node.inner("ranks"), own.keys)
        numbers = view(node.inner("numbers"), own.keys.shape, as_expr, order, what="numbers")
        places = entries.places_of(node.inner("places"), numbers, order)
    else:
        if type is None:
            node.unsupported("map_form DENSE of strings")
        table = constant(node.inner("numbers"), np.arange(node.integer("max_map", 1)))
        table.content = None
        places = entries.places_of(node.inner("places"), table, own.keys)
    return _row(node, values, places)
