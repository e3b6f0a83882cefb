"""Directives that change the order of a reduction, where it must not be changed."""

from __future__ import annotations

from typing import Any

import pytest

import halo as hl

x, y = hl.vars("x y")


def test_atomic_on_an_update_that_is_not_associative_shows_it(refused: Any) -> None:
    f, r = hl.Func("horner"), hl.RDom([(0, 9)], name="r")
    f[x] = 1
    f[x] = f[x] * 2 + r.x
    line = str(f.function.definitions[1].where).split(":")[-1]
    texts = (
        f"{f.name()}.update(0).atomic()",
        f"the update of test_reduction_mistakes.py:{line}",
        f"{f.name()}(x)*2",
        "not known to combine the cell with something new associatively",
        "legal: an update f[i] = f[i] op e with op one of + * min max & | ^",
        "override_associativity_test=True",
    )
    with refused(hl.ScheduleError, *texts):
        f.update().atomic()


def test_atomic_on_a_scan_names_the_other_cell_it_reads(refused: Any) -> None:
    f, r = hl.Func("scan"), hl.RDom([(1, 9)], name="r")
    f[x] = x
    f[r.x] = f[r.x - 1] + f[r.x]
    with refused(hl.ScheduleError, f"reads {f.name()}(", "another cell than it writes"):
        f.update().atomic()


def test_atomic_where_the_place_depends_on_the_func_is_refused(refused: Any) -> None:
    f, r = hl.Func("chase"), hl.RDom([(0, 9)], name="r")
    f[x] = x
    f[hl.clamp(f[r.x], 0, 9)] += 1
    with refused(hl.ScheduleError, f"where it writes depends on cells of {f.name()}"):
        f.update().atomic()


def test_atomic_on_a_plain_overwrite_is_refused(refused: Any) -> None:
    f, r = hl.Func("last"), hl.RDom([(0, 9)], name="r")
    f[x] = 0
    f[x] = r.x
    with refused(hl.ScheduleError, "may give other cells in another order"):
        f.update().atomic()


def test_atomic_on_a_search_that_prefers_the_later_of_equals_is_refused(refused: Any) -> None:
    f, r = hl.Func("latest"), hl.RDom([(0, 9)], name="r")
    f[x] = hl.Tuple(0, 0)
    better = r.x % 3 >= f[x][1]
    f[x] = hl.select(better, hl.Tuple(r.x, r.x % 3), hl.Tuple(*f[x]))
    with refused(hl.ScheduleError, "the better of two as argmin and argmax find it"):
        f.update().atomic()


def test_atomic_on_an_update_without_an_rdom_is_refused(refused: Any) -> None:
    f = hl.Func("once")
    f[x] = 0
    f[x] = f[x] + 1
    with refused(hl.ScheduleError, "it runs over no RDom"):
        f.update().atomic()


@pytest.mark.parametrize("mark", ["parallel", "vectorize"])
def test_a_loop_that_races_is_refused_and_atomic_named_where_it_helps(
    mark: str, refused: Any
) -> None:
    f, r = hl.Func("total"), hl.RDom([(0, 9)], name="r")
    f[x] = 0
    f[x] += r.x
    with refused(
        hl.ScheduleError, f"{f.name()}.update(0).{mark}(r", f"{f.name()}.update(0).atomic()"
    ):
        getattr(f.update(), mark)(r.x)


def test_a_race_that_atomic_does_not_mend_does_not_name_it(refused: Any) -> None:
    f, r = hl.Func("mixed"), hl.RDom([(0, 9)], name="r")
    f[x] = 1
    f[x] = f[x] * 2 + r.x
    with pytest.raises(hl.ScheduleError) as error:
        f.update().parallel(r.x)
    assert "atomic" not in str(error.value)


def test_a_stored_atomic_needs_a_bool(refused: Any) -> None:
    text = (
        '{"version": 1, "entries": [{"func": "f", "stage": 1, "do": "atomic", '
        '"override_associativity_test": 1, "branch": []}]}'
    )
    with refused(hl.ScheduleError, "a stored atomic has the fields", "bool", here=False):
        hl.Schedule.from_json(text)
