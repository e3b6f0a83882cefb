"""The domain of onnxruntime's own operators, and what its families share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from halo.ops.build import constant
from halo.ops.reshape import reshape
from halo.ops.tensor import Tensor
from halo.ops.views import transpose
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.scaled import PRODUCTS, READERS, is_scalar
from onnx_frontend.registry import operator

DOMAIN = "com.microsoft"
_F = TypeVar("_F", bound=Callable[..., Any])


def microsoft(name: str, *, codes: bool = False) -> Callable[[_F], _F]:
    """Register the decorated function for `name` of the domain; see `registry.operator`."""
    return operator(name, 1, DOMAIN, codes=codes)


def scalar(node: NodeContext, role: str, x: Tensor) -> Tensor:
    """Return `x`, which has one element, as a scalar."""
    if not is_scalar(x):
        node.unsupported(f"a {role} of one element, not one per channel")
    if x.rank == 0:
        return x
    if x.constant is not None:
        return constant(node.inner(role), x.constant.reshape(()))
    return reshape(node.inner(role), x, ())


def rank_of(node: NodeContext, what: str, x: Tensor, *ranks: int) -> None:
    """Refuse `x` if it has none of `ranks` axes."""
    if x.rank not in ranks:
        wanted = " or ".join(str(r) for r in ranks)
        node.fail(f"its {what} has {x.rank} axes, not {wanted}")


def channels_second(node: NodeContext, role: str, x: Tensor) -> Tensor:
    """Return `x`, whose channels are last, with them behind the batch, as the standard has them."""
    if x.rank < 3:
        node.fail(f"its input has {x.rank} axes, none of them spatial")
    made = transpose(node.inner(role), x, (0, x.rank - 1, *range(1, x.rank - 1)))
    # Windows read through it: the cells of a channel lie as they like them already.
    joins = {**made.op.attrs, "joins": READERS | PRODUCTS}
    made.op = replace(made.op, attrs=joins)
    return made


def channels_last(name: str, x: Tensor) -> Tensor:
    """Return `x`, whose channels are behind the batch, with them last."""
    return transpose(name, x, (0, *range(2, x.rank), 1))
