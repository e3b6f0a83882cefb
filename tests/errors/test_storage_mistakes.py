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


def test_a_promise_known_to_be_too_small_is_refused(refused: Any) -> None:
    g, f = two_stages()
    g.bound(y, 0, 4)
    f.bound(y, 0, 4)
    with refused(
        hl.ScheduleError,
        f"{g.name()}.bound(y, 0, 4): cells 0 to 4 along y are needed, and it promises 0 to 3",
        f"{g.name()}.bound(y, 0, 5)",
    ):
        f.realize([4, 4])


def test_a_promise_that_turns_out_too_small_is_an_error_when_it_runs(refused: Any) -> None:
    g, f = two_stages()
    g.bound(y, 0, 4)
    f.realize([4, 3])
    with refused(hl.BoundsError, "bound(y, 0, 4)", "cells 0 to 4 along y are needed"):
        f.realize([4, 4])


def test_a_promise_of_a_param_is_checked_when_it_runs(refused: Any) -> None:
    n = hl.Param(hl.Int(32), "n", 3)
    g, f = two_stages()
    g.bound(y, 0, n)
    with refused(hl.BoundsError, "cells 0 to 3 along y are needed, it promises 0 to 2"):
        f.realize([4, 3])


def test_a_size_beyond_all_coordinates_is_an_error(refused: Any) -> None:
    n = hl.Param(hl.Int(32), "n", 2_000_000_000)
    g, f = two_stages()
    g.bound_extent(y, n)
    with refused(hl.BufferError, "must lie between -1073741824 and 1073741824"):
        f.realize([4, 3])


def test_an_output_that_breaks_a_promise_of_a_param_is_an_error(refused: Any) -> None:
    n = hl.Param(hl.Int(32), "n", 3)
    _, f = two_stages()
    f.bound(x, 0, n)
    with refused(hl.BufferError, "dimension 0: extent must be 3, got 4"):
        f.realize([4, 3])


def test_a_bound_is_no_expression_of_vars(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "has a value only inside loops"):
        g.bound(x, 0, y + 1)


def test_a_bound_is_an_integer(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "extent must be an integer", "not wide"):
        g.bound(x, 0, "wide")


def test_a_bound_is_no_float_param(refused: Any) -> None:
    g, _ = two_stages()
    p = hl.Param(hl.Float(32), "p")
    with refused(hl.ScheduleError, "extent must be an integer", "not p"):
        g.bound_extent(x, p)


def test_a_bound_is_positive(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "the extent must be positive, not 0"):
        g.bound_extent(x, 0)


def test_bounds_are_those_of_a_dimension(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, f"{g.name()} has no dimension z", "its dimensions: x, y"):
        g.align_bounds(z, 8)


def test_bounds_are_aligned_to_a_positive_integer(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "a modulus is a positive integer, not 0"):
        g.align_extent(x, 0)


def test_a_remainder_is_an_integer(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "a remainder is an integer constant, not 1.5"):
        g.align_bounds(x, 8, 1.5)


def test_storage_that_is_known_to_be_too_small_is_refused(refused: Any) -> None:
    g, f = two_stages()
    g.bound_storage(y, 4)
    f.bound(y, 0, 4)
    with refused(hl.ScheduleError, "5 cells along y are computed", "bound_storage(y, 5)"):
        f.realize([4, 4])


def test_storage_is_bounded_by_a_positive_number(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "the bound must be positive, not -1"):
        g.bound_storage(y, -1)


def test_a_stored_size_is_a_number_or_a_formula(refused: Any) -> None:
    entry = '{"do": "bound_extent", "extent": "n", "func": "f", "stage": 0, "var": "x"}'
    with refused(hl.ScheduleError, "a stored bound_extent", "extent: Size", here=False):
        hl.Schedule.from_json(f'{{"version": 1, "entries": [{entry}]}}')


def test_a_circular_buffer_that_is_too_small_shows_two_cells_that_clash(refused: Any) -> None:
    g, f = two_stages()
    g.store_root().compute_at(f, y).fold_storage(y, 1)
    with refused(
        hl.ScheduleError,
        "2 cells along y are needed at once, and 1 are kept",
        f"iterations y=0 and y=1 of {g.name()} write the same place",
        f"one iteration of y of {f.name()} needs both cells 0 and 1",
        f"{g.name()}.fold_storage(y, 2) or more",
    ):
        f.realize([4, 4])


def test_storage_of_a_known_size_is_not_folded_smaller(refused: Any) -> None:
    g, f = two_stages()
    g.fold_storage(x, 4)
    f.bound(x, 3, 9)
    with refused(hl.ScheduleError, "9 cells along x are needed at once", "cells 3 and 7"):
        f.realize([9, 4])


def test_a_circular_buffer_has_a_positive_size(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "a factor is a positive integer, not 0"):
        g.fold_storage(y, 0)


def test_only_a_dimension_is_folded(refused: Any) -> None:
    g, _ = two_stages()
    g.split_storage(x, "xo", "xi", 4)
    with refused(hl.ScheduleError, f"{g.name()} has no dimension xi", "its dimensions: x, y"):
        g.fold_storage("xi", 4)


def test_memory_is_not_shared_by_threads(refused: Any) -> None:
    g, f = two_stages()
    g.compute_at(f, y).hoist_storage_root()
    f.parallel(y)
    with refused(
        hl.ScheduleError,
        f"iterations of the parallel loop over y of {f.name()} would share the memory",
        f"{g.name()}.hoist_storage({f.name()}, y)",
    ):
        f.realize([4, 4])


def test_memory_is_hoisted_to_a_loop_around_the_storage(refused: Any) -> None:
    g, f = two_stages()
    g.compute_at(f, y).hoist_storage(f, x)
    with refused(
        hl.ScheduleError,
        f"that loop is not around {g.name()}.store_at({f.name()}, y)",
        f"{g.name()}.hoist_storage_root(), {g.name()}.hoist_storage({f.name()}, y)",
    ):
        f.realize([4, 4])


def test_memory_is_not_hoisted_inside_the_func_itself(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "a Func cannot be stored inside itself"):
        g.hoist_storage(g, x)


def test_a_ring_of_buffers_needs_memory_that_outlives_a_use(refused: Any) -> None:
    g, f = two_stages()
    g.compute_at(f, y).ring_buffer(2)
    with refused(hl.ScheduleError, "its memory is taken anew for each use", "hoist_storage_root()"):
        f.realize([4, 4])


def test_a_ring_has_a_positive_number_of_buffers(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "the number of buffers is a positive integer, not 0"):
        g.ring_buffer(0)


def test_a_ring_has_no_more_buffers_than_can_be_counted(refused: Any) -> None:
    g, _ = two_stages()
    with refused(hl.ScheduleError, "100000 buffers are more than the 32768 there are"):
        g.ring_buffer(100000)
