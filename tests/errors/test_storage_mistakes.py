"""Directives about memory and bounds that cannot be carried out."""

from __future__ import annotations

from typing import Any

import halo as hl

x, y, z = hl.vars("x y z")


def two_stages() -> tuple[hl.Func, hl.Func]:
    """Return g, computed at root, and f, which reads it."""
    g, f = hl.funcs("g f")
    g[x, y] = x + y
    f[x, y] = g[x, y] + g[x, y + 1]
    g.compute_root()
    return g, f


def test_a_dimension_that_is_not_there_has_no_storage(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, f"{g.name()} has no dimension z", "innermost first: x, y"):
        g.align_storage(z, 8)


def test_a_dimension_cannot_be_reordered_twice_at_once(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "x is named twice"):
        g.reorder_storage(x, x)


def test_an_alignment_is_a_positive_integer(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "an alignment is a positive integer, not 0"):
        g.align_storage(x, 0)


def test_a_storage_factor_is_a_positive_integer(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "a factor is a positive integer, not -4"):
        g.split_storage(x, "xo", "xi", -4)


def test_a_dimension_split_in_memory_goes_by_its_new_names(refused: Any) -> None:
    g, _ = two_stages()
    g.split_storage(x, "xo", "xi", 4)
    with refused(hl.ScheduleError, "x was split in memory", "innermost first: xi, xo, y"):
        g.reorder_storage(y, x)


def test_the_parts_of_a_split_need_different_names(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "outer and inner are both xi"):
        g.split_storage(x, "xi", "xi", 4)


def test_a_part_cannot_take_the_name_of_another_dimension(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "uses the name y already", "another name"):
        g.split_storage(x, "y", "xi", 4)


def test_a_part_is_split_evenly(refused: Any) -> None:
    g, _ = two_stages()
    g.split_storage(x, "xo", "xi", 8)
    with refused(hl.ScheduleError, "3 does not divide the 8 places of xi"):
        g.split_storage("xi", "xa", "xb", 3)


def test_an_aligned_dimension_is_not_split_afterwards(refused: Any) -> None:
    g, _ = two_stages()
    g.align_storage(x, 8)
    with refused(hl.ScheduleError, "x is aligned already", "align_storage(xi, 8)"):
        g.split_storage(x, "xo", "xi", 4)


def test_memory_is_of_a_kind_there_is(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "'stack' is no kind of memory", "MemoryType.Stack"):
        g.store_in("stack")  # type: ignore[arg-type]


def test_the_stack_needs_a_constant_size(refused: Any) -> None:
    g, f = two_stages()
    g.store_in(hl.MemoryType.Stack)
    with refused(hl.ScheduleError, "is not a constant", "int32[", "MemoryType.Heap"):
        f.realize([4, 4])


def test_the_stack_is_not_asked_for_megabytes(refused: Any) -> None:
    g, f = two_stages()
    g.store_in(hl.MemoryType.Stack)
    f.bound(x, 0, 1000).bound(y, 0, 999)
    with refused(hl.ScheduleError, "int32[1000, 1000] takes 4000000 bytes", "at most 1048576"):
        f.realize([1000, 999])
