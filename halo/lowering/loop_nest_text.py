"""The loops of a schedule as text, without the arithmetic."""

from __future__ import annotations

from halo.ir.expr import as_const
from halo.ir.intrinsics import is_intrinsic
from halo.ir.node import Node
from halo.ir.stmt import (
    CallExtern,
    For,
    Fork,
    HoistedStorage,
    IfThenElse,
    ProducerConsumer,
    Provide,
    Realize,
    Stmt,
)


def loop_nest_text(s: Stmt) -> str:
    """Return the loops, storage and definitions of `s` as indented text, in Halide's manner.

    Requires: stage "loops".

    Example::

        produce f:
          for y:
            vectorized x in [0, 7]:
              f(...) = ...
    """
    lines: list[str] = []
    _write(s, 0, lines)
    return "\n".join(lines) + "\n"


def _write(s: Node, depth: int, lines: list[str]) -> None:
    head = _head(s)
    if head:
        lines.append("  " * depth + head)
        depth += 1
    for child in _shown(s):
        if isinstance(s, Fork):
            lines.append("  " * depth + "branch:")
            _write(child, depth + 1, lines)
        else:
            _write(child, depth, lines)


def _shown(s: Node) -> list[Stmt]:
    # Of the two ways to run a stage, only the one for enough cells is the user's schedule.
    if isinstance(s, IfThenElse) and is_intrinsic(s.condition, "likely"):
        return [s.then_case]
    if isinstance(s, Fork):
        return list(s.branches)
    return [c for c in s.children() if isinstance(c, Stmt)]


def _head(s: Node) -> str:
    match s:
        case ProducerConsumer(name=name, is_producer=producing, body=body):
            return f"{'produce' if producing else 'consume'} {name}:" if _any(body) else ""
        case Fork():
            return "beside each other:"
        case HoistedStorage(name=name):
            return f"memory for {name}:"
        case Realize(name=name):
            return f"store {name}:"
        case For(name=name, kind=kind):
            low, n = as_const(s.min), as_const(s.extent)
            interval = ""
            if low is not None and n is not None:
                interval = f" in [{low}, {int(low) + int(n) - 1}]"
            return f"{kind.value} {name}{interval}:"
        case Provide(name=name):
            return f"{name}(...) = ..."
        case CallExtern(name=name):
            return f"extern {name}(...)"
        case _:
            return ""


def _any(s: Node) -> bool:
    if isinstance(s, (Provide, CallExtern)):
        return True
    return any(_any(c) for c in s.children() if isinstance(c, Stmt))
