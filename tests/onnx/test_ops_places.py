"""Operators whose cells go to places, or come from places, that are data or are told elsewhere:
maxima and what puts them back, columns of images, moved windows, caches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from halo.errors import BufferError
from onnx_frontend.errors import ModelError

RNG = np.random.default_rng(27)
Check = Callable[..., Any]
Array = np.ndarray[Any, Any]


def floats(*shape: int) -> Array:
    return np.asarray(RNG.normal(size=shape), np.float32)


def ints(*values: int) -> Array:
    return np.array(values, np.int64)


def maxima(x: Array, kernel: int, stride: int, pad: int, columns: bool) -> tuple[Array, Array]:
    """Return the largest cells of square windows of the planes of `x`, and where they are."""
    rows, width = x.shape[2:]
    counts = [(d + 2 * pad - kernel) // stride + 1 for d in (rows, width)]
    best = np.full((*x.shape[:2], *counts), -np.inf, np.float32)
    where = np.zeros(best.shape, np.int64)
    for n, c, i, j in np.ndindex(best.shape):
        for y in range(i * stride - pad, i * stride - pad + kernel):
            for z in range(j * stride - pad, j * stride - pad + kernel):
                if 0 <= y < rows and 0 <= z < width and x[n, c, y, z] > best[n, c, i, j]:
                    best[n, c, i, j] = x[n, c, y, z]
                    place = z * rows + y if columns else y * width + z
                    where[n, c, i, j] = (n * x.shape[1] + c) * rows * width + place
    return best, where


@pytest.mark.parametrize("columns", [0, 1])
@pytest.mark.parametrize(("kernel", "stride", "pad"), [(2, 2, 0), (3, 1, 1), (1, 1, 0), (3, 2, 1)])
def test_where_the_maxima_are(
    check_node: Check, columns: int, kernel: int, stride: int, pad: int
) -> None:
    x = np.asarray(RNG.integers(0, 5, size=(2, 3, 6, 7)), np.float32)
    want = maxima(x, kernel, stride, pad, bool(columns))
    check_node(
        "MaxPool",
        x,
        outputs=2,
        expected=want,
        storage_order=columns,
        kernel_shape=[kernel] * 2,
        strides=[stride] * 2,
        pads=[pad] * 4,
    )


def test_maxima_go_back_to_where_they_were(check_compiled: Check) -> None:
    x = floats(2, 3, 6, 8)
    top, where = maxima(x, 2, 2, 0, False)
    want = np.zeros_like(x)
    want.reshape(-1)[where.reshape(-1)] = top.reshape(-1)
    given = {"kernel_shape": [2, 2], "strides": [2, 2]}
    check_compiled("MaxUnpool", top, where, expected=[want], **given)
    larger = np.zeros((2, 3, 7, 9), np.float32)
    larger[:, :, :6, :8] = want
    check_compiled(
        "MaxUnpool", top, where, ints(2, 3, 7, 9), expected=[larger], symbolic=False, **given
    )


@pytest.mark.parametrize(
    ("image", "block", "attributes"),
    [
        ((5, 5), (1, 5), {}),
        ((6, 5), (2, 3), {"strides": [2, 1]}),
        ((5, 6), (2, 2), {"dilations": [2, 1], "pads": [1, 0, 1, 2]}),
        ((7,), (3,), {"strides": [2]}),
        ((3, 4, 5), (1, 2, 3), {}),
    ],
)
def test_windows_add_up_to_an_image(
    check_compiled: Check,
    image: tuple[int, ...],
    block: tuple[int, ...],
    attributes: dict[str, list[int]],
) -> None:
    rank = len(image)
    strides, dilations = (attributes.get(k, [1] * rank) for k in ("strides", "dilations"))
    pads = attributes.get("pads", [0] * 2 * rank)
    windows = 1
    for i in range(rank):
        span = (block[i] - 1) * dilations[i] + 1
        windows *= (image[i] + pads[i] + pads[rank + i] - span) // strides[i] + 1
    x = floats(2, 3 * int(np.prod(block)), windows)
    check_compiled("Col2Im", x, ints(*image), ints(*block), symbolic=False, **attributes)
    check_compiled("Col2Im", x, ints(*image), ints(*block), constants=[1, 2], **attributes)


def test_columns_that_do_not_fit_are_refused(check_compiled: Check) -> None:
    with pytest.raises(BufferError, match="must be equal"):
        check_compiled("Col2Im", floats(1, 4, 3), ints(3, 3), ints(2, 2), expected=[])


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("group", "parts"), [(1, 1), (2, 1), (1, 2), (2, 4)])
def test_deform_conv(check_compiled: Check, masked: bool, group: int, parts: int) -> None:
    x, w = floats(2, 4, 6, 5), floats(6, 4 // group, 3, 2)
    places = ((6 + 2 - 3) // 2 + 1, (5 - 3) + 1)
    offset = 2 * floats(2, parts * 6 * 2, *places)
    mask = RNG.uniform(size=(2, parts * 6, *places)).astype(np.float32) if masked else None
    check_compiled(
        "DeformConv",
        x,
        w,
        offset,
        floats(6) if masked else None,
        mask,
        constants=[1],
        rtol=1e-3,
        atol=1e-4,
        opset=19,
        group=group,
        offset_group=parts,
        pads=[1, 0, 1, 0],
        strides=[2, 1],
        dilations=[1, 2],
        kernel_shape=[3, 2],
    )


def test_offsets_far_outside_read_nothing(check_compiled: Check) -> None:
    x, w = np.ones((1, 1, 3, 3), np.float32), np.ones((1, 1, 1, 1), np.float32)
    offset = np.full((1, 2, 3, 3), 1e30, np.float32)
    zero = np.zeros((1, 1, 3, 3), np.float32)
    check_compiled("DeformConv", x, w, offset, constants=[1], opset=19, expected=[zero])
    with pytest.raises(ModelError, match="which must be equal"):
        check_compiled("DeformConv", x, w, offset[:, :1], constants=[1], opset=19, expected=[])


@pytest.mark.parametrize("mode", ["linear", "circular"])
@pytest.mark.parametrize("axis", [-2, 1])
def test_a_cache_is_written_from_a_place_of_each_sample_on(
    check_node: Check, mode: str, axis: int
) -> None:
    cache, update = floats(2, 5, 5, 3), floats(2, 5, 5, 3)
    update = np.take(update, range(2), axis=axis)
    starts = ints(1, 4 if mode == "circular" else 3)
    given = {"opset": 24, "mode": mode, "axis": axis}
    want = cache.copy()
    for b, start in enumerate(starts):
        for i in range(2):
            place = [slice(None)] * 3
            place[axis % 4 - 1] = (start + i) % 5
            source = list(place)
            source[axis % 4 - 1] = i
            want[(b, *place)] = update[(b, *source)]
    check_node("TensorScatter", cache, update, starts, expected=[want], **given)
    check_node("TensorScatter", cache, np.take(update, [0], axis=axis), **given, symbolic=False)


NGRAMS = {
    "ngram_counts": [0, 4],
    "ngram_indexes": [0, 2, 1, 3, 4, 5, 6],
    "pool_int64s": [2, 3, 5, 4, 5, 6, 7, 8, 6, 7],
}


@pytest.mark.parametrize("mode", ["TF", "IDF", "TFIDF"])
@pytest.mark.parametrize("skips", [0, 5])
@pytest.mark.parametrize(("low", "high"), [(1, 1), (1, 2), (2, 2)])
def test_ngrams_are_counted(check_node: Check, mode: str, skips: int, low: int, high: int) -> None:
    rows = np.array([[1, 1, 3, 3, 3, 7], [8, 6, 7, 5, 6, 8]], np.int32)
    given: dict[str, Any] = {"max_skip_count": skips, "mode": mode, **NGRAMS}
    given |= {"min_gram_length": low, "max_gram_length": high, "opset": 9}
    weights = [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 0.5]
    check_node("TfIdfVectorizer", rows, weights=weights, symbolic=False, **given)
    check_node("TfIdfVectorizer", rows[1].astype(np.int64), weights=weights, **given)


def test_two_ngrams_in_one_column_are_refused(check_node: Check) -> None:
    given = NGRAMS | {"ngram_indexes": [0, 0, 1, 3, 4, 5, 6], "mode": "TF", "max_skip_count": 0}
    given |= {"min_gram_length": 1, "max_gram_length": 1}
    with pytest.raises(ModelError, match="no two are equal"):
        check_node("TfIdfVectorizer", ints(1, 2), opset=9, expected=[], **given)
