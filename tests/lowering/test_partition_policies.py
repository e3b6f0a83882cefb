"""What the directives about loop partitioning do, and what their receipts say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import halo as hl
from halo.ir.stmt import For, Partition, Stmt
from halo.ir.substitute import walk
from halo.lowering import Request, lower

x, y = hl.vars("x y")
Guard = hl.TailStrategy.GuardWithIf
row = np.arange(37, dtype=np.int32) ** 2


def edges() -> hl.Func:
    """A row filter that repeats its edge: worth cutting along x."""
    source = hl.BoundaryConditions.repeat_edge(hl.Buffer(row))
    f = hl.Func("edges")
    f[x, y] = source[x - 1] + source[x + 1] * 3 + y
    return f


def after_partition(f: hl.Func) -> Stmt:
    made: dict[str, Stmt] = {}
    request = Request("partitioned", [f.function], f.schedule())
    lower(request, lambda name, s, _: made.setdefault(name, s))
    return made["partition"]


def pieces(f: hl.Func, var: str) -> int:
    """Return the number of loops over `var`."""
    name = f"{f.name()}.s0.{var}"
    return sum(isinstance(n, For) and n.name == name for n in walk(after_partition(f)))


def test_a_loop_is_cut_unless_told_otherwise() -> None:
    assert pieces(edges(), "x") == 3


NEVER: dict[str, Callable[[hl.Func], object]] = {
    "partition": lambda f: f.partition(x, Partition.Never),
    "never_partition": lambda f: f.never_partition(x),
    "never_partition of a list": lambda f: f.never_partition([x, y]),
    "never_partition_all": lambda f: f.never_partition_all(),
    "of what it was split from": lambda f: f.never_partition(x).split(x, "xo", x, 64, Guard),
}


@pytest.mark.parametrize("how", NEVER)
def test_a_loop_that_is_never_partitioned_stays_whole(how: str) -> None:
    f = edges()
    NEVER[how](f)
    assert pieces(f, "x") == 1
    assert all(r.status.value == "applied" for r in f.receipts())


def test_auto_takes_a_policy_back() -> None:
    f = edges().never_partition(x).partition(x, Partition.Auto)
    assert pieces(f, "x") == 3
    replaced, _ = f.receipts()
    assert replaced.reason == f"replaced by {f.name()}.partition(x, Partition.Auto)"


def test_always_cuts_a_loop_that_is_too_short_to_be_cut_for_its_own_sake() -> None:
    def short() -> hl.Func:
        return edges().bound(x, 0, 4)

    assert pieces(short(), "x") == 1
    assert pieces(short().always_partition(x), "x") == 2


def test_always_cuts_the_general_copies_that_are_large() -> None:
    def rows() -> hl.Func:
        source = hl.BoundaryConditions.repeat_edge(hl.Buffer(np.outer(row, row)))
        f = hl.Func("rows")
        taps = [source[x + i, y + j] for i in range(-6, 7) for j in range(-6, 7)]
        f[x, y] = sum(taps[1:], taps[0])
        return f

    assert pieces(rows(), "x") < pieces(rows().always_partition(x), "x")


def test_always_of_a_loop_without_a_steady_state_is_without_effect() -> None:
    f = hl.Func("flat")
    f[x, y] = x + y
    (receipt,) = f.always_partition(x).receipts()
    assert receipt.status.value == "without effect"
    assert receipt.reason == "no iterations of x are known to be the usual ones"


def test_always_of_all_names_the_loops_that_stay_whole() -> None:
    (receipt,) = edges().always_partition_all().receipts()
    assert receipt.status.value == "applied"
    assert receipt.reason.startswith("but not to y")


def test_the_policy_of_vector_lanes_is_without_effect() -> None:
    f = edges().split(x, "xo", "xi", 8).vectorize("xi").never_partition("xi")
    receipt = list(f.receipts())[-1]
    assert receipt.status.value == "without effect"
    assert receipt.reason == "no loop is left to cut: xi is vectorized"


def test_a_policy_of_the_outer_part_of_a_split_leaves_that_of_the_inner() -> None:
    f = edges().never_partition(x).split(x, x, "xi", 4).always_partition(x)
    assert next(iter(f.receipts())).status.value == "applied"


def test_a_policy_that_fusing_overrules_is_without_effect() -> None:
    f = edges().always_partition(x).never_partition(y).fuse(x, y, "t")
    receipt = next(iter(f.receipts()))
    assert receipt.status.value == "without effect"
    assert "policy is stronger" in receipt.reason


@pytest.mark.parametrize("policy", Partition)
def test_a_policy_changes_no_bit(policy: Partition) -> None:
    f = edges().vectorize(x, 8, Guard).parallel(y)
    f.partition(x, policy).partition(y, policy)
    padded = np.pad(row, 1, mode="edge")
    expected = padded[:-2] + padded[2:] * 3 + np.arange(15)[:, None]
    for w, h in ((37, 15), (1, 1), (9, 2)):
        np.testing.assert_array_equal(np.array(f.realize([w, h])), expected[:h, :w])


def test_policies_survive_json() -> None:
    f = edges().partition(x, Partition.Never).always_partition(x, y).never_partition_all()
    schedule = f.schedule()
    assert hl.Schedule.from_json(schedule.to_json()) == schedule
    assert "partition(x, Partition.Never)" in str(schedule)
