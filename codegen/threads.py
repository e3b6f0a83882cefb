"""How many threads compiled code may use: the container's limits, the user's wish, forks."""

from __future__ import annotations

import ctypes
import functools
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
"""Where Linux tells what a container may use."""


def available_threads() -> int:
    """Return the number of threads a parallel loop should use, at least 1.

    ``$HALO_NUM_THREADS`` if set, else the least of ``$OMP_NUM_THREADS``, the cores this process
    may run on, and the container's CPU quota. In a child forked after a parallel region it is 1,
    because gcc's OpenMP would wait for threads that the fork did not copy.
    """
    if _state.forked:
        return 1
    wanted = _positive(os.environ.get("HALO_NUM_THREADS"))
    if wanted:
        return wanted
    limits = [cores()]
    openmp = _positive((os.environ.get("OMP_NUM_THREADS") or "").split(",")[0])
    if openmp:
        limits.append(openmp)
    return max(1, min(limits))


def cores() -> int:
    """Return the cores this process may use by affinity and by the cgroup's quota."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quota = _own_quota()
    return max(1, min(count, math.ceil(quota))) if quota else max(1, count)


@functools.cache  # it is asked for at every call, and a container's quota hardly ever changes
def _own_quota() -> float | None:
    return cpu_quota(CGROUP)


def cpu_quota(root: Path) -> float | None:
    """Return the CPUs that the cgroup (version 2 or 1) under `root` allows; None: no limit."""
    try:
        words = (root / "cpu.max").read_text(encoding="ascii").split()
        return None if words[0] == "max" else int(words[0]) / int(words[1])
    except (OSError, ValueError, IndexError, ZeroDivisionError):
        pass
    try:
        quota = int((root / "cpu" / "cpu.cfs_quota_us").read_text(encoding="ascii"))
        period = int((root / "cpu" / "cpu.cfs_period_us").read_text(encoding="ascii"))
        return quota / period if quota > 0 and period > 0 else None
    except (OSError, ValueError):
        return None


_SPINS = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


@contextmanager
def waiting_threads_sleep() -> Iterator[None]:
    """Have gcc's OpenMP, if it is loaded in here, let idle threads sleep after a short spin.

    By default they spin for milliseconds. On a core that others want too, that is time the thread
    they wait for does not get: a model of many small loops then runs tens of times slower. The
    runtime reads its settings when it is loaded, and what the user set is left alone.
    """
    if any(name in os.environ for name in _SPINS):
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = "30000"
    try:
        yield
    finally:
        os.environ.pop("GOMP_SPINCOUNT", None)


_RUNTIMES = ("libgomp.so.1", "libomp.so.5", "libomp.so", "libomp.dylib")
_kept: set[str] = set()


def keep_runtimes() -> None:
    """Keep the OpenMP runtimes that are loaded in memory until the process ends.

    Their idle threads outlive the parallel region. When the last library that needs a runtime is
    closed, it would be unmapped under these threads: they crash where they wake up, and the next
    library starts as many again.
    """
    loaded, stays = getattr(os, "RTLD_NOLOAD", None), getattr(os, "RTLD_NODELETE", 0)
    for name in _RUNTIMES:
        if loaded is None or name in _kept:
            continue
        with suppress(OSError):  # this one is not loaded
            ctypes.CDLL(name, mode=os.RTLD_NOW | loaded | stays)
            _kept.add(name)


def _positive(text: str | None) -> int:
    try:
        return max(0, int(text or ""))
    except ValueError:
        return 0


class _State:
    """What a fork changes."""

    def __init__(self) -> None:
        self.went_parallel = False
        self.forked = False

    def after_fork(self) -> None:
        self.forked = self.forked or self.went_parallel


_state = _State()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_state.after_fork)


def threads_for_call(wanted: int | None = None) -> int:
    """Return the threads of one call, and remember when it is more than one."""
    count = 1 if _state.forked else wanted or available_threads()
    if count > 1:
        _state.went_parallel = True
    return count
