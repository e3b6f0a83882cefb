"""The reference interpreter: what an algorithm means, computed in numpy.

It follows the definitions alone, without schedule or lowering, and so is what compiled code is
compared with. Integers and the order of updates are exact; floats are rounded as in compiled
code, multiply-adds contracted as `halo.ir.contract_fma` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.interpret.arithmetic import Array, to_storage
from halo.interpret.boxes import Box
from halo.interpret.interpreter import Interpreter, Realization
from halo.ir.function import Function


def interpret(
    outputs: Any,
    sizes: Sequence[int] = (),
    mins: Sequence[int] | None = None,
    symbols: Mapping[str, int] | None = None,
) -> Any:
    """Return the values of Funcs over a box.

    Parameters
    ----------
    outputs
        A Func, or a sequence of Funcs of the same number of dimensions.
    sizes
        Extent of each dimension, dimension 0 first.
    mins
        First coordinate of each dimension, 0 by default.
    symbols
        Value of each symbolic size the definitions use.

    Returns
    -------
    numpy.ndarray, or a tuple of them where there is more than one value
        Dimension 0 is the last axis, as in ``numpy.asarray(func.realize(sizes))``.

    Raises
    ------
    BoundsError
        An image is read outside its bounds.
    BufferError
        An ImageParam, a Param or a symbolic size has no value.
    """
    funcs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    functions = [_function(f) for f in funcs]
    mins = (0,) * len(sizes) if mins is None else mins
    for f in functions:
        if not f.is_defined or f.dimensions != len(sizes) or len(mins) != len(sizes):
            raise DefinitionError(
                f"{f.name} has {f.dimensions} dimensions, interpreted with {len(sizes)} sizes "
                f"and {len(mins)} mins"
            )
    box = Box.of_extents(mins, sizes)
    made = Interpreter(symbols).realize(functions, box)
    results = [
        _cut(f, r, i, box)
        for f, r in zip(functions, made, strict=True)
        for i in range(len(f.types))
    ]
    return results[0] if len(results) == 1 else tuple(results)


def _function(output: Any) -> Function:
    found = output if isinstance(output, Function) else getattr(output, "function", None)
    if not isinstance(found, Function):
        raise DefinitionError(f"{output!r} is not a Func to interpret")
    return found


def _cut(function: Function, realization: Realization, i: int, box: Box) -> Array:
    """Return element `i` inside `box`, axes reversed, as it would lie in a buffer."""
    parts = tuple(
        slice(low - have, high + 1 - have)
        for low, high, have in zip(box.mins, box.maxs, realization.box.mins, strict=True)
    )
    return to_storage(function.types[i], realization.arrays[i][parts]).T.copy(order="C")
