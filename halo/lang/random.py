"""Random numbers: pure functions of a cell's coordinates and a seed, the same in every run.

A call stands for a number that is made when a definition uses it: there the coordinates are known.
The formula is in ``docs/semantics.md``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from halo.ir.expr import Call, CallKind, Expr, const
from halo.ir.intrinsics import is_intrinsic
from halo.ir.operators import as_expr, cast_to, need_integers
from halo.ir.types import Float, Int, UInt

_WORD = UInt(32)
_STEP = 0x9E3779B9  # 2**32 over the golden ratio
_FACTORS = (0x7FEB352D, 0x846CA68B)  # Wellons, "Prospecting for hash functions", 2018: lowbias32
_UNSEEDED = 0x80000000
_calls = itertools.count()


def random_uint(seed: Any = None) -> Expr:
    """Return a random uint32, every value equally likely.

    It depends on the coordinates of the cell (the Vars on the left of the definition and the
    RVars), on the number of the definition in its Func, and on the seed: nothing else, so it is
    the same under every schedule and in every run. Calls with the same seed give the same
    numbers; without a seed each call has one of its own, counted through the program.

    Parameters
    ----------
    seed
        An integer, a Param or another integer expression.

    Raises
    ------
    TypeMismatch
        The seed is no integer.
    """
    if seed is None:
        tag: Expr = const(_WORD, _UNSEEDED + next(_calls))
    else:
        tag = as_expr(seed)
        need_integers("a random seed", tag)
    return Call(_WORD, "random", (cast_to(_WORD, tag),), CallKind.INTRINSIC)


def random_int(seed: Any = None) -> Expr:
    """Return a random int32, every value equally likely; see `random_uint`."""
    return cast_to(Int(32), random_uint(seed))


def random_float(seed: Any = None) -> Expr:
    """Return a random float32 in [0, 1), a multiple of 2**-24; see `random_uint`."""
    bits = random_uint(seed) >> 8
    return cast_to(Float(32), cast_to(Int(32), bits)) * const(Float(32), 2.0**-24)


def is_random(e: Expr) -> bool:
    """Whether `e` is a random number that no definition has used yet."""
    return is_intrinsic(e, "random")


def drawing(stage: int, coordinates: Sequence[Expr]) -> Callable[[Expr], Expr]:
    """Return what makes random numbers in expressions from their seed, stage and coordinates."""
    memo: dict[int, tuple[Expr, Expr]] = {}

    def rewrite(e: Expr) -> Expr:
        known = memo.get(id(e))
        if known is None:
            made = e.map_children(rewrite)
            if is_random(made):
                made = _hash(made.children()[0], stage, coordinates)
            known = memo[id(e)] = (e, made)  # e is kept so that its id stays its own
        return known[1]

    return rewrite


def _hash(seed: Expr, stage: int, coordinates: Sequence[Expr]) -> Expr:
    h = _mixed(seed + const(_WORD, _STEP))
    for word in (const(_WORD, stage), *(cast_to(_WORD, c) for c in coordinates)):
        h = _mixed(h ^ word)
    return h


def _mixed(h: Expr) -> Expr:
    """Return a word each bit of which depends on every bit of `h`; no two give the same."""
    h = (h ^ (h >> 16)) * const(_WORD, _FACTORS[0])
    h = (h ^ (h >> 15)) * const(_WORD, _FACTORS[1])
    return h ^ (h >> 16)
