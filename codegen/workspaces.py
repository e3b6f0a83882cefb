"""Memory for what a call stores between its inputs and outputs, kept for the next call.

Large memory that is given back goes to the system, which clears it before anybody has it again:
that takes longer than to compute a cheap stage. Each call here has a region of addresses, of which
it fills the beginning. What it has filled stays with the process; what does not fit comes from
libc.
"""

from __future__ import annotations

import mmap
import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from codegen.hooks import abi, abi_types
from codegen.threads import CGROUP

_MOST_IDLE = 4
"""How many regions wait for calls; as many calls at once keep their memory."""

_LARGEST = 512 << 20
"""Larger regions would drive apart what LLVM loads, which may lie 2 GB from each other at most."""

_LARGE_PAGE = 2 << 20
_NORESERVE = 0x4000  # Linux's MAP_NORESERVE, which Python names from 3.13 on

_idle: list[Region] = []


class Region:
    """Addresses for one call at a time.

    Attributes
    ----------
    start
        The first one, as C's ``void *``.
    bytes
        How many there are.
    """

    __slots__ = ("_memory", "bytes", "start")

    def __init__(self, size: int) -> None:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE
        self._memory = mmap.mmap(-1, size + _LARGE_PAGE, flags)
        self._memory.madvise(mmap.MADV_HUGEPAGE)
        pinned = abi().from_buffer(self._memory)
        skipped = -int(abi().cast("uintptr_t", pinned)) % _LARGE_PAGE
        self.start: Any = abi().cast(abi_types()["address"], pinned + skipped)
        self.bytes = size


def take_region() -> Region | None:
    """Return a region that nobody uses, or a new one; None if none is to be kept or to be had."""
    try:
        return _idle.pop()
    except IndexError:
        pass
    size = kept_bytes()
    if not size or not _can_reserve():
        return None
    try:
        return Region(size)
    except (OSError, ValueError, OverflowError):  # no such page size, or too few addresses
        return None


def give_region(region: Region, used: int) -> None:
    """Keep `region` for the next call, after one that filled its first `used` bytes."""
    if len(_idle) < _MOST_IDLE and (not used or region.bytes == kept_bytes()):
        _idle.append(region)


def kept_bytes() -> int:
    """Return how many bytes a region keeps from one call to the next.

    ``$HALO_KEEP_MB`` times 2**20 if it is set, else a sixteenth of `memory_bytes`, 512 MB at most.
    """
    text = os.environ.get("HALO_KEEP_MB", "")
    return int(text) << 20 if text.isdecimal() else min(memory_bytes(CGROUP) // 16, _LARGEST)


@cache  # a container's limit hardly ever changes
def memory_bytes(root: Path) -> int:
    """Return the bytes of the machine's memory, or as many as the cgroup under `root` allows."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # there is no such file, or it says "max"
            limits.append(int((root / name).read_text(encoding="ascii")))
    return min(limits)


def _can_reserve() -> bool:
    return sys.platform == "linux" and sys.maxsize > 2**32
