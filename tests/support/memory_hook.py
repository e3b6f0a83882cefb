"""A context's hooks for memory, which watch."""

from __future__ import annotations

from typing import Any

import codegen
from codegen.hooks import abi


class Hook:
    """An allocator that counts, and gives out memory `limit` times.

    Attributes
    ----------
    given
        How often it did.
    sizes
        The bytes that were asked for, in order.
    live
        What was not given back yet.
    """

    def __init__(self, limit: int) -> None:
        ffi = abi()
        self.limit, self.given = limit, 0
        self.sizes: list[int] = []
        self.live: dict[int, Any] = {}
        self.ffi = ffi
        self.allocate = ffi.callback("void *(void *, size_t)", self._allocate)
        self.release = ffi.callback("void(void *, void *)", self._release)

    def _allocate(self, user: Any, size: int) -> Any:
        if self.given == self.limit:
            return self.ffi.NULL
        self.given += 1
        self.sizes.append(size)
        block = self.ffi.new("char[]", size + 64)
        address = (int(self.ffi.cast("uintptr_t", block)) + 63) // 64 * 64
        self.live[address] = block
        return self.ffi.cast("void *", address)

    def _release(self, user: Any, p: Any) -> None:
        del self.live[int(self.ffi.cast("uintptr_t", p))]

    def context(self) -> Any:
        made = codegen.make_context(1)
        made.allocate, made.release = self.allocate, self.release
        return made
