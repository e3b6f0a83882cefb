"""While a pipeline is lowered, Python looks for cycles rarely; afterwards as before."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

import halo as hl
from halo.ir.stmt import Stmt
from halo.lowering import Request, lower
from halo.lowering.collector import rare_collections


@pytest.fixture(autouse=True)
def threshold() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def seen_while_lowering() -> set[int]:
    """Return the thresholds that passes see."""
    x, f = hl.Var("x"), hl.Func("f")
    f[x] = x + 1
    seen: set[int] = set()

    def hook(name: str, s: Stmt, seconds: float) -> None:
        seen.add(gc.get_threshold()[0])

    lower(Request("f", [f.function], f.schedule()), hook)
    return seen


def test_it_is_as_before_when_lowering_ends() -> None:
    gc.set_threshold(700, 10, 10)
    assert min(seen_while_lowering()) > 700
    assert gc.get_threshold() == (700, 10, 10)


def test_it_is_as_before_when_lowering_fails() -> None:
    gc.set_threshold(700, 10, 10)
    with pytest.raises(ValueError, match="no"), rare_collections():
        raise ValueError("no")
    assert gc.get_threshold() == (700, 10, 10)


def test_where_it_is_off_it_stays_off() -> None:
    gc.set_threshold(0)
    assert seen_while_lowering() == {0}


def test_what_is_set_meanwhile_stays() -> None:
    gc.set_threshold(700, 10, 10)
    with rare_collections(), rare_collections():
        gc.set_threshold(900)
    assert gc.get_threshold()[0] == 900
