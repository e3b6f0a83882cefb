"""The table of printers of all expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen import c_arithmetic, c_calls, c_memory, c_vectors
from codegen.c_context import Code, Context
from codegen.c_walk import let
from halo.ir.expr import Let

PRINTERS: dict[type, Callable[[Context, Any], Code]] = {
    **c_arithmetic.PRINTERS,
    **c_vectors.PRINTERS,
    **c_memory.PRINTERS,
    **c_calls.PRINTERS,
    Let: let,
}
"""Expression class -> function that prints it."""
