"""The cache of memoized Funcs."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

Key = tuple[bytes, bytes, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Kept:
    cells: tuple[bytes, ...]
    eviction_key: int
    size: int


class MemoizationCache:
    """Cells by what they depend on; at most `size` bytes, those used last. Threads may share it."""

    __slots__ = ("_bytes", "_kept", "_lock", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._bytes = 0
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def set_size(self, size: int) -> None:
        """Keep at most `size` bytes from now on; what was used longest ago goes first."""
        with self._lock:
            self._size = size
            self._shrink()

    def evict(self, eviction_key: int) -> None:
        """Drop all that was kept under `eviction_key`."""
        with self._lock:
            for key in [k for k, v in self._kept.items() if v.eviction_key == eviction_key]:
                self._bytes -= self._kept.pop(key).size

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def __len__(self) -> int:
        """Return how many boxes of cells are kept."""
        return len(self._kept)

    def load(self, ffi: Any, memo: Any) -> bool:
        """Write the cells that ``halo_memo`` `memo` names to its arrays, if they are kept."""
        key = _key(ffi, memo)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return False
            self._kept.move_to_end(key)
        for i, cells in enumerate(kept.cells):  # immutable, so another thread may drop them now
            ffi.memmove(memo.arrays[i], cells, len(cells))
        return True

    def store(self, ffi: Any, memo: Any) -> None:
        """Keep the cells in the arrays of `memo`."""
        key = _key(ffi, memo)
        size = sum(key[2])
        if size > self._size:
            return
        cells = tuple(bytes(ffi.buffer(memo.arrays[i], n)) for i, n in enumerate(key[2]))
        with self._lock:
            old = self._kept.pop(key, None)
            self._kept[key] = _Kept(cells, memo.eviction_key, size)
            self._bytes += size - (old.size if old else 0)
            self._shrink()

    def _shrink(self) -> None:
        while self._bytes > self._size:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size


def _key(ffi: Any, memo: Any) -> Key:
    """Return all that the cells depend on; sizes are in it, so that they always fit."""
    values = bytes(ffi.buffer(ffi.cast("char *", memo.key), 8 * memo.keys))
    sizes = tuple(memo.bytes[i] for i in range(memo.count))
    return ffi.string(memo.identity), values, sizes


CACHE = MemoizationCache(1 << 26)
"""That of this process."""
