"""Normalization of groups of channels: GroupNorm, and that of a sum."""

from __future__ import annotations

from halo.ir.expr import Expr
from halo.ir.operators import cast_to
from halo.ops import functions as f
from halo.ops import normalization as normal
from halo.ops.elementwise import elementwise
from halo.ops.index import floor_div, index, known, product, times
from halo.ops.reshape import reshape
from halo.ops.tensor import Tensor
from halo.ops.views import unsqueeze
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.activation import apply
from onnx_frontend.microsoft.domain import channels_last, channels_second, microsoft, rank_of


@microsoft("GroupNorm")
def group_norm(node: NodeContext, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Channels less the mean of their group, divided by its deviation, times scale, plus bias."""
    rank_of(node, "input", x, 4)
    return _normalized(node, x, scale, bias)


@microsoft("SkipGroupNorm")
def skip_group_norm(
    node: NodeContext,
    x: Tensor,
    scale: Tensor,
    shift: Tensor,
    skip: Tensor,
    bias: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """The normalized sum of two tensors and a bias of the channels, and the sum."""
    rank_of(node, "input", x, 4)
    if not node.flag("channels_last", True):
        node.unsupported("channels that come last")
    rank_of(node, "skip", skip, 2, 4)
    wide = unsqueeze(node.inner("skip"), skip, [1, 2]) if skip.rank == 2 else skip
    more = (wide,) if bias is None else (wide, bias)
    total = apply(node.output(1), lambda v: v, x, *more)
    return (_normalized(node, total, scale, shift), total)[: node.outputs]


def _normalized(node: NodeContext, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    last, groups = node.flag("channels_last", True), node.integer("groups")
    active = node.integer("activation")
    if active not in (0, 1):
        node.fail(f"its activation is {active}", hint="it is 0 for none or 1 for SiLU")
    image = channels_second(node, "image", x) if last else x
    channels = known(image.shape[1])
    if groups < 1 or (channels or groups) % groups:
        node.fail(f"its {channels} channels do not fall into {groups} groups")
    each = floor_div(image.shape[1], groups)
    shape = (image.shape[0], index(groups), times(each, product(image.shape[2:])))
    grouped = reshape(node.inner("grouped"), image, shape)
    epsilon = node.number("epsilon", 1e-5)
    if x.type.bits() < 32:  # so that what is centred is not rounded before it is scaled
        grouped = elementwise(node.inner("wide"), lambda v: v, grouped, type=f.sum_type(x.type))
    centred = normal.normalize(node.inner("centred"), grouped, (2,), epsilon, None, None)
    back = reshape(node.inner("back"), centred, image.shape)
    factors = [
        normal.per_channel(node.inner(role), back, t) for role, t in (("g", scale), ("b", bias))
    ]

    def cell(v: Expr, s: Expr, b: Expr) -> Expr:
        wide = f.sum_type(v.type)
        made = cast_to(wide, v) * cast_to(wide, s) + cast_to(wide, b)
        return made * f.sigmoid(made) if active else made

    name = node.inner("made") if last else node.output()
    made = elementwise(name, cell, back, *factors, type=x.type)
    return channels_last(node.output(), made) if last else made
