"""MoE of com.microsoft: the experts that a router chooses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from runtime_nodes import Case, check_cases, floats, same_numbers

numbers_begin_anew = same_numbers(53)
Array = np.ndarray[Any, np.dtype[Any]]
NEAR: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}
EXPERTS, HIDDEN, INNER = 5, 6, 8


def operands(rows: int = INNER, inner: int = INNER) -> tuple[Array, Array, Array, Array]:
    """Return the matrices and biases of the two layers."""
    first, second = floats(EXPERTS, rows, HIDDEN), floats(EXPERTS, HIDDEN, inner)
    return first, floats(EXPERTS, rows), second, floats(EXPERTS, HIDDEN)


@pytest.mark.parametrize("kind", ["relu", "gelu", "silu", "identity"])
@pytest.mark.parametrize("normalized", [0, 1])
def test_the_best_experts_of_each_token(kind: str, normalized: int) -> None:
    router = floats(7, EXPERTS)
    cases = []
    for k in (1, 2, EXPERTS):
        given = {"k": k, "activation_type": kind, "normalize_routing_weights": normalized}
        cases.append(Case("MoE", (floats(7, HIDDEN), router, *operands()), given, **NEAR))
    x, (first, _, second, _) = floats(1, 7, HIDDEN), operands()
    cases.append(Case("MoE", (x, router, first, None, second), given, (2, 4), **NEAR))
    check_cases(*cases)


@pytest.mark.parametrize("limit", [{}, {"swiglu_limit": 0.75}])
def test_gates_and_what_passes_them_alternate(limit: dict[str, float]) -> None:
    given = {
        "k": 2,
        "activation_type": "swiglu",
        "swiglu_fusion": 1,
        "activation_alpha": 1.5,
        "activation_beta": 1.0,
        **limit,
    }
    inputs = (floats(4, HIDDEN), floats(4, EXPERTS), *operands(2 * INNER))
    check_cases(Case("MoE", inputs, given, **NEAR))
