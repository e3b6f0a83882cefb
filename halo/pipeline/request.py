"""What lowering is asked for outputs, given the buffers they go to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from halo.buffer import Buffer
from halo.ir.expr import i64
from halo.ir.function import Dimension, Function, Image, Parameter
from halo.lowering import Request
from halo.lowering.surroundings import output_buffer
from halo.pipeline.parts import is_dense, schedule_of


def c_name(name: str) -> str:
    """Return `name` as a C identifier."""
    made = re.sub(r"\W", "_", name, flags=re.ASCII)
    return made if made and not made[0].isdigit() else f"f_{made}"


def count_values(outputs: Sequence[Function]) -> int:
    return sum(len(f.types) for f in outputs)


def make_request(
    outputs: Sequence[Function],
    name: str,
    buffers: Sequence[Buffer | None],
    args: Sequence[Image | Parameter] | None,
) -> Request:
    """Return the request to lower; an output known to have stride 1 is promised so."""
    dims: dict[str, tuple[Dimension, ...]] = {}
    rest = list(buffers)
    for f in outputs:
        for i in range(len(f.types)):
            b = rest.pop(0)
            dense = f.dimensions > 0 and (b is None or is_dense(b))
            first = Dimension(stride=i64(1) if dense else None)
            others = (Dimension(),) * (f.dimensions - 1)
            if f.dimensions:
                dims[output_buffer(f.name, i, len(f.types))] = (first, *others)
    return Request(c_name(name), outputs, schedule_of(outputs), output_dims=dims, args=args)
