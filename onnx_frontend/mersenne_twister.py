"""The numbers of numpy's `RandomState` where only a run tells how many there are.

Makoto Matsumoto and Takuji Nishimura, "Mersenne Twister", 1998: 624 words of 32 bits, which all
change at once; each then gives one number. Two of them make a float64.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from halo.ir.expr import Expr, Min, const, i32
from halo.ir.operators import as_expr, cast_to
from halo.ir.stmt import IfThenElse, Stmt, block
from halo.ir.types import Float, Int, UInt
from halo.ops.build import constant
from halo.ops.tensor import Shape, Tensor
from onnx_frontend.c_function import extern_tensors
from onnx_frontend.extents import product, widen
from onnx_frontend.procedure import Counter, Memory, ProcedureCall, let, loop

_WORDS, _AHEAD = 624, 397
_NUMBERS = _WORDS // 2
"""Floats that are drawn from all words."""

_TRIES = _WORDS // 4
"""Points that are drawn from all words."""

_ROUNDS = 32
"""Rounds after which all points are found: each finds four fifths, the last ones all, of what is
left. That it takes more has a probability below 1e-100."""

_U32 = UInt(32)
_F64 = Float(64)

_STATE, _DRAWN = Memory("state", _U32), Memory("drawn", _U32)
"""The words, and the numbers that they give."""


def uniform_numbers(name: str, seed: int, shape: Shape) -> Tensor:
    """Return what ``RandomState(seed).random_sample(shape)`` is: float64 from 0 on and below 1."""
    total = product(shape)

    def write(read: Sequence[Memory], made: Sequence[Memory]) -> Stmt:
        (out,) = made

        def some(number: Expr) -> Stmt:
            first = widen(number) * _NUMBERS
            many = Min(total - first, const(Int(64), _NUMBERS))
            put = loop("i", many, lambda i: out.put(first + widen(i), _number(i)))
            return block(_renew(), put)

        return _begun(read[0][0], loop("block", _parts(total, _NUMBERS), some))

    call = ProcedureCall("uniform", ("uniform",), (_seed(name, seed),), (), write)
    (numbers,) = extern_tensors(call, [name], [(_F64, tuple(shape))])
    return numbers


def points_in_circle(name: str, squares: str, seed: int, shape: Shape) -> tuple[Tensor, Tensor]:
    """Return coordinates of points in the unit circle, and the squares of their distances from 0.

    From coordinate x of a point whose square is r, both float64, ``sqrt(-2 * log(r) / r) * x`` is
    what ``RandomState(seed).standard_normal(shape)`` has there: George Marsaglia's polar method.
    """
    total = product(shape)
    pairs = _parts(total, 2)

    def write(read: Sequence[Memory], made: Sequence[Memory]) -> Stmt:
        found = Counter("found")

        def keep(x: Expr, y: Expr, square: Expr) -> Stmt:
            def put(at: Expr, coordinate: Expr) -> Stmt:
                return block(made[0].put(at, coordinate), made[1].put(at, square))

            at = widen(found.value) * 2
            second = IfThenElse(at + 1 < total, put(at + 1, x))
            return block(put(at, y), second, found.put(found.value + 1))

        def look(x: Expr, y: Expr) -> Stmt:
            def test(square: Expr) -> Stmt:
                inside = (square < 1.0) & (square > 0.0)
                return IfThenElse(inside & (widen(found.value) < pairs), keep(x, y, square))

            return let("square", x * x + y * y, test)

        def one(i: Expr) -> Stmt:
            x, y = (_number(i * 2 + k) * 2.0 - 1.0 for k in range(2))
            return let("x", x, lambda x: let("y", y, lambda y: look(x, y)))

        def some(_: Expr) -> Stmt:
            return block(_renew(), loop("i", _TRIES, one))

        def all_left(_: Expr) -> Stmt:
            left = pairs - widen(found.value)
            return let("blocks", _parts(left, _TRIES), lambda n: loop("block", n, some))

        return _begun(read[0][0], found.around(loop("round", _ROUNDS, all_left)))

    call = ProcedureCall("points", ("points in a circle",), (_seed(name, seed),), (), write)
    outputs = [(_F64, tuple(shape))] * 2
    points, distances = extern_tensors(call, [name, squares], outputs)
    return points, distances


def _seed(name: str, seed: int) -> Tensor:
    # Read, not written into the statements: so nodes with different seeds share them.
    return constant(f"{name}_seed", np.array(seed, np.uint32))


def _parts(number: Expr, size: int) -> Expr:
    """Return how many parts of `size` hold `number` (int64) cells."""
    return (number + (size - 1)) / size


def _u32(value: int) -> Expr:
    return const(_U32, value)


def _begun(seed: Expr, body: Stmt) -> Stmt:
    """Return `body` with the words as `seed` begins them."""

    def put(k: Expr) -> Stmt:
        def mixed(last: Expr) -> Stmt:
            factor = _u32(1812433253) * (last ^ (last >> 30))
            return _STATE.put(k + 1, factor + cast_to(_U32, k + 1))

        return let("last", _STATE[k], mixed)

    words = block(_STATE.put(0, seed), loop("k", _WORDS - 1, put), body)
    return _STATE.around(_WORDS, _DRAWN.around(_WORDS, words))


def _renew() -> Stmt:
    """Return what changes all words and draws a number from each."""
    early = _WORDS - _AHEAD
    return block(
        loop("k", early, lambda k: _change(k, k + 1, k + _AHEAD)),
        loop("k", _AHEAD - 1, lambda k: _change(k + early, k + early + 1, k)),
        _change(i32(_WORDS - 1), i32(0), i32(_AHEAD - 1)),
        loop("k", _WORDS, _draw),
    )


def _change(at: Expr, next: Expr, far: Expr) -> Stmt:
    """Return what changes the word at `at`."""
    joined = (_STATE[at] & _u32(0x80000000)) | (_STATE[next] & _u32(0x7FFFFFFF))

    def put(word: Expr) -> Stmt:
        odd = (word & _u32(1)) * _u32(0x9908B0DF)
        return _STATE.put(at, _STATE[far] ^ (word >> 1) ^ odd)

    return let("word", joined, put)


def _draw(k: Expr) -> Stmt:
    """Return what draws number `k`."""

    def first(a: Expr) -> Stmt:
        return let("b", a ^ (a >> 11), second)

    def second(b: Expr) -> Stmt:
        return let("c", b ^ ((b << 7) & _u32(0x9D2C5680)), third)

    def third(c: Expr) -> Stmt:
        return let("d", c ^ ((c << 15) & _u32(0xEFC60000)), last)

    def last(d: Expr) -> Stmt:
        return _DRAWN.put(k, d ^ (d >> 18))

    return let("a", _STATE[k], first)


def _number(k: Expr) -> Expr:
    """Return float `k` of the numbers that are drawn: 53 bits below 1."""
    high, low = (_DRAWN[k * 2 + i] >> (5 + i) for i in range(2))
    whole = cast_to(_F64, high) * as_expr(float(1 << 26), _F64) + cast_to(_F64, low)
    return whole * as_expr(2.0**-53, _F64)
