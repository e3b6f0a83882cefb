"""Numbers that data tell may be as large as they can: sums with them stay right, or are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sequences import made

import halo as hl

FAR = [2**31 - 1, 2**31, 2**40, 2**63 - 1]
X = np.arange(4, dtype=np.float32)


def results(text: str, **inputs: Any) -> list[Any]:
    return list(made(text).run({n: np.asarray(x) for n, x in inputs.items()}).values())


@pytest.mark.parametrize("n", [*FAR, -(2**40), 5, 1, -2])
@pytest.mark.parametrize("upper", [0, 1])
def test_a_diagonal_may_be_far_off(n: int, upper: int) -> None:
    x = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
    (y,) = results(
        f"(float[a, b] x, int64 n) => (float[a, b] y) {{ y = Trilu <upper = {upper}> (x, n) }}",
        x=x,
        n=n,
    )
    held = max(-9, min(n, 9))
    np.testing.assert_array_equal(y, np.triu(x, held) if upper else np.tril(x, held))


@pytest.mark.parametrize("n", [*FAR, 4, 3])
def test_pieces_may_be_longer_than_the_axis(n: int) -> None:
    text = """(float[k] x, int64 n) => (int64 count, float[m] first) <int64 zero = {0}> {
        q = SplitToSequence <axis = 0> (x, n)
        count = SequenceLength(q)
        first = SequenceAt(q, zero) }"""
    count, first = results(text, x=X, n=n)
    assert count == (1 if n >= 4 else 2)
    np.testing.assert_array_equal(first, X[:n])


@pytest.mark.parametrize(
    "sizes",
    [[-1, 5, 0], [5, -1, 0], [2**31 - 1, 2**31 - 1, 6], [2**31, 2**31, 4], [-(2**40), 4, 4]],
)
def test_sizes_that_only_seem_to_come_to_the_axis_are_refused(sizes: list[int]) -> None:
    text = """(float[k] x, int64[3] s) => (float[m] y) <int64 one = {1}> {
        q = SplitToSequence <axis = 0> (x, s)
        y = SequenceAt(q, one) }"""
    assert results(text, x=X, s=[1, 3, 0])[0].tolist() == [1, 2, 3]
    with pytest.raises(hl.BufferError, match=r"do not come to the size of the axis|would be -1"):
        results(text, x=X, s=sizes)


@pytest.mark.parametrize("n", [*FAR, 3, -(2**31), -(2**63), -3])
def test_a_step_may_be_longer_than_the_axis(n: int) -> None:
    text = """(float[k] x, int64[1] s, int64[1] e, int64[1] n) => (float[m] y) <int64[1] a = {0}> {
        y = Slice(x, s, e, a, n) }"""
    begin, end = (0, 9) if n > 0 else (3, -9)
    (y,) = results(text, x=X, s=[begin], e=[end], n=[n])
    assert y.tolist() == X[begin : end if n > 0 else None : n].tolist()


def test_a_step_of_nothing_is_refused() -> None:
    text = """(float[k] x, int64[1] n) => (float[m] y) <int64[1] s = {0}, int64[1] e = {9}> {
        y = Slice(x, s, e, s, n) }"""
    with pytest.raises(hl.BufferError, match="a step is 0"):
        results(text, x=X, n=[0])
    text = "(int64 a, int64 b, int64 n) => (int64[m] y) { y = Range(a, b, n) }"
    assert results(text, a=5, b=0, n=-2)[0].tolist() == [5, 3, 1]
    with pytest.raises(hl.BufferError, match="its step is 0"):
        results(text, a=0, b=5, n=0)


@pytest.mark.parametrize("n", [*FAR, -(2**31), -(2**63)])
def test_a_range_far_off_is_refused(n: int) -> None:
    text = """(int64 n) => (int64[m] y) <int64 one = {1}, int64 five = {5}> {
        e = Add(n, five)
        y = Range(n, e, one) }"""
    assert results(text, n=-7)[0].tolist() == [-7, -6, -5, -4, -3]
    with pytest.raises(hl.BufferError, match="beyond what 32 bits hold"):
        results(text, n=n)


@pytest.mark.parametrize("n", [-1, -(2**30), -(2**31), -(2**63)])
def test_a_size_below_nothing_is_told_however_far(n: int) -> None:
    text = "(float[k] x, int64[1] n) => (float[m] y) { y = Tile(x, n) }"
    with pytest.raises(hl.BufferError, match=f"dim 0 of 'y' would be {4 * max(n, 1 - 2**31)}"):
        results(text, x=X, n=[n])


def test_an_output_that_no_memory_holds_is_an_error_of_halo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = made("(float[1] x, int64[1] n) => (float[m] y) { y = Expand(x, n) }")

    def nothing(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("onnx_frontend.compiled_model.np.empty", nothing)
    with pytest.raises(hl.HaloError, match="no memory for output 'y', which is 7"):
        model.run({"x": X[:1], "n": np.array([7])})
