"""Tail strategies where they would change the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import halo as hl

T = hl.TailStrategy
x, y = hl.vars("x y")


def two_stages() -> hl.Func:
    f = hl.Func("f")
    r = hl.RDom([(0, 10)], "r")
    f[x, y] = x + y
    f[x, y] += x * r
    return f


def rvar(f: hl.Func) -> str:
    return f.rvars(0)[0].name()


OVER = [T.RoundUp, T.PredicateLoads, T.PredicateStores, T.RoundUpAndBlend]
Give = Callable[[hl.Func, T], object]


def refuses(give: Give, tail: T, refused: Any, *texts: str) -> None:
    with refused(hl.ScheduleError, *texts):
        give(two_stages(), tail)


@pytest.mark.parametrize("tail", OVER)
def test_a_reduction_must_not_run_over_its_domain(tail: T, refused: Any) -> None:
    refuses(
        lambda f, t: f.update().split(rvar(f), "a", "b", 4, t),
        tail,
        refused,
        f"{tail.name} would run over the end of",
        "(its extent is 10), which is a reduction variable",
        "legal here: TailStrategy.GuardWithIf, TailStrategy.Predicate",
    )


@pytest.mark.parametrize("tail", [T.ShiftInwards, T.ShiftInwardsAndBlend])
def test_a_reduction_must_not_visit_points_twice(tail: T, refused: Any) -> None:
    refuses(
        lambda f, t: f.update().split(rvar(f), "a", "b", 4, t),
        tail,
        refused,
        f"{tail.name} would visit points twice",
        "legal here: TailStrategy.GuardWithIf, TailStrategy.Predicate",
    )


@pytest.mark.parametrize("tail", OVER)
def test_an_inner_loop_must_not_run_into_the_next_step(tail: T, refused: Any) -> None:
    refuses(
        lambda f, t: f.split(x, "o", "i", 8).split("i", "a", "b", 3, t),
        tail,
        refused,
        f"{tail.name} would run over the end of i (its extent is 8), which is made by an earlier",
        "TailStrategy.ShiftInwards",
    )


@pytest.mark.parametrize("tail", OVER)
def test_a_fused_loop_must_not_run_over_its_end(tail: T, refused: Any) -> None:
    refuses(
        lambda f, t: f.fuse(x, y, "t").split("t", "a", "b", 3, t),
        tail,
        refused,
        f"{tail.name} would run over the end of t, which is made by an earlier split or fuse",
    )


def test_an_update_must_not_shift_without_blending(refused: Any) -> None:
    refuses(
        lambda f, t: f.update().split(x, "a", "b", 4, t),
        T.ShiftInwards,
        refused,
        "ShiftInwards computes cells twice, which an update definition must not",
        "TailStrategy.ShiftInwardsAndBlend",
        "defined at test_tail_mistakes.py:",
    )


@pytest.mark.parametrize("tail", [T.ShiftInwards, T.ShiftInwardsAndBlend])
def test_a_shift_needs_a_whole_step(tail: T, refused: Any) -> None:
    refuses(
        lambda f, t: f.bound(x, 0, 5).split(x, "a", "b", 8, t),
        tail,
        refused,
        f"{tail.name} needs x to have at least 8 iterations (its extent is 5)",
        "legal here: TailStrategy.GuardWithIf",
    )


BLENDS = [T.ShiftInwardsAndBlend, T.RoundUpAndBlend]
RACES: dict[str, Give] = {
    "parallel steps": lambda f, t: f.update().split(x, "a", "b", 8, t).parallel("a"),
    "parallel cells of a step": lambda f, t: f.update().split(x, "a", "b", 8, t).parallel("b"),
    "a split of a parallel loop": lambda f, t: f.update().parallel(x).split(x, "a", "b", 8, t),
    "parallel with a task size": lambda f, t: f.update().parallel(x, 8, t),
}


@pytest.mark.parametrize("tail", BLENDS)
@pytest.mark.parametrize("how", RACES)
def test_a_blend_must_not_run_in_parallel(tail: T, how: str, refused: Any) -> None:
    refuses(
        RACES[how],
        tail,
        refused,
        f"{tail.name} of x writes cells of other steps back",
        "is parallel: what these wrote meanwhile would be lost",
        "legal: serial(",
        "TailStrategy.GuardWithIf for the split of x",
    )


def test_steps_of_a_blended_shift_must_not_be_lanes(refused: Any) -> None:
    refuses(
        lambda f, t: f.bound(x, 0, 29).update().split(x, "a", "b", 8, t).vectorize("a"),
        T.ShiftInwardsAndBlend,
        refused,
        "the loop over a is vectorized",
    )
