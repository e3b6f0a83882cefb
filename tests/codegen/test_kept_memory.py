"""Memory between inputs and outputs: it stays for the next call, and only so much of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import numpy as np
import pytest

import halo as hl
from codegen import workspaces
from codegen.workspaces import give_region, kept_bytes, memory_bytes, take_region

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere memory comes from libc in each call"
)
MB = 1 << 20


@pytest.fixture(autouse=True)
def none_idle(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin without memory of earlier calls."""
    monkeypatch.setattr(workspaces, "_idle", [])
    monkeypatch.setenv("HALO_KEEP_MB", "64")
    yield


def resident() -> int:
    """Return the bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def staged(mb: int) -> Any:
    """Return a Callable that stores `mb` MB between its input and its output."""
    x, y = hl.vars("x y")
    source, f, g = hl.ImageParam(hl.UInt(8), 1, "source"), hl.Func("f"), hl.Func("g")
    f[x, y] = source[x] + hl.u8(y)
    g[x] = f[x, mb - 1] + f[x, 0]
    f.compute_root().bound(y, 0, mb).vectorize(x, 32)
    return g.compile_to_callable([source])


def check(call: Any, mb: int) -> None:
    given, out = np.arange(MB, dtype=np.uint64).astype(np.uint8), np.zeros(MB, np.uint8)
    call(given, out)
    np.testing.assert_array_equal(out, (2 * given + np.uint8(mb - 1)).astype(np.uint8))


def test_the_next_call_has_the_memory_of_the_last() -> None:
    call = staged(40)
    check(call, 40)
    (region,) = workspaces._idle
    for _ in range(3):
        check(call, 40)
        assert workspaces._idle == [region]
    check(staged(7), 7)
    assert workspaces._idle == [region]


def test_what_is_kept_stays_within_its_limit() -> None:
    before = resident()
    check(staged(120), 120)
    assert resident() - before < 64 * MB + 24 * MB
    assert len(workspaces._idle) == 1


def test_nothing_is_kept_where_nothing_shall_be(monkeypatch: pytest.MonkeyPatch) -> None:
    check(staged(8), 8)
    monkeypatch.setenv("HALO_KEEP_MB", "0")
    check(staged(8), 8)
    assert workspaces._idle == []
    check(staged(9), 9)
    assert workspaces._idle == []


def test_a_call_larger_than_its_region_takes_the_rest_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HALO_KEEP_MB", "16")
    x, y = hl.vars("x y")
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x, y] = x * y
    g[x, y] = f[x, y % 1024] + 1
    h[x] = g[x, 1023] + g[x, 8190] + f[x, 1]
    f.compute_root().bound(x, 0, 1024).bound(y, 0, 1024)  # 4 MB
    g.compute_root().bound(x, 0, 1024).bound(y, 0, 8192)  # 32 MB
    out = np.zeros(1024, np.int32)
    call = h.compile_to_callable([])
    for _ in range(2):
        call(out)
        np.testing.assert_array_equal(out, np.arange(1024) * (1023 + 1022 + 1) + 2)
    assert len(workspaces._idle) == 1


def test_calls_at_once_do_not_share_memory() -> None:
    call, barrier, wrong = staged(12), Barrier(6), []

    def work(number: int) -> None:
        given, out = np.full(MB, number, np.uint8), np.zeros(MB, np.uint8)
        barrier.wait()
        for _ in range(8):
            call(given, out)
            if not (out == 2 * number + 11).all():
                wrong.append(number)

    threads = [Thread(target=work, args=(n,)) for n in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []
    regions = workspaces._idle
    assert 1 <= len(regions) <= 4 and len(set(map(id, regions))) == len(regions)


def test_a_region_is_as_large_as_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    region = take_region()
    assert region is not None and region.bytes == 64 * MB
    give_region(region, region.bytes)
    assert take_region() is region
    monkeypatch.setenv("HALO_KEEP_MB", "32")
    give_region(region, 1)
    other = take_region()
    assert other is not None and other.bytes == 32 * MB


def test_the_limit_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept_bytes() == 64 * MB
    for text in ("", "much", "-3"):
        monkeypatch.setenv("HALO_KEEP_MB", text)
        assert kept_bytes() == min(memory_bytes(workspaces.CGROUP) // 16, 512 * MB)


@pytest.mark.parametrize(
    ("name", "text", "limit"),
    [
        ("memory.max", "1048576\n", MB),
        ("memory.max", "max\n", None),
        ("memory/memory.limit_in_bytes", "2097152\n", 2 * MB),
        ("nothing", "1\n", None),
    ],
)
def test_a_container_may_have_less_memory_than_the_machine(
    tmp_path: Path, name: str, text: str, limit: int | None
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="ascii")
    found = memory_bytes(tmp_path)
    assert found == limit if limit else found > 64 * MB
