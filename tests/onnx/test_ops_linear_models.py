"""Linear models and support vector machines of ai.onnx.ml."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learned_nodes import Array, check_learned

from onnx_frontend.errors import ModelError, UnsupportedOp

TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
KERNELS = ["LINEAR", "POLY", "RBF", "SIGMOID"]
FEATURES = 5
BOTH = ("INT64", "FLOAT")


def samples(dtype: Any = np.float32) -> Array:
    x = np.random.default_rng(1).normal(size=(9, FEATURES))
    return (x * 3).astype(dtype) if np.issubdtype(dtype, np.integer) else x.astype(dtype)


def numbers(count: int, seed: int = 2, positive: bool = False) -> list[float]:
    made = np.random.default_rng(seed).normal(size=count).astype(np.float32)
    return [float(v) for v in (np.abs(made) if positive else made)]


@pytest.mark.parametrize("post", TRANSFORMS)
def test_a_linear_regressor_of_several_targets(post: str) -> None:
    given = {"coefficients": numbers(3 * FEATURES), "intercepts": numbers(3, 7), "targets": 3}
    check_learned(
        "LinearRegressor", samples(), reference=post == "NONE", post_transform=post, **given
    )


@pytest.mark.parametrize("dtype", [np.float64, np.int32, np.int64])
def test_a_linear_regressor_of_other_types(dtype: Any) -> None:
    x, weights = samples(dtype), numbers(FEATURES)
    (made,) = check_learned("LinearRegressor", x, theirs=False, coefficients=weights)
    assert made.dtype == np.float32
    want = x.astype(np.float32) @ np.array(weights, np.float32)[:, None]
    np.testing.assert_allclose(made, want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("post", TRANSFORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
def test_a_linear_classifier(post: str, dtype: Any) -> None:
    check_learned(
        "LinearClassifier",
        samples(dtype),
        outputs=BOTH,
        # The reference says which class is best behind the transform, of which NaN may come.
        reference=post != "PROBIT" and dtype == np.float32,
        coefficients=numbers(4 * FEATURES),
        intercepts=numbers(4, 9),
        classlabels_ints=[4, -1, 9, 7],
        post_transform=post,
    )


@pytest.mark.parametrize("post", TRANSFORMS[:-1])
def test_a_linear_classifier_with_one_score_for_two_classes(post: str) -> None:
    check_learned(
        "LinearClassifier",
        samples(),
        outputs=("STRING", "FLOAT"),
        reference=post == "LOGISTIC",
        coefficients=numbers(FEATURES),
        intercepts=[0.25],
        classlabels_strings=["no", "yes"],
        post_transform=post,
    )


def test_a_linear_classifier_needs_no_intercepts() -> None:
    given: dict[str, Any] = {
        "coefficients": numbers(3 * FEATURES),
        "classlabels_ints": [1, 2, 3],
        "outputs": BOTH,
    }
    x = samples()
    zeros = check_learned("LinearClassifier", x, intercepts=[0.0] * 3, **given)
    made = check_learned("LinearClassifier", x, theirs=False, **given)
    for a, b in zip(made, zeros, strict=True):
        np.testing.assert_array_equal(a, b)


def machine(kernel: str, each: list[int], pairs: int) -> dict[str, Any]:
    supports = sum(each)
    return {
        "kernel_type": kernel,
        "kernel_params": [0.25, 0.5, 3.0],
        "vectors_per_class": each,
        "coefficients": numbers(supports * (len(each) - 1), 3),
        "support_vectors": numbers(supports * FEATURES, 4),
        "rho": numbers(pairs, 5),
    }


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("post", TRANSFORMS)
def test_machines_that_compare_several_classes(kernel: str, post: str) -> None:
    given = {**machine(kernel, [2, 1, 3, 2], 6), "classlabels_ints": [3, 1, 2, 9]}
    check_learned(
        "SVMClassifier",
        samples(),
        outputs=BOTH,
        reference=post in ("NONE", "LOGISTIC"),
        post_transform=post,
        rtol=1e-4,
        atol=1e-5,
        **given,
    )
    # The reference sums where Q has products. What is near 0 or 1 is put far off by PROBIT.
    loose = 1e-2 if post == "PROBIT" else 1e-4
    check_learned(
        "SVMClassifier",
        samples(),
        outputs=BOTH,
        post_transform=post,
        prob_a=[-1.0, -0.5, -0.75, -1.5, -1.0, -1.25],
        prob_b=[0.1, -0.2, 0.0, 0.3, 0.2, -0.1],
        rtol=loose,
        atol=loose / 10,
        **given,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
@pytest.mark.parametrize("post", TRANSFORMS[:-1])
@pytest.mark.parametrize("probable", [False, True])
def test_machines_that_compare_two_classes(dtype: Any, post: str, probable: bool) -> None:
    given = {**machine("RBF", [2, 3], 1), "classlabels_strings": ["no", "yes"]}
    if probable:
        given |= {"prob_a": [-1.0], "prob_b": [0.25]}
    check_learned(
        "SVMClassifier",
        samples(dtype),
        outputs=("STRING", "FLOAT"),
        post_transform=post,
        rtol=1e-4,
        atol=1e-5,
        **given,
    )


@pytest.mark.parametrize("post", TRANSFORMS)
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("positive", [False, True])
def test_machines_without_support_vectors(post: str, classes: int, positive: bool) -> None:
    check_learned(
        "SVMClassifier",
        samples(),
        outputs=BOTH,
        kernel_type="LINEAR",
        kernel_params=[0.0, 0.0, 0.0],
        coefficients=numbers(classes * FEATURES, 6, positive),
        rho=[-0.25],
        classlabels_ints=[5, 6, 7][:classes],
        post_transform=post,
    )


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("one_class", [0, 1])
def test_machines_that_regress(kernel: str, one_class: int) -> None:
    given = {
        "kernel_type": kernel,
        "kernel_params": [0.25, 0.5, 3.0],
        "coefficients": numbers(4),
        "support_vectors": numbers(4 * FEATURES, 3),
        "n_supports": 4,
        "rho": [0.5],
        "one_class": one_class,
    }
    check_learned("SVMRegressor", samples(), reference=True, rtol=1e-4, atol=1e-5, **given)


def test_a_machine_may_have_weights_for_features() -> None:
    given = {"kernel_type": "LINEAR", "kernel_params": [0.0] * 3, "n_supports": 0, "rho": [0.5]}
    check_learned(
        "SVMRegressor", samples(), reference=True, coefficients=numbers(FEATURES), **given
    )


@pytest.mark.parametrize(
    ("op", "given", "message"),
    [
        ("LinearRegressor", {"coefficients": [1.0] * 7, "targets": 2}, "7 coefficients for 2"),
        ("LinearClassifier", {"coefficients": [1.0] * 10}, "no labels"),
        (
            "LinearClassifier",
            {"coefficients": [1.0] * 10, "classlabels_ints": [1, 2, 3]},
            "3 labels for 2 classes",
        ),
        ("SVMRegressor", {"n_supports": 2, "coefficients": [1.0, 2.0]}, "0 numbers for 2"),
        (
            "SVMRegressor",
            {"n_supports": 1, "support_vectors": [1.0] * 5, "kernel_type": "CUBE"},
            "kernel_type 'CUBE'",
        ),
        (
            "SVMClassifier",
            {**machine("RBF", [1, 1], 1), "classlabels_ints": [1, 2, 3]},
            "2 vectors_per_class for 3 classes",
        ),
        (
            "SVMClassifier",
            {**machine("RBF", [1, 1], 1), "classlabels_ints": [1, 2], "prob_a": [1.0]},
            "1 prob_a and 0 prob_b",
        ),
    ],
)
def test_numbers_that_do_not_fit_are_refused(op: str, given: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        check_learned(op, samples(), outputs=("FLOAT",) if "Reg" in op else BOTH, **given)


def test_what_has_no_agreed_meaning_is_refused() -> None:
    given = {"coefficients": numbers(FEATURES), "intercepts": [0.0], "post_transform": "PROBIT"}
    with pytest.raises(UnsupportedOp, match="other than PROBIT"):
        check_learned("LinearClassifier", samples(), outputs=BOTH, classlabels_ints=[0, 1], **given)
