"""What lowering is asked for outputs, given the buffers they go to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from halo.buffer import Buffer
from halo.ir.expr import i64
from halo.ir.function import Dimension, Function, Image, Parameter, output_buffer
from halo.lowering import Request
from halo.pipeline.parts import is_dense, schedule_of
from halo.target import Target


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
    target: Target | None = None,
) -> Request:
    """Return the request to lower; an output known to have stride 1 is promised so."""
    dims: dict[str, tuple[Dimension, ...]] = {}
    alignments: dict[str, int] = {}
    rest = list(buffers)
    for f in outputs:
        for i in range(len(f.types)):
            image = f.output_images[i] if f.output_images else None
            buffer = output_buffer(f.name, i, len(f.types))
            dims[buffer] = _promised_dims(f, image, rest.pop(0))
            alignments[buffer] = image.alignment if image else 0
    return Request(
        c_name(name),
        outputs,
        schedule_of(outputs),
        output_dims=dims,
        alignments=alignments,
        requirements=tuple(outputs[0].requirements),
        args=args,
        features=frozenset(o.value for o in target.options) if target else frozenset(),
    )


def whole_request(outputs: Sequence[Function], target: Target | None = None) -> Request:
    """Return the request for `outputs` into buffers of which nothing is known."""
    nothing = [None] * count_values(outputs)
    return make_request(outputs, outputs[0].name, nothing, None, target)


def _promised_dims(f: Function, image: Image | None, b: Buffer | None) -> tuple[Dimension, ...]:
    dims = tuple(image.dims) if image else (Dimension(),) * f.dimensions
    free = image is not None and image.free_stride
    dense = is_dense(b) if b is not None else f.dimensions > 0 and not free
    if not dense or dims[0].stride is not None:
        return dims
    return (replace(dims[0], stride=i64(1)), *dims[1:])
