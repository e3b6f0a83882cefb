"""Strings that operators move: what stands in each cell afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from onnx_frontend import UnsupportedOp, backend

Array = np.ndarray[Any, Any]
WORDS = np.array([["a", "", "grün"], ["dd", "e e", "f" * 9]], object)
MORE = np.array([["x", "yy", "z"]], object)


def ints(*values: int) -> Array:
    return np.array(values, np.int64)


def model_of(
    op: str, inputs: list[Array], outputs: int, open_sizes: bool, **attributes: Any
) -> Any:
    def port(name: str, x: Array) -> onnx.ValueInfoProto:
        text = x.dtype == object
        type = TensorProto.STRING if text else helper.np_dtype_to_tensor_dtype(x.dtype)
        # A size that is open stands for one that is not stretched.
        is_open = open_sizes and text
        dims = [f"{name}_{a}" if is_open and d != 1 else d for a, d in enumerate(x.shape)]
        return helper.make_tensor_value_info(name, type, dims)

    names, results = [f"x{i}" for i in range(len(inputs))], [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, results, **attributes)
    graph = helper.make_graph(
        [node],
        "words",
        [port(n, x) for n, x in zip(names, inputs, strict=True)],
        [helper.make_tensor_value_info(r, TensorProto.UNDEFINED, None) for r in results],
    )
    versions = [helper.make_opsetid("", 20)]
    return helper.make_model(graph, opset_imports=versions, ir_version=9)


def check(op: str, *inputs: Array, want: list[Any], **attributes: Any) -> None:
    for open_sizes in (False, True):
        model = model_of(op, list(inputs), len(want), open_sizes, **attributes)
        made = backend.prepare(model).run(list(inputs))
        for got, expected in zip(made, want, strict=True):
            assert got.shape == np.shape(expected)
            assert got.tolist() == np.asarray(expected).tolist()


def test_shapes_of_strings_change() -> None:
    check("Reshape", WORDS, ints(3, -1), want=[WORDS.reshape(3, 2)])
    check("Transpose", WORDS, want=[WORDS.T])
    check("Flatten", WORDS, axis=0, want=[WORDS.reshape(1, 6)])
    check("Unsqueeze", WORDS, ints(1), want=[WORDS[:, None]])
    check("Squeeze", MORE, ints(0), want=[MORE[0]])
    check("Expand", MORE, ints(2, 3), want=[np.broadcast_to(MORE, (2, 3))])
    check("Tile", WORDS, ints(2, 2), want=[np.tile(WORDS, (2, 2))])


def test_strings_are_picked() -> None:
    check("Gather", WORDS, ints(1, -1, 0), axis=0, want=[WORDS[[1, -1, 0]]])
    index = np.array([[2, 0], [1, 1]], np.int64)
    check("GatherElements", WORDS, index, axis=1, want=[np.take_along_axis(WORDS, index, 1)])
    check("GatherND", WORDS, np.array([[0, 2], [1, 0]], np.int64), want=[["grün", "dd"]])
    check("Slice", WORDS, ints(2), ints(-9), ints(1), ints(-1), want=[WORDS[:, ::-1]])
    check("Split", WORDS, axis=1, num_outputs=2, want=[WORDS[:, :2], WORDS[:, 2:]])
    flags = np.array([True, False, True])
    check("Compress", WORDS, flags, axis=1, want=[WORDS[:, [0, 2]]])


def test_several_tensors_of_strings_become_one() -> None:
    check("Concat", WORDS, MORE, WORDS, axis=0, want=[np.concatenate([WORDS, MORE, WORDS])])
    flags = np.array([[True, False, True], [False, False, True]])
    check("Where", flags, WORDS, MORE, want=[np.where(flags, WORDS, MORE)])
    scattered = WORDS.copy()
    scattered[0, 1], scattered[1, 2] = "new", "other"
    updates = np.array([["new"], ["other"]], object)
    check("ScatterElements", WORDS, np.int64([[1], [2]]), updates, axis=1, want=[scattered])
    check("ScatterND", WORDS, np.int64([[0, 1], [1, 2]]), updates[:, 0], want=[scattered])


def test_what_is_padded_is_empty_or_what_is_given() -> None:
    padded = np.full((2, 5), "", object)
    padded[:, 1:4] = WORDS
    check("Pad", WORDS, ints(0, 1, 0, 1), want=[padded])
    padded[:, 0] = padded[:, 4] = "long word"
    check("Pad", WORDS, ints(0, 1, 0, 1), np.array("long word", object), want=[padded])


def test_sizes_of_strings_are_those_of_cells() -> None:
    check("Shape", WORDS, want=[[2, 3]])
    check("Size", WORDS, want=[6])
    check(
        "OneHot",
        ints(1, 0),
        np.int64(2),
        np.array(["off", "on!"], object),
        want=[[["off", "on!"], ["on!", "off"]]],
    )


def test_strings_without_cells_are_moved() -> None:
    none = np.zeros((0, 3), object)
    model = model_of("Concat", [none, MORE], 1, True, axis=0)
    assert backend.prepare(model).run([none, MORE])[0].tolist() == MORE.tolist()


def test_what_does_more_than_to_move_strings_is_refused() -> None:
    with pytest.raises(UnsupportedOp, match="no strings"):
        backend.prepare(model_of("Unique", [WORDS], 1, False))
