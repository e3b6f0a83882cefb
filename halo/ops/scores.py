"""Scores of classes and regressions: what is made of them, and which is the best."""

from __future__ import annotations

import math

import numpy as np

from halo.errors import DefinitionError
from halo.ir.expr import Expr, Select, const
from halo.lang.math import exp, log, sqrt
from halo.ops.build import constant
from halo.ops.elementwise import elementwise
from halo.ops.functions import magnitude, sigmoid
from halo.ops.reduce import reduce
from halo.ops.softmax import softmax
from halo.ops.tensor import Tensor

TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")
"""What may be made of scores; numbered as the standard does."""

_SMALL = 1e-7
"""Scores not larger than this count as 0 for SOFTMAX_ZERO."""


def transformed(name: str, x: Tensor, how: str) -> Tensor:
    """Return scores (samples, classes), each row transformed by one of `TRANSFORMS`.

    SOFTMAX: ``exp(x - max) / sum(exp(x - max))``; LOGISTIC: ``1 / (1 + exp(-x))``; PROBIT: the
    place up to which a normal distribution has the part x, by Winitzki's approximation; of
    SOFTMAX_ZERO see `_softmax_of_some`.
    """
    match how:
        case "NONE":
            return x
        case "SOFTMAX":
            return softmax(name, x, [1])
        case "LOGISTIC":
            return elementwise(name, sigmoid, x)
        case "SOFTMAX_ZERO":
            return _softmax_of_some(name, x)
        case "PROBIT":
            return elementwise(name, probit, x)
        case _:
            raise DefinitionError(f"scores are transformed by {how!r}, which is not known")


def probit(x: Expr) -> Expr:
    """Return the value that a normal distribution stays below with probability `x`.

    The inverse of erf is S. Winitzki's, "A handy approximation for the error function and its
    inverse" (2008), with a = 0.147.
    """
    y = x * 2.0 - 1.0
    a = 0.147
    power = log((const(x.type, 1) - y) * (y + 1.0))
    half = power * 0.5 + 2 / (math.pi * a)
    size = sqrt(sqrt(half * half - power * (1 / a)) - half) * math.sqrt(2)
    return Select(y < 0, -size, size)


def _softmax_of_some(name: str, x: Tensor) -> Tensor:
    """Return the softmax of the scores that are not 0.

    Scores of 0 are no part of the sum, and stay 0. A row of zeros becomes halves.
    """
    top = reduce(f"{name}_top", x, "max", [1], keep_axes=True)

    def counts(v: Expr) -> Expr:
        return magnitude(v) > _SMALL

    def part(v: Expr, largest: Expr) -> Expr:
        return Select(counts(v), exp(v - largest), const(v.type, 0))

    parts = elementwise(f"{name}_parts", part, x, top)
    total = reduce(f"{name}_total", parts, "sum", [1], keep_axes=True)

    def cell(v: Expr, largest: Expr, p: Expr, sum: Expr) -> Expr:
        value = Select(counts(v), p, v * exp(-largest)) / sum
        return Select(sum > 0, value, const(v.type, 0.5))

    return elementwise(name, cell, x, top, parts, total)


def of_two_classes(name: str, score: Tensor, how: str, complement: bool) -> Tensor:
    """Return the scores (samples, 2) of two classes from that (samples, 1) of the second.

    The first has the negative score, or with `complement` what is missing to 1. Of the
    transforms only LOGISTIC changes them: to the logistic function of -score and score.
    """

    second = constant(f"{name}_which", np.array([[False, True]]))

    def cell(s: Expr, is_second: Expr) -> Expr:
        both = Select(is_second, s, -s)
        if how == "LOGISTIC":
            return sigmoid(both)
        return Select(is_second, s, const(s.type, 1) - s) if complement else both

    return elementwise(name, cell, score, second)
