"""The order in which tensors can be computed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from halo.ops.tensor import Tensor


def producers_first(
    outputs: Iterable[Tensor], given: Collection[Tensor] = ()
) -> tuple[Tensor, ...]:
    """Return all tensors that `outputs` need, each once, after what it reads.

    What only `given` need is left out.
    """
    order: dict[Tensor, None] = {}
    stack = [(t, False) for t in reversed(list(outputs))]
    while stack:
        tensor, done = stack.pop()
        if tensor in order:
            continue
        if done or tensor in given:
            order[tensor] = None
        else:
            stack.append((tensor, True))
            stack.extend((x, False) for x in reversed(tensor.op.inputs))
    return tuple(order)
