"""Arithmetic on sizes: exact on constants, simplified on symbols."""

from __future__ import annotations

import numpy as np
import pytest

from halo.errors import DefinitionError
from halo.ir.expr import Cast, Expr, Variable, as_const, i32, i64
from halo.ir.function import SymbolicSize
from halo.ir.types import Float, Int
from halo.ops import index as at
from halo.ops.broadcast import broadcast_shapes, shape_text
from halo.ops.build import constant, from_content, input_tensor
from halo.ops.elementwise import elementwise
from halo.ops.factors import factors, factors_of_all, quotient, rest_of
from halo.ops.reshape import reshape, target_shape
from halo.ops.tensor import OpKind
from halo.ops.window import WindowAxis, window_axes


def size(name: str, limit: int = 1 << 20) -> Variable:
    return Variable(Int(32), name, source=SymbolicSize(name, 1, limit))


N, W = size("N"), size("W")


def test_constants_beyond_int32_are_kept_exactly() -> None:
    big = at.times(1 << 20, 1 << 20)
    assert big.type == Int(64) and as_const(big) == 1 << 40
    assert at.least(big, N) is N
    assert at.greatest(N, at.index(-(1 << 63))) is N


def test_what_cancels_disappears() -> None:
    assert at.minus(at.plus(N, 3), 3) is N
    assert at.floor_div(at.times(N, 4), 4) is N
    assert at.known(at.minus(N, N)) == 0
    assert at.known(at.remainder(at.times(N, 6), 3)) == 0


def test_symbols_are_sizes() -> None:
    assert at.holds(N >= 1)
    assert not at.holds(N >= 2)
    assert at.greatest(N, 0) is N
    assert at.known(at.least(N, 1)) == 1


def test_narrowing_computes_in_int32() -> None:
    wide = Cast(Int(64), N) * i64(3) + i64(1)
    assert str(at.narrow(wide)) == "N*3 + 1"
    assert at.narrow(i64(1 << 40)).type == Int(64)


def test_products_are_equal_whatever_the_order() -> None:
    a = factors_of_all([N, i32(6), W])
    assert a.equals(factors(at.times(at.times(W, 2), at.times(3, N))))
    assert not a.equals(factors_of_all([N, i32(6)]))


def test_a_quotient_of_products_cancels() -> None:
    whole, rest = quotient(factors_of_all([N, i32(6), W]), factors_of_all([W, i32(3)]))
    assert str(whole) == "N*2" and at.known(rest) == 0
    _, rest = quotient(factors_of_all([N, i32(6)]), factors_of_all([i32(4)]))
    assert at.known(rest) is None


def test_what_two_products_do_not_share_is_left() -> None:
    a, b = rest_of(factors_of_all([N, W, i32(6)]), factors_of_all([i32(4), W]))
    assert (str(a), str(b)) == ("N*3", "2")


def test_broadcasting_stretches_known_ones_only() -> None:
    shape, requires = broadcast_shapes((N, i32(1), W), (i32(4), i32(5), W))
    assert shape_text(shape) == "4x5xW"
    assert [(str(a), str(b)) for a, b in requires] == [("N", "4")]
    with pytest.raises(DefinitionError, match="4 against 3"):
        broadcast_shapes((i32(3),), (i32(2), i32(4)))


def reshaped(source: tuple[Expr, ...], *target: int | Expr) -> tuple[list[str], list[str]]:
    x = input_tensor("x", Float(32), source)
    shape, requires = target_shape(x, [at.index(t) for t in target])
    y = reshape("y", x, shape, requires)
    assert y.func is not None
    cell = str(y.func.value())
    return [str(d) for d in shape], [cell[cell.index("(") + 1 : -1]]


def test_reshape_touches_only_the_axes_that_change() -> None:
    shape, (cell,) = reshaped((N, i32(6), W), 0, 2, 3, W)
    assert shape == ["N", "2", "3", "W"]
    assert cell == "x, c*3 + y, n"


def test_reshape_divides_only_inside_its_run() -> None:
    shape, (cell,) = reshaped((N, W, i32(6)), N, -1)
    assert shape == ["N", "W*6"]
    assert cell == "x%6, x/6, y"


def test_reshape_to_another_number_of_cells_is_refused() -> None:
    x = input_tensor("x", Float(32), (i32(2), i32(3)))
    with pytest.raises(DefinitionError, match="2x3 cannot become 4x-1"):
        target_shape(x, [i32(4), i32(-1)])


@pytest.mark.parametrize(
    ("window", "places"),
    [
        (WindowAxis(3, before=i32(1), after=i32(1)), "W"),
        (WindowAxis(3, stride=2, before=i32(1), after=i32(1)), "(W + 1)/2"),
        (WindowAxis(5, dilation=2), "W - 8"),
        (WindowAxis(1, stride=4), "(W + 3)/4"),
    ],
)
def test_a_window_has_places_for_every_size(window: WindowAxis, places: str) -> None:
    assert str(window.places(W)) == places


def test_ceil_mode_drops_a_window_that_begins_outside() -> None:
    window = WindowAxis(2, stride=3, after=i32(2))
    assert at.known(window.places(i32(3), ceil_mode=True)) == 1


def test_a_window_with_wrong_lists_is_refused() -> None:
    with pytest.raises(DefinitionError, match="2 axes needs 2 strides"):
        window_axes([3, 3], [1], [1, 1], [0, 0, 0, 0])
    with pytest.raises(DefinitionError, match="positive"):
        window_axes([3], [0], [1], [0, 0])


def test_integers_computed_from_sizes_are_followed() -> None:
    shape = from_content("s", Int(64), (i32(2),), (N, W))
    three = constant("three", np.array([3, 2]))
    made = elementwise("m", lambda a, b: a * b, shape, three)
    assert made.kind is OpKind.CONTENT
    assert [str(e) for e in made.content or ()] == ["N*3", "W*2"]
    assert elementwise("k", lambda a: a + 1, three).constant is not None
