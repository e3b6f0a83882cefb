"""Cells that no definition gives a value begin as 0."""

from __future__ import annotations

import dataclasses

from halo.ir.expr import Expr, const
from halo.ir.function import Definition
from halo.ir.intrinsics import is_undefined
from halo.lowering.program import Program


def fill_undefined(program: Program) -> Program:
    """Give each undef of a pure definition the value 0, but for the outputs.

    Requires: undefs are whole values. Ensures: an output's pure definition leaves its cells as
    the caller's buffer has them, and no bit depends on what memory held.

    Example: ``f(x) = undef(); f(r) = 1`` with f inside -> ``f(x) = 0; f(r) = 1``.
    """
    if not any(is_undefined(v) for ds in program.definitions.values() for v in ds[0].values):
        return program
    definitions = {
        name: stages if name in program.outputs else (_filled(stages[0]), *stages[1:])
        for name, stages in program.definitions.items()
    }
    return dataclasses.replace(program, definitions=definitions)


def _filled(d: Definition) -> Definition:
    def fill(e: Expr) -> Expr:
        return const(e.type, 0) if is_undefined(e) else e

    return dataclasses.replace(d, values=tuple(map(fill, d.values)))
