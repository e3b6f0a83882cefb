"""Operators on strings, and strings as inputs and outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from halo.errors import BufferError
from onnx_frontend import ModelError, backend

Array = np.ndarray[Any, Any]
ML = "ai.onnx.ml"


def strings(*values: Any) -> Array:
    return np.array(values, object)


def run(
    op: str,
    *inputs: Array,
    outputs: int = 1,
    domain: str = "",
    version: int = 20,
    symbolic: bool = True,
    **attributes: Any,
) -> list[Array]:
    """Run a node, its sizes known and as symbols if so told; the results must be the same."""
    names, results = [f"x{i}" for i in range(len(inputs))], [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, results, domain=domain, **attributes)
    made: list[Array] = []
    for unknown in (False, True) if symbolic else (False,):
        values = [
            helper.make_tensor_value_info(
                name,
                TensorProto.STRING
                if x.dtype == object
                else helper.np_dtype_to_tensor_dtype(x.dtype),
                [None if unknown and d > 1 else d for d in x.shape],
            )
            for name, x in zip(names, inputs, strict=True)
        ]
        found = [helper.make_tensor_value_info(r, TensorProto.UNDEFINED, None) for r in results]
        graph = helper.make_graph([node], "words", values, found)
        versions = [helper.make_opsetid(domain, version)]
        model = helper.make_model(graph, opset_imports=versions)
        before = made
        made = list(backend.prepare(model).run(list(inputs)))
        for a, b in zip(before, made, strict=False):
            np.testing.assert_array_equal(a, b)
    return made


def same(made: Array, want: Any, dtype: Any = object) -> None:
    expected = np.array(want, dtype)
    assert made.dtype == expected.dtype
    assert made.shape == expected.shape
    np.testing.assert_array_equal(made, expected)


WORDS = strings("", "a", "the word", "的中", "tail ")


def test_strings_are_equal_or_not() -> None:
    same(run("Equal", WORDS, WORDS)[0], [True] * 5, bool)
    other = strings("", "ab", "the word", "的", "tail")
    same(run("Equal", WORDS, other)[0], [True, False, True, False, False], bool)
    same(run("Equal", WORDS, strings("a"))[0], [False, True, False, False, False], bool)
    same(run("Equal", strings(["x"], ["y"]), strings("y", "x"))[0], [[0, 1], [1, 0]], bool)


def test_numbers_are_compared_as_before() -> None:
    x = np.array([1, 2, 3], np.int32)
    same(run("Equal", x, x[::-1].copy())[0], [False, True, False], bool)


def test_strings_are_joined() -> None:
    same(run("StringConcat", WORDS, WORDS)[0], [w + w for w in WORDS])
    same(run("StringConcat", strings(["x"], [""]), WORDS)[0], [["x" + w for w in WORDS], [*WORDS]])
    scalar = np.array("s", object)
    same(run("StringConcat", scalar, scalar)[0], "ss")
    same(run("StringConcat", np.zeros(0, object), np.zeros(0, object))[0], [])


@pytest.mark.parametrize("action", ["NONE", "LOWER", "UPPER"])
@pytest.mark.parametrize("sensitive", [0, 1])
@pytest.mark.parametrize("stopwords", [[], ["monday"], ["Tuesday", "x"]])
def test_strings_are_normalized(action: str, sensitive: int, stopwords: list[str]) -> None:
    words = ["monday", "Monday", "tuesday", "x-Y"]

    def drop(word: str) -> bool:
        if sensitive:
            return word in stopwords
        return word.lower() in [w.lower() for w in stopwords]

    change = {"NONE": str, "LOWER": str.lower, "UPPER": str.upper}[action]
    want = [change(w) for w in words if not drop(w)]
    given: dict[str, Any] = {"case_change_action": action, "is_case_sensitive": sensitive}
    if stopwords:
        given["stopwords"] = stopwords
    same(run("StringNormalizer", strings(*words), **given)[0], want)
    same(run("StringNormalizer", strings(words), symbolic=False, **given)[0], [want])


def test_where_no_string_is_left_there_is_an_empty_one() -> None:
    made = run("StringNormalizer", strings("a", "a"), stopwords=["a"], is_case_sensitive=1)
    same(made[0], [""])


def test_letters_whose_case_is_not_known_are_refused_when_the_model_runs() -> None:
    same(run("StringNormalizer", strings("é"))[0], ["é"])
    with pytest.raises(BufferError, match="must be equal"):
        run("StringNormalizer", strings("é"), case_change_action="UPPER")
    with pytest.raises(ModelError, match="case_change_action 'TITLE'"):
        run("StringNormalizer", strings("a"), case_change_action="TITLE")


@pytest.mark.parametrize("delimiter", ["", ".", "--", "aba"])
@pytest.mark.parametrize("most", [None, 0, 2])
def test_strings_are_split_as_python_does(delimiter: str, most: int | None) -> None:
    words = ["a.b.c", "", ".", "  lead", "trail ", " a  b\tc ", "----", "a---b", "ababa", "x"]
    parts = [w.split(delimiter or None, -1 if most is None else most) for w in words]
    longest = max(map(len, parts))
    want = [[*p, *[""] * (longest - len(p))] for p in parts]
    given: dict[str, Any] = {} if not delimiter else {"delimiter": delimiter}
    given |= {} if most is None else {"maxsplit": most}
    made, counts = run("StringSplit", strings(*words), outputs=2, symbolic=most is None, **given)
    same(made, want)
    same(counts, [len(p) for p in parts], np.int64)


def test_splitting_keeps_the_axes() -> None:
    made, counts = run("StringSplit", strings(["a b"], ["c"]), outputs=2)
    same(made, [[["a", "b"]], [["c", ""]]])
    same(counts, [[2], [1]], np.int64)
    made, counts = run("StringSplit", np.zeros(0, object), outputs=2)
    assert made.shape == (0, 0)
    assert counts.shape == (0,)


@pytest.mark.parametrize(
    ("x", "keys", "values", "want"),
    [
        (
            strings("a", "", "zz"),
            {"keys_strings": ["a", "zz"]},
            {"values_int64s": [5, 6]},
            [5, -1, 6],
        ),
        (
            np.array([1, 7]),
            {"keys_int64s": [7]},
            {"values_strings": ["seven"]},
            ["_Unused", "seven"],
        ),
        (
            np.array([1.5, np.nan], np.float32),
            {"keys_floats": [float("nan"), 1.5]},
            {"values_floats": [2.0, 3.0]},
            [3.0, 2.0],
        ),
        (
            strings("b", "a", "b"),
            {"keys_strings": ["b", "b"]},
            {"values_strings": ["first", "second"], "default_string": "none"},
            ["first", "none", "first"],
        ),
    ],
)
def test_labels(x: Array, keys: Any, values: Any, want: list[Any]) -> None:
    dtype = {"s": object, "i": np.int64, "f": np.float32}[next(iter(values))[7]]
    same(run("LabelEncoder", x, domain=ML, version=4, **keys, **values)[0], want, dtype)


def test_labels_may_be_tensors() -> None:
    given = {
        "keys_tensor": np.array([3, 4], np.int32),
        "values_tensor": np.array([0.5, 0.25], np.float64),
        "default_tensor": np.array([9.0], np.float64),
    }
    attributes = {k: numpy_helper.from_array(v, k) for k, v in given.items()}
    x = np.array([[4, 5, 3]], np.int32)
    same(run("LabelEncoder", x, domain=ML, version=4, **attributes)[0], [[0.25, 9, 0.5]], float)


def test_labels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ModelError, match="2 keys and 1 values"):
        run("LabelEncoder", strings("a"), domain=ML, keys_strings=["a", "b"], values_int64s=[1])
    with pytest.raises(ModelError, match="other than its input"):
        run("LabelEncoder", strings("a"), domain=ML, keys_int64s=[1], values_int64s=[1])


def test_what_is_no_string_is_refused() -> None:
    for wrong in (strings("a", 5), strings("a\0b")):
        with pytest.raises(BufferError, match=r"is no string|has a zero byte"):
            run("StringConcat", wrong, wrong)
    with pytest.raises(ModelError, match="elements of type string"):
        run("Neg", strings("a"))


def test_strings_pass_through_and_may_be_constants() -> None:
    text = """<ir_version: 8, opset_import: ["" : 20]>
      s (string[n] x) => (string[m] y) {
        c = Constant<value_strings = ["a", "é"]>() i = Identity(x) y = StringConcat(i, c) }"""
    model = backend.prepare(onnx.parser.parse_model(text))
    same(model.run([strings("x", "y")])[0], ["xa", "yé"])
