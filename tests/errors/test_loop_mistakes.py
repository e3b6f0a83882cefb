"""Directives on loops whose arguments do not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import halo as hl

x, y = hl.vars("x y")


def plain() -> hl.Func:
    f = hl.Func("loops")
    f[x, y] = x + y
    return f


MISTAKES: dict[str, tuple[Callable[[hl.Func], object], tuple[str, ...]]] = {
    "tile with seven arguments": (
        lambda f: f.tile(x, y, "xo", "yo", "xi", "yi", 8),
        ("tile does not take 7 arguments", "tile([x, ...]"),
    ),
    "tile with an unknown name": (
        lambda f: f.tile(x, y, "xi", "yi", xstep=8, ystep=4),
        ("tile does not take 4 arguments and xstep, ystep",),
    ),
    "tile with a list among Vars": (
        lambda f: f.tile(x, [y], "xi", "yi", 8, 4),
        ("tile does not take 6 arguments",),
    ),
    "tile with lists of two lengths": (
        lambda f: f.tile([x, y], ["xi", "yi"], [8]),
        ("lists of one length, not of 2, 2, 2, 1, 2",),
    ),
    "tile of nothing": (lambda f: f.tile([], [], []), ("tile is given no loop",)),
    "a factor that is a Param": (
        lambda f: f.vectorize(x, hl.Param(hl.Int(32), "step")),
        (
            "the factor step is known only when it runs, and a step is a constant",
            ".specialize(step == 8).split(x, x, x.v, 8)",
        ),
    ),
    "a factor computed from an input": (
        lambda f: f.split(y, "yo", "yi", hl.ImageParam(hl.Int(32), 1, "size_of").width() / 2),
        ("the factor size_of.extent.0/2 is known only when it runs",),
    ),
    "a factor that is a text": (
        lambda f: f.unroll(x, "8"),
        ("a factor is a positive integer, not '8'",),
    ),
    "a factor below zero": (
        lambda f: f.parallel(y, -2),
        ("a factor is a positive integer, not -2",),
    ),
    "a tail that is none": (
        lambda f: f.split(x, "xo", "xi", 8, "RoundUp"),
        ("'RoundUp' is no TailStrategy", "TailStrategy.RoundUp"),
    ),
    "a policy that is none": (
        lambda f: f.partition(x, "Never"),
        ("partition takes a Partition, not 'Never'", "Partition.Never"),
    ),
    "a policy for a loop that is not there": (
        lambda f: f.never_partition("t"),
        ("has no loop t", "innermost first: x, y"),
    ),
    "a policy for no loop": (
        lambda f: f.always_partition([]),
        ("it names no loop", "always_partition_all()"),
    ),
    "serial of a loop that is not there": (lambda f: f.serial("t"), ("has no loop t",)),
    "parallel lanes": (
        lambda f: f.vectorize(x).parallel(x),
        ("x is vectorized already", "serial(x)"),
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_directive_with_wrong_arguments_says_what_it_takes(what: str, refused: Any) -> None:
    give, texts = MISTAKES[what]
    with refused(hl.ScheduleError, *texts):
        give(plain())


@pytest.mark.parametrize(
    "method",
    [
        "gpu",
        "gpu_blocks",
        "gpu_threads",
        "gpu_lanes",
        "gpu_single_thread",
        "gpu_tile",
        "hexagon",
        "copy_to_device",
        "copy_to_host",
    ],
)
def test_a_directive_for_another_machine_says_that_there_is_none(method: str, refused: Any) -> None:
    with refused(hl.ScheduleError, f"{method}: halo has no back end for", "legal: "):
        getattr(plain(), method)(x, y, device_api="any")


def test_a_new_name_that_is_taken(refused) -> None:
    f = hl.Func("f")
    x, y = hl.vars("x y")
    f[x, y] = x + y
    with refused(hl.ScheduleError, "uses the name y already", "take a Var of another name"):
        f.rename(x, y)


def test_a_new_name_for_a_loop_that_is_not_there(refused) -> None:
    f = hl.Func("f")
    x, y = hl.vars("x y")
    f[x] = x
    with refused(hl.ScheduleError, "has no loop y", "its loops, innermost first: x"):
        f.rename(y, "z")
