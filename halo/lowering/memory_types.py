"""Memory as the user asked for it: on the stack, in registers; what cannot be is said."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from halo.ir.expr import as_const
from halo.ir.function import Function, output_buffer
from halo.ir.printer import to_text
from halo.ir.stmt import Allocate, MemoryType, Stmt
from halo.ir.substitute import walk
from halo.schedule.directives import StoreIn
from halo.schedule.receipts import Receipt, Receipts, Status
from halo.schedule.refuse import refuse

STACK_MOST = 1 << 20
"""Bytes of one allocation on the stack: a thread's stack may be 2 MiB as a whole."""


def check_stack(s: Stmt, functions: Mapping[str, Function], receipts: Receipts) -> Stmt:
    """Refuse storage that was to lie on the stack and has no constant or too large a size.

    Requires: flat stage, extents simplified.
    Ensures: `s` as it was; every allocation in `MemoryType.Stack` has constant extents.

    Example: ``g.store_in(MemoryType.Stack)`` where g covers a row of the output -> refused.

    Raises
    ------
    ScheduleError
        The size is not a constant, or more than `STACK_MOST` bytes.
    """
    wanted = _wanted(functions, receipts, MemoryType.Stack)
    for a in _allocations(s, wanted):
        function = functions[wanted[a.name].entry.func]
        sizes = [as_const(e) for e in a.extents]
        shown = f"{a.type}[{', '.join(to_text(e) for e in a.extents)}]"
        if None in sizes:
            refuse(
                wanted[a.name].entry,
                function,
                f"its size {shown} is not a constant",
                f"legal: split the loops around it by constants, {function.name}.bound_storage("
                f"dim, n), or {function.name}.store_in({MemoryType.Heap!r})",
            )
        size = a.type.bytes() * math.prod(int(n) for n in sizes if n is not None)
        if size > STACK_MOST:
            refuse(
                wanted[a.name].entry,
                function,
                f"{shown} takes {size} bytes, and the stack gives at most {STACK_MOST}",
                f"legal: {function.name}.store_in({MemoryType.Heap!r})",
            )
    return s


def report_registers(
    reasons: Mapping[str, str], functions: Mapping[str, Function], receipts: Receipts
) -> None:
    """Record which storage that was to lie in registers does not, and why."""
    for name, receipt in _wanted(functions, receipts, MemoryType.Register).items():
        if name in reasons:
            receipts.add(receipt.entry, Status.WITHOUT_EFFECT, reasons[name])


def _wanted(
    functions: Mapping[str, Function], receipts: Receipts, memory: MemoryType
) -> dict[str, Receipt]:
    """Return the arrays of Funcs for which an effective directive asks for `memory`."""
    found: dict[str, Receipt] = {}
    for receipt in receipts:
        entry = receipt.entry
        if receipt.status is not Status.APPLIED or not isinstance(entry.directive, StoreIn):
            continue
        if entry.directive.memory is memory and entry.func in functions:
            n = len(functions[entry.func].types)
            found.update({output_buffer(entry.func, i, n): receipt for i in range(n)})
    return found


def _allocations(s: Stmt, names: Mapping[str, object]) -> Iterator[Allocate]:
    if names:
        yield from (n for n in walk(s) if isinstance(n, Allocate) and n.name in names)
