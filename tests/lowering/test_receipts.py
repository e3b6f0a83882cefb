"""Every directive gets a receipt."""

from __future__ import annotations

import pytest

import halo as hl


def two_stages() -> tuple[hl.Func, hl.Func]:
    x = hl.Var("x")
    g, f = hl.Func("rg"), hl.Func("rf")
    g[x] = x * 2
    f[x] = g[x] + g[x + 1]
    return g, f


def test_each_directive_has_a_receipt_with_the_line_it_stands_on() -> None:
    g, f = two_stages()
    g.compute_root().vectorize("x", 4)
    f.parallel("x")
    receipts = list(f.receipts())
    assert [r.status.value for r in receipts] == ["applied"] * len(receipts)
    assert {r.entry.func for r in receipts} == {g.name(), f.name()}
    assert all("test_receipts.py" in str(r.entry.where) for r in receipts)


def test_a_directive_that_a_later_one_undoes_is_without_effect() -> None:
    g, f = two_stages()
    g.compute_root().compute_inline()
    statuses = {r.entry.directive.method: r.status.value for r in f.receipts()}
    assert statuses["compute_root"] == "without effect"


@pytest.mark.parametrize("how", ["vectorize", "unroll"])
def test_a_loop_without_constant_extent_is_said_to_stay_serial(how: str) -> None:
    _, f = two_stages()
    getattr(f, how)("x")
    (receipt,) = f.receipts()
    assert receipt.status.value == "without effect"
    assert f"{how}(x, factor)" in receipt.reason


@pytest.mark.parametrize("how", ["vectorize", "unroll"])
def test_a_bound_loop_is_vectorized_or_unrolled_whole(how: str) -> None:
    _, f = two_stages()
    f.bound("x", 0, 8)
    getattr(f, how)("x")
    assert all(r.status.value == "applied" for r in f.receipts())


def test_a_schedule_survives_json_and_renaming() -> None:
    g, f = two_stages()
    g.compute_at(f, "x")
    f.split("x", "xo", "xi", 8)
    schedule = f.schedule()
    assert hl.Schedule.from_json(schedule.to_json()) == schedule
    assert "split(x, xo, xi, 8)" in str(schedule)


def test_an_illegal_level_is_refused_where_it_was_asked_for() -> None:
    g, f = two_stages()
    g.compute_at(f, "z")
    with pytest.raises(hl.ScheduleError, match=r"test_receipts.py:\d+.*(?s:.)*legal:"):
        f.receipts()


def plain() -> hl.Func:
    x, y = hl.vars("x y")
    f = hl.Func("plain")
    f[x, y] = x + y
    return f


def told(f: hl.Func) -> list[tuple[str, str]]:
    """Return status and reason of each directive."""
    return [(r.status.value, r.reason) for r in f.receipts()]


@pytest.mark.parametrize("how", ["vectorize", "unroll"])
def test_a_loop_that_is_renamed_later_is_said_to_stay_serial(how: str) -> None:
    f = plain()
    getattr(f, how)("x").rename("x", "z")
    status, reason = told(f)[0]
    assert status == "without effect"
    assert f"{how}(x, factor)" in reason


def test_of_an_unrolled_loop_that_is_split_later_the_serial_part_is_named() -> None:
    f = plain().unroll("x").split("x", "xo", "xi", 4)
    assert told(f)[0] == ("applied", "but xo runs serially: its extent is not constant")


def test_a_shared_loop_is_said_to_stay_serial_for_each_that_shares_it() -> None:
    x, y = hl.vars("x y")
    a, b, both = plain(), hl.Func("b"), hl.Func("both")
    b[x, y] = x - y
    both[x, y] = a[x, y] + b[x + 1, y]  # ranges of their own: the loop runs over both
    for f in (a, b):
        f.compute_root().unroll(x)
    b.compute_with(a, x)
    unrolled = [r for r in both.receipts() if r.entry.directive.method == "unroll"]
    assert [r.status.value for r in unrolled] == ["without effect"] * 2


def test_a_renamed_loop_of_vectors_around_others_is_said_to_be_copies() -> None:
    f = plain().split("x", "xo", "xi", 4).split("y", "yo", "yi", 2)
    f.reorder("xi", "yi", "xo", "yo").vectorize("xi").vectorize("yi").rename("yi", "v")
    assert told(f)[4] == ("applied", "as 2 copies of the vectors of the loops inside it")


@pytest.mark.parametrize("how", ["vectorize", "unroll", "parallel"])
def test_serial_of_a_loop_under_its_new_name_takes_back_what_it_was(how: str) -> None:
    f = plain()
    getattr(f, how)("y").rename("y", "z").serial("z")
    status, reason = told(f)[0]
    assert status == "without effect"
    assert reason == f"replaced by {f.name()}.serial(z)"


def test_serial_of_one_part_leaves_the_other_unrolled() -> None:
    f = plain().unroll("y").split("y", "y", "z", 2).serial("y")
    assert told(f)[0] == ("applied", "")
    f.serial("z")
    assert told(f)[0][0] == "without effect"


def test_tile_reorder_and_parallel_are_applied_before_a_rename_and_after() -> None:
    f = plain().tile("x", "y", "xo", "yo", "xi", "yi", 4, 2).parallel("yo").rename("yo", "w")
    g = plain().rename("y", "w").tile("x", "w", "xo", "wo", "xi", "wi", 4, 2).parallel("wo")
    for h in (f, g):
        assert {status for status, _ in told(h)} == {"applied"}


def test_vectors_that_only_a_specialisation_has_count() -> None:
    x, n = hl.Var("x"), hl.Param(hl.Int(32), "n")
    f = hl.Func("f")
    f[x] = x * n
    f.bound(x, 0, 8).vectorize(x)
    f.specialize(n == 3).rename(x, "z")
    f.serial(x)
    assert told(f)[1] == ("applied", "")


@pytest.mark.parametrize("special", [True, False])
def test_vectors_in_some_specialisations_of_a_user_are_said_to_be_serial_in_the_others(
    special: bool,
) -> None:
    x, y, n = hl.Var("x"), hl.Var("y"), hl.Param(hl.Int(32), "n")
    g, f, out = plain(), hl.Func("f"), hl.Func("out")
    f[x, y] = g[x, y] + n
    out[x, y] = f[x, y]
    f.compute_root()
    fixed = f.specialize(n == 3)
    (fixed if special else f).split(x, "k", "xi", 8)
    (f if special else fixed).rename(y, "k")
    g.compute_at(f, "k").vectorize(x)
    last = list(out.receipts())[-1]
    where = "outside specialisations" if special else "in f where n == 3"
    reason = f"but x runs serially {where}: its extent is not constant"
    assert (last.status.value, last.reason) == ("applied", reason)
