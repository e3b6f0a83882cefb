"""What a compiled model accepts: names, types, ranks and extents, with messages that help."""

from __future__ import annotations

import json

import numpy as np
import pytest

from halo.errors import BufferError
from halo.ir.types import Float
from onnx_frontend.signature import Port, Signature

SIGNATURE = Signature(
    "net",
    (
        Port("x", "x", Float(32), ("N", 3, "W")),
        Port("y.0", "y_0", Float(32), ("N", ["*", "W", 2])),
    ),
    (Port("out", "out", Float(32), ("N", ["/", ["+", "W", 1], 2])),),
    ("N", "W"),
)


def arrays(n: int = 2, w: int = 5) -> dict[str, np.ndarray]:
    return {"x": np.zeros((n, 3, w), np.float32), "y.0": np.zeros((n, 2 * w), np.float32)}


def test_a_signature_survives_json() -> None:
    data = json.loads(json.dumps(SIGNATURE.to_data()))
    again = Signature.from_data(data)
    assert again.to_data() == SIGNATURE.to_data()


def test_output_shapes_follow_from_the_inputs() -> None:
    symbols = SIGNATURE.bind(SIGNATURE.prepare(arrays(4, 7)))
    assert symbols == {"N": 4, "W": 7}
    assert SIGNATURE.output_shapes(symbols) == [(4, 4)]


def test_a_missing_input_is_named() -> None:
    with pytest.raises(BufferError, match=r"input 'y\.0' is missing"):
        SIGNATURE.prepare({"x": arrays()["x"]})


def test_an_unknown_input_is_named() -> None:
    with pytest.raises(BufferError, match="'z' is not an input"):
        SIGNATURE.prepare({**arrays(), "z": np.zeros(1)})


def test_a_wrong_element_type_names_input_and_both_types() -> None:
    with pytest.raises(BufferError, match=r"input 'x': got elements of type float64.*float32"):
        SIGNATURE.prepare({**arrays(), "x": np.zeros((2, 3, 5))})


def test_a_wrong_rank_names_the_input() -> None:
    with pytest.raises(BufferError, match=r"input 'x': got 2 dimensions"):
        SIGNATURE.prepare({**arrays(), "x": np.zeros((2, 3), np.float32)})


def test_a_wrong_extent_names_input_and_axis() -> None:
    given = {**arrays(), "x": np.zeros((2, 4, 5), np.float32)}
    with pytest.raises(BufferError, match="input 'x' dim 1: got 4, expected 3"):
        SIGNATURE.bind(SIGNATURE.prepare(given))


def test_a_symbol_that_differs_says_where_it_comes_from() -> None:
    given = {**arrays(), "y.0": np.zeros((3, 10), np.float32)}
    with pytest.raises(
        BufferError, match=r"'y\.0' dim 0: got 3, expected 2, as in input 'x' dim 0"
    ):
        SIGNATURE.bind(SIGNATURE.prepare(given))


def test_an_axis_may_be_empty() -> None:
    symbols = SIGNATURE.bind(SIGNATURE.prepare(arrays(0)))
    assert 0 in symbols.values()


def test_arrays_with_other_strides_are_made_contiguous() -> None:
    x = np.zeros((5, 3, 2), np.float32).transpose(2, 1, 0)
    assert SIGNATURE.prepare({**arrays(), "x": x})[0].flags.c_contiguous
