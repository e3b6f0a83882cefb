"""Operators of the domain ``example.plugin``."""

from pathlib import Path

import halo as hl
from onnx_frontend import CFunction, NodeContext, Tensor, operator

DOMAIN = "example.plugin"

ROW_MEDIANS = CFunction("example_row_medians", Path(__file__).with_name("medians.c"))


@operator("Swish", since=1, domain=DOMAIN)
def swish(node: NodeContext, x: Tensor) -> Tensor:
    """x * sigmoid(alpha * x)."""
    alpha = node.number("alpha", 1.0)
    return node.elementwise(lambda v: v / (1 + hl.exp(-alpha * v)), x)


@operator("RowMedians", since=1, domain=DOMAIN)
def row_medians(node: NodeContext, x: Tensor) -> tuple[Tensor, ...]:
    """The medians of the rows of a matrix, of an even number of cells the lower one."""
    if x.rank != 2 or x.type != hl.Float(32):
        node.unsupported("a matrix of float32")
    return node.extern(ROW_MEDIANS, [x], [(x.type, x.shape[:1])])
