"""The profiler: exact counts, times that add up, values that stay."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import halo as hl
from codegen import find_compiler

x, y = hl.vars("x y")
PROFILE = hl.Target("host-profile")


def chain() -> tuple[hl.Func, hl.Func, hl.Func]:
    g, b, h = hl.Func("g"), hl.Func("b"), hl.Func("h")
    g[x, y] = hl.sin(hl.f32(x) * 10 + y)
    b[x, y] = g[x, y] + g[x, y + 1]
    h[x, y] = b[x, y] + b[x + 1, y]
    return g, b, h


def scheduled() -> tuple[hl.Func, hl.Func, hl.Func]:
    g, b, h = chain()
    g.compute_root().vectorize(x, 8)
    b.compute_at(h, y)
    h.parallel(y)
    return g, b, h


def test_calls_and_memory_are_exact_and_values_stay() -> None:
    g, b, h = scheduled()
    found = np.array(h.realize([100, 40], PROFILE))
    np.testing.assert_array_equal(found, np.array(chain()[2].realize([100, 40])))
    report = h.profile_report()
    assert report.runs == 1
    assert {f.name: f.calls for f in report.funcs} == {g.name(): 1, b.name(): 40, h.name(): 1}
    assert report[g.name()].allocations == 1
    assert report[g.name()].peak_bytes == report[g.name()].total_bytes == 101 * 41 * 4
    assert (report[b.name()].allocations, report[b.name()].total_bytes) == (40, 40 * 101 * 4)
    assert 101 * 4 <= report[b.name()].peak_bytes <= 40 * 101 * 4
    assert report[h.name()].allocations == 0
    assert report.overhead.allocations == 41
    assert report.overhead.peak_bytes >= report[g.name()].peak_bytes + 101 * 4


def test_times_are_of_each_func_alone_and_add_up() -> None:
    _, _, h = scheduled()
    out = hl.Buffer(hl.Float(32), [400, 300])
    h.realize(out, PROFILE)
    h.reset_profile()
    start = time.perf_counter()
    h.realize(out, PROFILE)
    wall = time.perf_counter() - start
    report = h.profile_report()
    assert all(f.seconds > 0 for f in report.funcs)
    threads = max(f.threads for f in report.funcs)
    assert report.seconds <= wall * threads
    assert report.seconds == pytest.approx(
        report.overhead.seconds + sum(f.seconds for f in report.funcs))  # fmt: skip


def test_the_table_is_printed_and_runs_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    g, b, h = scheduled()
    h.realize([20, 3], PROFILE)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{h.name().replace('$', '_')}: 1 runs, ")
    assert [line.split()[0] for line in lines[2:]] == ["overhead", g.name(), b.name(), h.name()]
    h.realize([20, 3], PROFILE)
    report = h.profile_report()
    assert (report.runs, report[b.name()].calls, report[g.name()].allocations) == (2, 6, 2)
    taken: list[str] = []
    h.jit_handlers().custom_print = taken.append
    h.realize([20, 3], PROFILE)
    assert len(taken) == 1 and "overhead" in taken[0]


def test_every_value_of_a_tuple_counts_for_its_func() -> None:
    g, h = hl.Func("g"), hl.Func("h")
    g[x] = hl.Tuple(hl.u8(x), hl.f64(x))
    h[x] = g[x][0] + g[x][1]
    g.compute_root().store_in(hl.MemoryType.Heap)
    h.realize([10], PROFILE)
    report = h.profile_report()
    assert (report[g.name()].allocations, report[g.name()].total_bytes) == (2, 90)


@pytest.mark.parametrize("size", [(0, 3), (1, 1), (17, 5)])
def test_sizes_and_vectors_that_do_not_fit(size: tuple[int, int]) -> None:
    g, b, h = chain()
    g.compute_at(h, x).vectorize(x, 4)
    b.compute_at(h, x)
    h.split(x, x, hl.Var("xi"), 4).vectorize("xi").parallel(y)
    expected = np.array(chain()[2].realize(list(size)))
    np.testing.assert_array_equal(np.array(h.realize(list(size), PROFILE)), expected)


def test_a_call_that_fails_leaves_no_profile() -> None:
    f = hl.Func("f")
    f[x] = hl.require(x < 3, x)
    with pytest.raises(hl.HaloError):
        f.realize([5], PROFILE)
    with pytest.raises(hl.DefinitionError, match="has no profile yet"):
        f.profile_report()


def test_without_the_feature_there_is_no_clock(tmp_path: Path) -> None:
    h = scheduled()[2]
    h.compile_to_c(tmp_path / "plain.c")
    assert "clock_gettime" not in (tmp_path / "plain.c").read_text()


def test_the_c_compiles_without_warnings(tmp_path: Path) -> None:
    scheduled()[2].compile_to_c(tmp_path / "timed.c", target=PROFILE)
    build = [*find_compiler().command, "-c", "-fopenmp", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([*build, "timed.c", "-o", "timed.o"], cwd=tmp_path, check=True)
