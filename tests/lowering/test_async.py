"""Producers that run beside their users, on threads of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from async_cases import CASES, FAILURES, GUARD, at_root, column, ring, rows, tiles, x, y

import halo as hl
from halo.interpret import interpret
from halo.ir.execute import execute
from halo.ir.stmt import Acquire, For, Fork, Release, Stmt
from halo.ir.substitute import walk
from halo.ir.verify import verify
from halo.lowering import Lowered, Request, lower
from halo.lowering.loop_nest_text import loop_nest_text
from halo.schedule.receipts import Status

SUPPORT = Path(__file__).resolve().parents[1] / "support"


def cells(reach: int = 40) -> hl.Buffer:
    """Return an input that holds all that the pipelines read."""
    data = np.random.default_rng(5).integers(-900, 800, (2 * reach, 2 * reach), dtype=np.int32)
    made = hl.Buffer(data)
    made.set_min([-reach, -reach])
    return made


def run(f: hl.Func, size: tuple[int, int], mins: tuple[int, int]) -> np.ndarray[Any, Any]:
    out = hl.Buffer(hl.Int(32), list(size))
    out.set_min(list(mins))
    f.realize(out)
    return np.array(out)


SHAPES = [
    *(((21, 11), mins) for mins in ((0, 0), (-13, -6))),
    *((size, (-3, 2)) for size in ((8, 4), (1, 1), (0, 3), (3, 0), (5, 17))),
]


@cache
def meant(name: str, size: tuple[int, int], mins: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Return the cells of a case as the interpreter, which knows no schedule, computes them."""
    return np.asarray(interpret(CASES[name](cells()), size, mins))


def formula(a: Any, b: Any) -> Any:
    """Return what the pipelines read where no image is in the way of a golden text."""
    return a * 7 - b * b


class Formula:
    """The formula as something to read cells of."""

    def __getitem__(self, at: tuple[Any, Any]) -> Any:
        return formula(*at)


def lowered(f: hl.Func) -> Lowered:
    return lower(Request("f", [f.function], f.schedule()))


def forks(f: hl.Func) -> list[Fork]:
    return [n for n in walk(lowered(f).loops) if isinstance(n, Fork)]


def async_receipts(f: hl.Func) -> dict[str, tuple[Status, str]]:
    found = [r for r in f.receipts() if r.entry.directive.method == "async_"]
    return {r.entry.func.partition("$")[0]: (r.status, r.reason) for r in found}


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_cells_computed_beside_their_users_are_the_same(
    name: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HALO_NUM_THREADS", str(threads))
    f = CASES[name](cells())
    for size, mins in SHAPES:
        for _ in range(3):
            got = run(f, size, mins)
            np.testing.assert_array_equal(got, meant(name, size, mins), err_msg=f"{size} {mins}")


@pytest.mark.parametrize("name", list(CASES))
def test_every_case_runs_something_beside_something(name: str) -> None:
    f = CASES[name](cells())
    assert {status for status, _ in async_receipts(f).values()} == {Status.APPLIED}
    assert forks(f)


@pytest.mark.parametrize("name", list(CASES))
def test_the_executor_computes_the_same_cells_and_every_stage_is_well_formed(name: str) -> None:
    f = CASES[name](Formula())
    made = lowered(f)
    verify(made.loops, "loops")
    verify(made.func.body, "final")
    out = np.zeros(13 * 9, np.int32)
    fields = {"min.0": -3, "min.1": 2, "extent.0": 13, "extent.1": 9, "stride.0": 1, "stride.1": 13}
    (arg,) = made.func.args
    named = {f"{arg.name}.{what}": value for what, value in fields.items()}
    execute(made.func, {arg.name: out}, named)
    np.testing.assert_array_equal(out.reshape(9, 13), interpret(f, (13, 9), (-3, 2)))


@pytest.mark.parametrize("name", ["rows", "ring", "at root", "producer of a producer"])
def test_many_runs_agree_and_none_of_them_hangs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALO_NUM_THREADS", "7")
    f = CASES[name](cells())
    for _ in range(300):
        np.testing.assert_array_equal(run(f, (9, 30), (0, 0)), meant(name, (9, 30), (0, 0)))


@pytest.mark.parametrize("name", list(FAILURES))
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_who_waits_for_what_failed_leaves_with_its_error(
    name: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HALO_NUM_THREADS", str(threads))
    data = np.zeros((40, 40), np.int32)
    source = hl.Buffer(data)
    source.set_min([-5, -5])
    f = FAILURES[name](source)
    right = run(f, (20, 20), (0, 0))
    for row in (5, 14, 24):
        data[row, 11] = 1000 + row
        for _ in range(5):
            with pytest.raises(hl.HaloError, match=f"too large: {1000 + row}"):
                run(f, (20, 20), (0, 0))
        data[row, 11] = 0
        np.testing.assert_array_equal(run(f, (20, 20), (0, 0)), right)


FORK = """
import os, signal, sys
import numpy as np
from async_cases import CASES
class Formula:
    def __getitem__(self, at):
        return at[0] * 7 - at[1] * at[1]
signal.alarm(100)
f = CASES[sys.argv[1]](Formula())
before = np.array(f.realize([9, 30]))
child = os.fork()
if child == 0:
    signal.alarm(30)
    os._exit(0 if np.array_equal(f.realize([9, 30]), before) else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


@pytest.mark.parametrize("name", ["rows", "at root", "parallel at root"])
def test_a_forked_child_does_not_wait_for_threads_it_does_not_have(name: str) -> None:
    environment = {**os.environ, "HALO_NUM_THREADS": "3"}
    environment["PYTHONPATH"] = os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")])
    words = [sys.executable, "-c", FORK, name]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def plain_names(text: str) -> str:
    """Return `text` without the numbers that tell Funcs of one name apart."""
    return re.sub(r"\$\d+", "", text)


def test_golden_rows_in_step(golden: Callable[[str], None]) -> None:
    f = rows(Formula())
    f.bound(x, 0, 8)
    golden(plain_names(f"{lowered(f).loops}\n\n{loop_nest_text(lowered(f).loops)}"))


def test_golden_ring_in_step(golden: Callable[[str], None]) -> None:
    golden(plain_names(str(lowered(ring(Formula())).loops)))


def test_golden_branches_at_root(golden: Callable[[str], None]) -> None:
    golden(plain_names(str(lowered(at_root(Formula())).loops)))


def depth_of(f: hl.Func) -> int:
    """Return how many iterations a producer may be ahead."""
    (fork,) = forks(f)
    return next(count for name, count in fork.semaphores if ".space." in name)


@pytest.mark.parametrize(("kept", "depth"), [(4, 2), (5, 3), (7, 5)])
def test_a_folded_buffer_is_as_far_ahead_as_it_has_room(kept: int, depth: int) -> None:
    g, f = column(Formula())
    g.compute_at(f, y).store_root().fold_storage(y, kept).async_()
    assert depth_of(f) == depth


def test_a_ring_is_ahead_by_its_parts() -> None:
    g, f = column(Formula())
    g.compute_at(f, y).hoist_storage_root().ring_buffer(5).async_()
    assert depth_of(f) == 5


def test_the_serial_code_is_the_one_without_the_directive() -> None:
    g, f = column(Formula())
    g.compute_at(f, y).store_root().fold_storage(y, 4)
    (plain,) = [
        n
        for n in walk(lowered(f).loops)
        if isinstance(n, For) and n.name.endswith("s0.y") and n.name.startswith(f.name())
    ]
    g.async_()
    (fork,) = forks(f)
    assert str(fork.serial) == str(plain)
    assert not [n for n in walk(plain) if isinstance(n, (Acquire, Release))]


def unapplied(make: Callable[[], tuple[hl.Func, hl.Func]]) -> str:
    """Return why a producer has no thread of its own."""
    g, f = make()
    status, reason = async_receipts(f)[g.name().partition("$")[0]]
    assert status is Status.WITHOUT_EFFECT
    assert not forks(f)
    np.testing.assert_array_equal(run(f, (9, 7), (-2, 1)), interpret(f, (9, 7), (-2, 1)))
    return reason


def test_where_nothing_runs_beside_it_the_directive_is_without_effect() -> None:
    def make() -> tuple[hl.Func, hl.Func]:
        g, f = column(Formula())
        return g.compute_root().async_(), f

    assert "nothing that does not wait for it" in unapplied(make)


def test_a_buffer_without_room_says_how_much_would_do() -> None:
    def make() -> tuple[hl.Func, hl.Func]:
        g, f = column(Formula())
        return g.compute_at(f, y).store_root().fold_storage(y, 3).async_(), f

    assert "3 cells along y leave no room to run ahead; fold_storage(y, 4)" in unapplied(make)


def test_a_func_with_updates_stored_outside_waits_for_its_users() -> None:
    def make() -> tuple[hl.Func, hl.Func]:
        g, f = column(Formula(), updated=True)
        return g.compute_at(f, y).store_root().async_(), f

    assert "it has updates" in unapplied(make)


def test_cells_that_are_computed_again_are_not_written_while_they_are_read() -> None:
    def make() -> tuple[hl.Func, hl.Func]:
        g, f = hl.funcs("g f")
        g[x, y] = formula(x, y)
        f[x, y] = g[x + y, y] + g[x, y]
        return g.compute_at(f, y).store_root().async_(), f

    assert "do not move one way" in unapplied(make)


def test_a_part_of_a_ring_that_is_folded_waits_for_its_users() -> None:
    def make() -> tuple[hl.Func, hl.Func]:
        g, f = tiles(Formula())
        g.compute_at(f, "yi").store_at(f, "xo").fold_storage(y, 4)
        return g.hoist_storage_root().ring_buffer(2).async_(), f

    assert "fold_storage keeps some of the cells of a part only" in unapplied(make)


def test_what_both_sides_use_is_named_where_it_has_no_thread() -> None:
    def make() -> tuple[hl.Func, hl.Func]:
        h, f = hl.funcs("h f")
        g = hl.Func("g")
        h[x, y] = formula(x, y)
        g[x, y] = h[x, y] * 3
        f[x, y] = g[x, y - 1] + h[x, y]
        h.compute_at(f, y)
        return g.compute_at(f, y).store_root().async_(), f

    reason = unapplied(make)
    assert "used beside it" in reason
    assert ".async_()" in reason


def test_a_directive_given_twice_is_applied_once() -> None:
    g, f = column(Formula())
    g.compute_at(f, y).store_root().async_().async_()
    statuses = [r.status for r in f.receipts() if r.entry.directive.method == "async_"]
    assert statuses == [Status.WITHOUT_EFFECT, Status.APPLIED]


def test_a_ring_behind_guards_waits_where_iterations_are_left_out() -> None:
    g, f = column(Formula())
    f.split(x, "xo", "xi", 4, GUARD).reorder(y, "xi", "xo")
    g.compute_at(f, y).hoist_storage_root().ring_buffer(3).async_()
    right = interpret(f, (10, 9), (0, 0))
    for _ in range(20):
        np.testing.assert_array_equal(run(f, (10, 9), (0, 0)), right)


def test_a_memoized_producer_may_run_beside_others() -> None:
    g, h, f = hl.funcs("g h f")
    g[x, y] = formula(x, y)
    h[x, y] = x - y
    f[x, y] = g[x, y - 1] + h[x, y]
    g.compute_root().memoize().async_()
    h.compute_root()
    for _ in range(2):
        np.testing.assert_array_equal(run(f, (9, 7), (0, 0)), interpret(f, (9, 7), (0, 0)))
    assert forks(f)


def test_what_is_printed_is_printed_once_by_each() -> None:
    h, k = hl.funcs("h k")
    h[x, y] = hl.print(formula(x, y), "cell", y)
    k[x, y] = h[x, y] + h[x, y + 1]
    h.compute_at(k, y).store_root().async_()
    lines: list[str] = []
    k.jit_handlers().custom_print = lines.append
    run(k, (1, 6), (0, 0))
    assert sorted(line.split()[-1] for line in lines) == [str(n) for n in range(7)]


def test_an_async_func_is_seen_in_its_json() -> None:
    f = rows(Formula())
    assert hl.Schedule.from_json(f.schedule().to_json()) == f.schedule()
    assert "async_()" in str(f.schedule())


def statements(s: Stmt) -> int:
    return sum(isinstance(n, Stmt) for n in walk(s))


def test_many_branches_at_root_cost_what_they_are_many() -> None:
    def made(n: int) -> int:
        funcs = [hl.Func(f"g{i}") for i in range(n)]
        f = hl.Func("f")
        for i, g in enumerate(funcs):
            g[x, y] = formula(x, y) + i
            g.compute_root().async_()
        f[x, y] = sum((g[x, y] for g in funcs[1:]), funcs[0][x, y])
        return statements(lowered(f).func.body)

    few, more = made(8), made(16)
    assert more < 2.5 * few
