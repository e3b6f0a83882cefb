"""Mistakes with print and require, and requirements that do not hold."""

from __future__ import annotations

from typing import Any

import pytest

import halo as hl
from halo.interpret import interpret

Refused = Any
x = hl.Var("x")


def test_print_needs_a_value(refused: Refused) -> None:
    with refused(hl.DefinitionError, "print returns what it prints first", "nothing"):
        hl.print()


def test_print_cannot_begin_with_a_text(refused: Refused) -> None:
    with refused(hl.DefinitionError, "the text 'x ='", 'halo.print(x, "text", y)'):
        hl.print("x =", x)


def test_print_when_needs_a_value_after_its_condition(refused: Refused) -> None:
    with refused(hl.DefinitionError, "print_when returns", "halo.print_when(condition, x"):
        hl.print_when(x == 1)


def test_the_condition_of_print_when_is_a_bool(refused: Refused) -> None:
    with refused(hl.TypeMismatch, "the condition of print_when has type int32", "e != 0"):
        hl.print_when(x, x)


def test_the_condition_of_require_is_a_bool(refused: Refused) -> None:
    with refused(hl.TypeMismatch, "the condition of require has type int32"):
        hl.require(x, x)


def test_a_tuple_cannot_be_printed_as_a_whole(refused: Refused) -> None:
    with refused(hl.TypeMismatch, "argument 1 of a message is a Tuple", "print its elements"):
        hl.print(x, hl.Tuple(x, x))


def test_a_bound_of_an_rdom_cannot_print(refused: Refused) -> None:
    n = hl.Param(hl.Int(32), "n")
    with refused(hl.DefinitionError, "a bound of an RDom may not use print"):
        hl.RDom([(0, hl.print(n))])


SCHEDULES = ["none", "vectors", "parallel"]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_requirement_that_fails_names_its_line_and_the_message(
    schedule: str, refused: Refused
) -> None:
    f = hl.Func("f")
    f[x] = hl.require(x < 5, x, "x is", x, "and f32 is", hl.f32(2.5))
    if schedule == "vectors":
        f.vectorize(x, 4, hl.TailStrategy.GuardWithIf)
    elif schedule == "parallel":
        f.parallel(x)
    with refused(hl.HaloError, "a requirement does not hold: x is 5 and f32 is 2.500000"):
        f.realize([6])


def test_a_requirement_without_message_shows_the_condition(refused: Refused) -> None:
    f = hl.Func("f")
    f[x] = hl.require(x * 2 < 5, x)
    with refused(hl.HaloError, "a requirement does not hold: x*2 < 5"):
        f.realize([6])


def test_the_interpreter_says_the_same(refused: Refused) -> None:
    f = hl.Func("f")
    f[x] = hl.require(x < 5, x, "x is", x)
    with refused(hl.HaloError, "a requirement does not hold: x is 5"):
        interpret(f, [9])


def test_a_pipeline_runs_again_after_a_requirement_failed(refused: Refused) -> None:
    limit = hl.Param(hl.Int(32), "limit", 3)
    f = hl.Func("f")
    f[x] = hl.require(x < limit, x)
    with refused(hl.HaloError, "a requirement does not hold: x < limit"):
        f.realize([4])
    limit.set(4)
    assert f.realize([4])[3] == 3


def test_a_func_is_traced_after_it_is_defined(refused: Refused) -> None:
    with refused(hl.ScheduleError, "trace_stores(): ", "is not defined yet", "define it before"):
        hl.Func("f").trace_stores()


def test_the_loads_of_an_image_nobody_reads_are_not_traced() -> None:
    image = hl.ImageParam(hl.UInt(8), 1, "unread")
    f, g = hl.Func("f"), hl.Func("g")
    f[x] = x
    g[x] = f[x] + hl.i32(image[x])
    image.trace_loads()
    assert [r for r in f.receipts() if r.entry.func == "unread"] == []


def test_a_profile_needs_a_profiled_run(refused: Refused) -> None:
    f = hl.Func("unprofiled")
    f[x] = x
    f.realize([3])
    with refused(
        hl.DefinitionError, "unprofiled has no profile yet", 'halo.Target("host-profile")'
    ):
        f.profile_report()


def test_half_an_allocator_is_refused(refused: Refused) -> None:
    f = hl.Func("f")
    f[x] = x
    f.jit_handlers().custom_malloc = lambda size: 0
    with refused(hl.DefinitionError, "there is a custom_malloc and no custom_free", "set both"):
        f.realize([3])
    f.jit_handlers().custom_malloc, f.jit_handlers().custom_free = None, lambda address: None
    with refused(hl.DefinitionError, "there is a custom_free and no custom_malloc"):
        f.realize([3])


def test_an_allocator_gives_whole_cache_lines(refused: Refused) -> None:
    g, h = hl.Func("g"), hl.Func("h")
    g[x] = x
    h[x] = g[x] + g[x + 1]
    g.compute_root()
    h.jit_handlers().custom_malloc = lambda size: 4104
    h.jit_handlers().custom_free = lambda address: None
    with refused(hl.HaloError, "gave the address 0x1008, which is no multiple of 64", here=False):
        h.realize([9000])
