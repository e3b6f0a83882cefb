"""The operators of the standard domain, a family to a file; importing it registers them all."""

from onnx_frontend.nodes import (
    activation,
    arithmetic,
    arrange,
    cast,
    conv,
    gather,
    logic,
    matmul,
    normalization,
    pad,
    pool,
    reduce,
    reshape,
    shape,
    slice,
    softmax,
)

__all__ = [
    "activation",
    "arithmetic",
    "arrange",
    "cast",
    "conv",
    "gather",
    "logic",
    "matmul",
    "normalization",
    "pad",
    "pool",
    "reduce",
    "reshape",
    "shape",
    "slice",
    "softmax",
]
