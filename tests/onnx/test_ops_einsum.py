"""Einsum and Det."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from onnx_frontend.errors import ModelError

RNG = np.random.default_rng(25)
Check = Callable[..., Any]
Array = np.ndarray[Any, Any]


def floats(*shape: int) -> Array:
    return np.asarray(RNG.normal(size=shape), np.float32)


EQUATIONS: list[tuple[str, list[tuple[int, ...]]]] = [
    ("ij->ji", [(2, 3)]),
    ("ij->i", [(2, 3)]),
    ("ij->", [(2, 3)]),
    ("ii->i", [(3, 3)]),
    ("ii", [(3, 3)]),
    ("...ii->...i", [(2, 3, 3)]),
    ("ij", [(2, 3)]),
    ("ba", [(2, 3)]),
    ("i,i", [(4,), (4,)]),
    ("i,j->ij", [(3,), (4,)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("ij,jk->ki", [(2, 3), (3, 4)]),
    ("ij,kj->k", [(2, 3), (4, 3)]),
    ("bij,bjk->bik", [(5, 2, 3), (5, 3, 4)]),
    ("bij,bjk->ikb", [(5, 2, 3), (5, 3, 4)]),
    ("bhqd,bhkd->bhqk", [(2, 3, 4, 5), (2, 3, 6, 5)]),
    ("...ij,...jk->...ik", [(2, 1, 2, 3), (4, 3, 2)]),
    ("...,...", [(2, 3), (3,)]),
    ("ij,j,jk->ik", [(2, 3), (3,), (3, 4)]),
    ("ijk,jil->kl", [(3, 4, 5), (4, 3, 2)]),
    ("iji,jkk->ik", [(2, 3, 2), (3, 4, 4)]),
    ("ij,ij,ij->j", [(2, 3), (2, 3), (2, 3)]),
    (" i j , j -> i ", [(2, 3), (3,)]),
    (",i->i", [(), (3,)]),
    ("ab,ab->", [(1, 3), (1, 3)]),
]


@pytest.mark.parametrize(("equation", "shapes"), EQUATIONS)
def test_einsum(check_node: Check, equation: str, shapes: list[tuple[int, ...]]) -> None:
    operands = [floats(*s) for s in shapes]
    want = np.asarray(np.einsum(equation, *operands), np.float32)
    known = not any(len(s) != len(set(s)) for s in shapes) and "..." not in equation
    check_node("Einsum", *operands, equation=equation, symbolic=known, expected=[want])


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32, np.int64])
def test_einsum_of_any_number(check_node: Check, dtype: type) -> None:
    a, b = (RNG.integers(-3, 4, size=s).astype(dtype) for s in ((2, 3), (3, 2)))
    check_node("Einsum", a, b, equation="ij,jk->k", expected=[np.einsum("ij,jk->k", a, b)])


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ij,jk->ik", [(2, 3)], "for 2 operands"),
        ("ijk->i", [(2, 3)], "does not fit 2 axes"),
        ("i->j", [(2,)], "stands wrongly"),
        ("i->ii", [(2,)], "stands wrongly"),
        ("ij,jk->ik", [(2, 3), (4, 2)], "axes of 3 and 4"),
        ("i1->i", [(2, 3)], "does not fit"),
    ],
)
def test_equations_without_a_meaning_are_refused(
    check_node: Check, equation: str, shapes: list[tuple[int, ...]], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        check_node("Einsum", *[floats(*s) for s in shapes], equation=equation, expected=[])


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (5, 3, 3), (2, 1, 4, 4), (0, 2, 2)])
def test_determinants(check_node: Check, shape: tuple[int, ...]) -> None:
    x = floats(*shape)
    check_node("Det", x, symbolic=False, expected=[np.linalg.det(x)], rtol=1e-4, atol=1e-5)


def test_determinants_that_are_not_known_are_refused(check_node: Check) -> None:
    with pytest.raises(ModelError, match="more than 4"):
        check_node("Det", floats(5, 5), symbolic=False, expected=[])
    with pytest.raises(ModelError, match="no square"):
        check_node("Det", floats(2, 3), symbolic=False, expected=[])


@pytest.mark.parametrize(("m", "k", "n"), [(0, 3, 2), (2, 0, 2), (2, 3, 0), (0, 0, 0), (1, 1, 1)])
def test_products_of_no_cells(check_compiled: Check, m: int, k: int, n: int) -> None:
    a, b = floats(m, k), floats(k, n)
    check_compiled("Einsum", a, b, equation="ij,jk->ik", expected=[a @ b])
    check_compiled("MatMul", a, b, expected=[a @ b])
