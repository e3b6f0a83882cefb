"""DynamicQuantizeLinear: floats brought to 8 bits by the range they have."""

from __future__ import annotations

from collections.abc import Callable

from halo.ir.expr import Expr, Max, Min, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import cast_to, eq
from halo.ir.types import Float, UInt
from halo.lang.operators import clamp
from halo.ops.elementwise import elementwise
from halo.ops.reduce import reduce
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator

_CODE = UInt(8)


def step_between(low: Expr, high: Expr) -> Expr:
    """Return the step of 256 codes that reach from `low` to `high`, zero being one of them.

    It is 1 where all numbers are zero, as onnxruntime has it.
    """
    zero = const(low.type, 0)
    reach = Max(high, zero) - Min(low, zero)
    return Select(eq(reach, zero), const(low.type, 1), reach / 255.0)


def zero_between(low: Expr, step: Expr) -> Expr:
    """Return the code of zero, a float, where `low` is the least number."""
    return intrinsic("round", clamp(-Min(low, const(low.type, 0)) / step, 0.0, 255.0))


def code_of(value: Expr, step: Expr, zero: Expr) -> Expr:
    """Return the code of a number as a float: rounded to even, moved, saturated."""
    places = intrinsic("round", value / step)
    return clamp(places + cast_to(value.type, zero), 0.0, 255.0)


def dynamically_quantized(
    inner: Callable[[str], str],
    x: Tensor,
    names: tuple[str, ...] = (),
    counted: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the codes of `x`, their step (float32) and the code of zero (uint8), scalars.

    Parameters
    ----------
    inner
        Gives the name of a tensor by its role.
    names
        Of the results.
    counted
        The tensor whose range counts, if it is another one.
    """
    if x.type != Float(32):
        x = elementwise(inner("wide"), lambda v: v, x, type=Float(32))
    name, step_name, zero_name = names or (inner("codes"), inner("step"), inner("zero"))
    ranged = x if counted is None else counted
    low = reduce(inner("low"), ranged, "min", range(x.rank), keep_axes=False)
    high = reduce(inner("high"), ranged, "max", range(x.rank), keep_axes=False)
    step = elementwise(step_name, step_between, low, high)
    zero = elementwise(zero_name, zero_between, low, step, type=_CODE)
    return elementwise(name, code_of, x, step, zero, type=_CODE), step, zero


@operator("DynamicQuantizeLinear", since=11)
def dynamic_quantize(node: NodeContext, x: Tensor) -> tuple[Tensor, ...]:
    """The codes, their step, and the code of zero."""
    names = tuple(node.output(i) for i in range(3))
    return dynamically_quantized(node.inner, x, names)[: max(node.outputs, 1)]
