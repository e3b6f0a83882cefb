"""The tables that a profiled function fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from codegen.hooks import abi


class ProfileRow(NamedTuple):
    """What one call of a function spent on one Func."""

    name: str
    nanoseconds: int
    calls: int
    threads: int
    allocations: int
    peak: int
    total: int


class ProfileTable:
    """Memory for the times of a call, thread by thread.

    Parameters
    ----------
    names
        What `LoweredFunc.profiled` says; number 0 is the function itself.
    threads
        How many threads the call may use.
    """

    __slots__ = ("_alive", "names", "table")

    def __init__(self, names: Sequence[str], threads: int) -> None:
        ffi, n = abi(), len(names)
        self.names = tuple(names)
        times = [ffi.new("int64_t[]", n) for _ in range(2 * threads)]
        slots = ffi.new("halo_profile_thread[]", threads)
        for i, slot in enumerate(slots):
            slot.current = -1
            slot.nanoseconds, slot.calls = times[2 * i], times[2 * i + 1]
        memory = ffi.new("halo_profile_memory_use[]", n)
        self.table: Any = ffi.new("halo_profile *")
        self.table.threads, self.table.thread, self.table.memory = threads, slots, memory
        self._alive = (times, slots, memory)

    def rows(self) -> list[ProfileRow]:
        """Return what each Func took: time is that of all threads together."""
        _, slots, memory = self._alive
        found: list[ProfileRow] = []
        for i, name in enumerate(self.names):
            times = [slot.nanoseconds[i] for slot in slots]
            m = memory[i] if i else self.table.all
            calls = sum(slot.calls[i] for slot in slots)
            used = sum(t > 0 for t in times)
            found.append(ProfileRow(name, sum(times), calls, used, m.allocations, m.peak, m.total))
        return found
