"""Funcs made in passing: of an expression and its Vars, or to know a value at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.errors import DefinitionError, user_location
from halo.lang.func import Func
from halo.lang.var import Var


def lambda_func(*args: Any) -> Func:
    """Return a Func of the Vars given that is the expression or Tuple given last.

    Raises
    ------
    DefinitionError
        There is no expression, or something before it is no Var.
    """
    *variables, value = args if args else (None,)
    if value is None or not all(isinstance(v, Var) for v in variables):
        raise DefinitionError(
            "lambda_func takes Vars, then the expression of them",
            where=user_location(),
            hint="for instance halo.lambda_func(x, y, x + y)",
        )
    f = Func()
    f[tuple(variables)] = value
    return f


def evaluate(expr: Any) -> Any:
    """Return the value of an expression without Vars as a number; of a Tuple, a tuple of them."""
    f = Func()
    f[()] = expr
    realized = f.realize()
    values = realized if isinstance(realized, tuple) else (realized,)
    numbers = tuple(np.asarray(v)[()].item() for v in values)
    return numbers if isinstance(realized, tuple) else numbers[0]


def evaluate_may_gpu(expr: Any) -> Any:
    """Return what `evaluate` returns; halo makes no code for graphics processors."""
    return evaluate(expr)
