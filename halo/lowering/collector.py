"""Python's collector of cycles, which lowering has next to no work for and much of."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 200_000
"""New objects between two collections: what lowering makes lives long, and is in no cycle."""

_lock = threading.Lock()
_inside = 0
_before = (0, 0, 0)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let the collector run rarely for a while, in all threads; not at all where it is off.

    Each of its full runs looks at every object there is, and new ones that stay bring it about.
    """
    global _inside, _before
    with _lock:
        if not _inside:
            _before = gc.get_threshold()
            if 0 < _before[0] < _OBJECTS:
                gc.set_threshold(_OBJECTS, *_before[1:])
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside and gc.get_threshold() == (_OBJECTS, *_before[1:]):
                gc.set_threshold(*_before)
