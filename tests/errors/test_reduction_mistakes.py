"""Directives that change the order of a reduction, where it must not be changed."""

from __future__ import annotations

import json
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


def column_sums() -> tuple[hl.Func, hl.RDom]:
    """Return f, which sums over an RDom of two dimensions, and the RDom."""
    f, r = hl.Func("sums"), hl.RDom([(0, 9), (0, 5)], name="r")
    f[x] = 0
    f[x] += r.x * r.y + x
    return f, r


def test_rfactor_of_an_update_that_is_not_associative_shows_it(refused: Any) -> None:
    f, r = hl.Func("horner"), hl.RDom([(0, 9)], name="r")
    f[x] = 1
    f[x] = f[x] * 2 + r.x
    line = str(f.function.definitions[1].where).split(":")[-1]
    texts = (
        f"{f.name()}.update(0).rfactor({r.x.name()}, u)",
        f"the update of test_reduction_mistakes.py:{line} cannot be parted",
        f"{f.name()}(x)*2",
        "legal: an update f[i] = f[i] op e with op one of + * min max & | ^",
    )
    with refused(hl.ScheduleError, *texts):
        f.update().rfactor(r.x, "u")


def test_rfactor_of_what_runs_at_once_thanks_to_a_predicate_is_refused(refused: Any) -> None:
    # Only one of the rows is reached, so that no two meet; what combines all of them does.
    f, r = hl.Func("f"), hl.RDom([(0, 4), (0, 3)], name="r")
    r.where(r.y >= 2)
    f[x] = 1
    f[x] += x * r.x + r.y
    stage = f.update().parallel(r.y)
    row = r.y.name()
    texts = (
        f"{f.name()}.update(0).rfactor({row}, u): iterations (x=0, {row}=0) and (x=0, {row}=1)",
        "both write f(0), and they would run at once",
        "legal: rfactor first, then the loops that run at once",
    )
    with refused(hl.ScheduleError, *texts):
        stage.rfactor(r.y, "u")
    assert list(f.realize([3])) == [3 * 4 - 3, 15, 21]


def test_rfactor_of_a_pure_loop_names_those_over_the_rdom(refused: Any) -> None:
    f, r = column_sums()
    over = f"innermost first: {r.x.name()}, {r.y.name()}"
    with refused(hl.ScheduleError, "x is no loop over the RDom", over):
        f.update().rfactor(x, "u")


def test_rfactor_of_a_loop_that_was_split_names_what_it_became(refused: Any) -> None:
    f, r = column_sums()
    stage = f.update().split(r.x, "ro", "ri", 4)
    with refused(hl.ScheduleError, "is no loop", "any more", "ri, ro"):
        stage.rfactor(r.x, "u")


def test_rfactor_of_a_loop_that_is_not_there_names_the_loops(refused: Any) -> None:
    f, _ = column_sums()
    with refused(hl.ScheduleError, "has no loop z", "its loops, innermost first"):
        f.update().rfactor("z", "u")


def test_rfactor_names_each_loop_once(refused: Any) -> None:
    f, r = column_sums()
    with refused(hl.ScheduleError, f"{r.x.name()} is named twice"):
        f.update().rfactor([(r.x, "u"), (r.x, "v")])


def test_rfactor_takes_a_var_of_its_own_for_each_loop(refused: Any) -> None:
    f, r = column_sums()
    with refused(hl.ScheduleError, "u is named twice", "a Var of its own for each RVar"):
        f.update().rfactor([(r.x, "u"), (r.y, "u")])


def test_rfactor_refuses_a_var_that_the_func_uses(refused: Any) -> None:
    f, r = column_sums()
    with refused(hl.ScheduleError, "uses the name x already", "take a Var of another name"):
        f.update().rfactor(r.x, x)


def test_rfactor_without_a_loop_shows_how_it_is_called(refused: Any) -> None:
    f, _ = column_sums()
    with refused(hl.ScheduleError, "names no RVar", "rfactor(r, u)"):
        f.update().rfactor([])


def test_rfactor_takes_pairs(refused: Any) -> None:
    f, r = column_sums()
    with refused(hl.ScheduleError, "a list of such pairs", "rfactor([(r.x, u), (r.y, v)])"):
        f.update().rfactor([r.x, r.y])


def test_rfactor_after_a_fusion_of_rvar_and_var_is_refused(refused: Any) -> None:
    f, r = column_sums()
    stage = f.update().reorder(r.x, x, r.y).fuse(r.x, x, "t")
    with refused(hl.ScheduleError, "t is an RVar and a Var fused", "rfactor first, then fuse"):
        stage.rfactor(r.y, "u")


def test_rfactor_after_specialize_is_refused(refused: Any) -> None:
    f, r = column_sums()
    p = hl.Param(hl.Int(32), "p")
    f.update().specialize(p > 3)
    with refused(hl.ScheduleError, "specialized or shared", "rfactor first"):
        f.update().rfactor(r.x, "u")


def stored(func: hl.Func, stage: int, rvar: str, name: str = "made") -> hl.Schedule:
    """Return a schedule with one rfactor, as it may come from a file."""
    entry = {"func": func.name(), "stage": stage, "branch": []}
    factor = {"do": "rfactor", "rvars": [rvar], "vars": ["u"], "name": name}
    return hl.Schedule.from_json(json.dumps({"version": 1, "entries": [{**entry, **factor}]}))


def test_a_stored_rfactor_of_a_pure_definition_names_the_updates(refused: Any) -> None:
    f, _ = column_sums()
    with refused(hl.ScheduleError, "reduces nothing", f"its updates: {f.name()}.update(0)"):
        f.apply_schedule(stored(f, 0, "r"))


def test_two_rfactors_cannot_make_one_func(refused: Any) -> None:
    f, r = column_sums()
    taken = hl.Func("taken")
    taken[x] = x
    g = hl.Func("g")
    g[x] = f[x] + taken[x]
    (receipt,) = g.check_schedule(stored(f, 1, r.x.name(), taken.name()))
    assert receipt.status.value == "refused"
    assert f"there is a Func {taken.name()} already" in receipt.reason


@pytest.mark.parametrize("how", ["rfactor", "in_", "clone_in"])
def test_what_a_directive_makes_takes_no_definitions(how: str, refused: Any) -> None:
    f, r = column_sums()
    g = hl.Func("g")
    g[x] = f[x]
    made = f.update().rfactor(r.x, "u") if how == "rfactor" else getattr(f, how)(g)
    place = (x, 0) if how == "rfactor" else x
    with refused(hl.DefinitionError, made.name(), "was made by a directive"):
        made[place] += 1
