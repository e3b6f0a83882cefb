"""Fused layers of com.microsoft: activations, normalizations, embeddings, products, windows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from runtime_nodes import RNG, Case, check_cases, floats, same_numbers

numbers_begin_anew = same_numbers(37)
Array = np.ndarray[Any, np.dtype[Any]]
NEAR: dict[str, Any] = {"rtol": 1e-4, "atol": 2e-6}


def ids(below: int, *shape: int) -> Array:
    return RNG.integers(0, below, shape).astype(np.int32)


def gelu(x: Array) -> Array:
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def test_activations_of_sums() -> None:
    x = np.concatenate([floats(30) * 3, [0.0, -0.0, 20, -20]]).astype(np.float32)
    wide, bias, skip = floats(2, 3, 8), floats(8), floats(2, 3, 8)
    total = (wide + bias).astype(np.float64)
    split = (total[..., :4] * gelu(total[..., 4:])).astype(np.float32)
    check_cases(
        Case("Gelu", (x,), **NEAR),
        Case("BiasGelu", (floats(2, 3, 5), floats(5)), {}, (1,), **NEAR),
        Case("FastGelu", (x,), **NEAR),
        Case("FastGelu", (floats(2, 1), floats(1)), **NEAR),
        Case("QuickGelu", (x,), **NEAR),
        Case("QuickGelu", (floats(0, 3),), {"alpha": 1.0}, symbolic=False),
        Case("BiasAdd", (wide, bias, skip), expected=[wide + bias + skip]),
        Case("BiasSplitGelu", (wide, bias), {}, (1,), symbolic=False, expected=[split], **NEAR),
    )


@pytest.mark.parametrize("type", [np.float32, np.float16])
def test_sums_are_normalized(type: Any) -> None:
    x, skip = (floats(2, 3, 8).astype(type) for _ in range(2))
    scale, shift, bias = (floats(8).astype(type) for _ in range(3))
    near: dict[str, Any] = NEAR if type is np.float32 else {"rtol": 5e-3, "atol": 5e-3}
    fixed = (2, 3, 4)
    check_cases(
        Case("SkipLayerNormalization", (x, skip, scale, shift, bias), {}, fixed, (0, 3), **near),
        Case("SkipLayerNormalization", (x, skip, scale), {"epsilon": 0.1}, **near),
        Case("SkipLayerNormalization", (x, skip[0], scale, shift), **near),
        Case("SkipLayerNormalization", (x, skip[:1], scale, shift), **near),
        Case("SkipLayerNormalization", (x[:, 0], skip[:, 0], scale, shift), **near),
        Case("SkipSimplifiedLayerNormalization", (x, skip, scale), outputs=(0, 3), **near),
        Case("SkipSimplifiedLayerNormalization", (x, skip, scale, bias), {}, fixed, **near),
        Case("SimplifiedLayerNormalization", (x, scale), {"epsilon": 0.01}, domain="", **near),
        Case("SimplifiedLayerNormalization", (x[:1, :1], scale), domain="", **near),
        Case("LayerNormalization", (x, scale, shift), domain="", **near),
        opset=16,
    )


def test_embeddings_are_added_and_normalized() -> None:
    words, places, kinds = floats(20, 8), floats(6, 8), floats(2, 8)
    scale, shift = floats(8), floats(8)
    tables = (words, places, kinds, scale, shift)
    mask = np.array([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]], np.int32)
    own = ids(20, 3, 4), ids(2, 3, 4)
    where = np.array([[3, 2, 1, 0]], np.int32)
    fixed = (2, 3, 4, 5, 6)
    op = "EmbedLayerNormalization"
    check_cases(
        Case(op, (*own, *tables, mask), {}, fixed, 3, **NEAR),
        Case(op, (*own, *tables, mask, ids(6, 3, 4)), {"epsilon": 0.1}, fixed, 2, **NEAR),
        Case(
            op, (own[0], None, words, places, None, scale, shift, None, where), {}, fixed, 2, **NEAR
        ),
        Case(op, (ids(20, 1, 1), None, words, places, None, scale, shift), {}, fixed, 2, **NEAR),
    )


def test_embeddings_of_codes() -> None:
    def codes(*shape: int) -> Array:
        return RNG.integers(0, 256, shape).astype(np.uint8)

    tables = codes(20, 8), codes(6, 8), codes(2, 8), codes(8), codes(8)
    steps = [np.asarray(s, np.float32) for s in (0.01, 0.02, 0.03, 0.04, 0.05)]
    zeros = [np.asarray(z, np.uint8) for z in (128, 3, 200, 100, 127)]
    mask = np.array([[1, 1, 0], [1, 1, 1]], np.int32)
    inputs = (ids(20, 2, 3), ids(2, 2, 3), *tables, mask, *steps, *zeros)
    alone = (ids(20, 2, 3), None, *tables[:2], None, *tables[3:], mask, *steps[:2], None)
    alone = (*alone, *steps[3:], *zeros[:2], None, *zeros[3:])
    fixed = tuple(range(2, 18))
    check_cases(
        Case("QEmbedLayerNormalization", inputs, {}, fixed, 2, **NEAR),
        Case("QEmbedLayerNormalization", alone, {"epsilon": 0.1}, fixed, 2, **NEAR),
    )


@pytest.mark.parametrize("interleaved", [0, 1])
def test_pairs_are_turned_by_their_places(interleaved: int) -> None:
    angles = RNG.random((10, 4)) * 6
    tables = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    options = {"interleaved": interleaved}
    first = np.array([3], np.int64)
    each = RNG.integers(0, 10, (2, 5)).astype(np.int64)
    part = {**options, "rotary_embedding_dim": 8, "num_heads": 2}
    check_cases(
        Case("RotaryEmbedding", (floats(2, 5, 16), first, *tables), options, (2, 3), **NEAR),
        Case("RotaryEmbedding", (floats(2, 5, 16), each, *tables), options, (2, 3), **NEAR),
        Case("RotaryEmbedding", (floats(2, 3, 5, 8), each, *tables), options, (2, 3), **NEAR),
        Case("RotaryEmbedding", (floats(2, 5, 24), each, *tables), part, (2, 3), **NEAR),
    )


def test_products_of_transposed_operands() -> None:
    a, b = floats(2, 3, 4, 5), floats(2, 3, 5, 6)
    turned = {"transA": 1, "transB": 1, "alpha": 0.5}
    flat = floats(5, 4), floats(5, 6)
    check_cases(
        Case("FusedMatMul", (a, b), **NEAR),
        Case("FusedMatMul", (a.swapaxes(2, 3).copy(), b.swapaxes(2, 3).copy()), turned, **NEAR),
        Case("FusedMatMul", (floats(4, 2, 3, 5), b), {"transBatchA": 1}, symbolic=False, **NEAR),
        Case("FusedMatMul", (a, floats(5, 2, 3, 6)), {"transBatchB": 1}, symbolic=False, **NEAR),
        Case(
            "FusedMatMul",
            (floats(4, 2, 3, 5), floats(5, 2, 3, 6)),
            {"transBatchA": 1, "transBatchB": 1, "transA": 0},
            symbolic=False,
            **NEAR,
        ),
        Case("FusedMatMul", (floats(1, 1), floats(1, 1)), **NEAR),
        Case("TransposeMatMul", flat, {"transA": 1}, (1,), **NEAR),
        Case(
            "FusedGemm",
            (*flat, floats(6)),
            {"transA": 1, "activation": "LeakyRelu", "activation_alpha": 0.2},
            (1, 2),
            **NEAR,
        ),
        Case("FusedGemm", (floats(3, 4), floats(4, 2)), {"activation": "Relu"}, **NEAR),
        Case("FusedMatMul", (floats(0, 4), floats(4, 2)), symbolic=False),
        Case(
            "FusedMatMulActivation",
            (a, b),
            {"activation": "Tanh"},
            expected=[np.tanh(a @ b)],
            **NEAR,
        ),
    )


def test_convolutions_with_an_activation() -> None:
    x, w, bias = floats(1, 4, 6, 5), floats(3, 4, 3, 2), floats(3)
    added = floats(1, 3, 4, 4)
    clip = {"activation": "Clip", "activation_params": [-0.5, 1.0], "pads": [1, 0, 1, 1]}
    check_cases(
        Case("FusedConv", (x, w, bias), {"activation": "Relu"}, (1, 2), **NEAR),
        Case("FusedConv", (x, w), clip, (1,), **NEAR),
        Case("FusedConv", (x, w, bias, added), {"activation": "Sigmoid"}, (1, 2), **NEAR),
        Case(
            "FusedConv",
            (x, w, bias),
            {"activation": "HardSigmoid", "activation_params": [0.3, 0.4]},
            (1, 2),
            **NEAR,
        ),
        Case(
            "ConvTransposeWithDynamicPads",
            (floats(1, 4, 3, 5), floats(4, 2, 3, 2), np.array([1, 0, 1, 1], np.int64), floats(2)),
            {"strides": [2, 1], "output_padding": [1, 0]},
            (1, 2, 3),
            **NEAR,
        ),
    )


def test_windows_over_images_whose_channels_are_last() -> None:
    x, w, bias = floats(1, 4, 6, 5), floats(3, 4, 3, 2), floats(3)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    # onnxruntime has no kernel of float32 for it: it is what Conv gives, with the channels last.
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 2), axis=(2, 3))
    made = np.einsum("nchwij,mcij->nhwm", windows, w) + bias
    codes = RNG.integers(0, 256, (2, 5, 6, 3)).astype(np.uint8)
    pool = {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]}
    check_cases(
        Case("NhwcConv", (last, w, bias), {}, (1, 2), expected=[made], **NEAR),
        Case(
            "NhwcFusedConv",
            (last, w, bias),
            {"activation": "Relu"},
            (1, 2),
            expected=[np.maximum(made, 0)],
            **NEAR,
        ),
        Case("NhwcMaxPool", (codes,), pool),
        Case("NhwcMaxPool", (codes.astype(np.int8),), {"kernel_shape": [2, 2]}),
    )


def normalized_groups(x: Array, groups: int, scale: Array, bias: Array, silu: bool) -> Array:
    """Return groups of channels (last) less their mean, divided by their deviation.

    What is right is told by numpy, in float64: onnxruntime (1.32) has GroupNorm and SkipGroupNorm
    for graphics processors only, and onnx's evaluator knows neither.
    """
    n, h, w, c = x.shape
    parts = x.astype(np.float64).reshape(n, h, w, groups, c // groups)
    mean = parts.mean((1, 2, 4), keepdims=True)
    parts = (parts - mean) / np.sqrt(parts.var((1, 2, 4), keepdims=True) + 1e-5)
    made = parts.reshape(x.shape) * scale + bias
    return (made / (1 + np.exp(-made)) if silu else made).astype(x.dtype)


@pytest.mark.parametrize("silu", [0, 1])
def test_groups_of_channels_are_normalized(silu: int) -> None:
    """Compared with numpy, as nothing else here has the operator."""
    x, scale, bias = floats(2, 3, 5, 8), floats(8), floats(8)
    cases = []
    for groups in (1, 2, 8):
        want = normalized_groups(x, groups, scale, bias, bool(silu))
        given = {"groups": groups, "activation": silu, "epsilon": 1e-5}
        cases.append(Case("GroupNorm", (x, scale, bias), given, (1, 2), expected=[want], **NEAR))
        turned, moved = (np.ascontiguousarray(v.transpose(0, 3, 1, 2)) for v in (x, want))
        first = {**given, "channels_last": 0}
        inputs = (turned, scale, bias)
        cases.append(Case("GroupNorm", inputs, first, (1, 2), expected=[moved], **NEAR))
    half = x.astype(np.float16)
    want = normalized_groups(half, 2, scale, bias, bool(silu))
    given = {"groups": 2, "activation": silu, "epsilon": 1e-5}
    loose: dict[str, Any] = {"rtol": 2e-3, "atol": 2e-3}
    cases.append(Case("GroupNorm", (half, scale, bias), given, (1, 2), expected=[want], **loose))
    check_cases(*cases)


def test_groups_of_sums_are_normalized() -> None:
    """Compared with numpy, as nothing else here has the operator."""
    x, scale, bias, more = floats(2, 3, 5, 8), floats(8), floats(8), floats(8)
    given = {"groups": 4, "activation": 1, "epsilon": 1e-5}
    cases = []
    for skip in (floats(2, 3, 5, 8), floats(2, 1, 1, 8), floats(2, 8)):
        wide = skip.reshape(2, 1, 1, 8) if skip.ndim == 2 else skip
        total = x + wide + more
        want = [normalized_groups(total, 4, scale, bias, True), total]
        inputs = (x, scale, bias, skip, more)
        cases.append(Case("SkipGroupNorm", inputs, given, (1, 2), outputs=2, expected=want, **NEAR))
    check_cases(*cases)
