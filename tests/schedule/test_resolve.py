"""Schedules of whole pipelines: where Funcs may be computed and stored, and receipts."""

from __future__ import annotations

import pytest

from halo.errors import ScheduleError
from halo.ir.function import Function
from halo.ir.types import Float
from halo.lang.casts import cast
from halo.lang.func import Func
from halo.lang.rdom import RDom
from halo.lang.var import Var
from halo.schedule.directives import ComputeRoot, Vectorize
from halo.schedule.loop_level import ROOT, LoopLevel
from halo.schedule.receipts import Receipt, Status
from halo.schedule.resolve import ResolvedSchedule, resolve
from halo.schedule.schedule import Entry, Schedule

x, y, xo, xi, yo, yi = (Var(n) for n in ("x", "y", "xo", "xi", "yo", "yi"))


def chain() -> tuple[Func, Func, Func]:
    """Return g, f and h, where f reads g at two places and h reads f."""
    g, f, h = Func("g"), Func("f"), Func("h")
    g[x, y] = x + y
    f[x, y] = g[x, y] + g[x, y + 1]
    h[x, y] = f[x, y] * 2
    return g, f, h


def resolved(
    *funcs: Func, outputs: tuple[Func, ...] = (), extra: tuple[Entry, ...] = ()
) -> ResolvedSchedule:
    """Resolve the directives given for `funcs`; the last is the output unless said otherwise."""
    functions: dict[str, Function] = {f.name(): f.function for f in funcs}
    entries = [e for f in funcs for e in f.schedule_log.entries]
    wanted = [f.name() for f in outputs or funcs[-1:]]
    return resolve(functions, wanted, Schedule((*entries, *extra)))


def refused(*funcs: Func) -> str:
    """Return the text of the error with the plain names of Funcs."""
    with pytest.raises(ScheduleError) as error:
        resolved(*funcs)
    text = str(error.value)
    for f in funcs:
        text = text.replace(f.name(), f.name().split("$")[0])
    return text


def receipt_of(result: ResolvedSchedule, method: str) -> Receipt:
    return next(r for r in result.receipts if r.entry.directive.method == method)


def test_funcs_come_producers_first() -> None:
    g, f, h = chain()
    assert resolved(h, f, g, outputs=(h,)).order == (g.name(), f.name(), h.name())


def test_without_directives_the_output_is_at_root_and_the_rest_inlined() -> None:
    g, f, h = chain()
    result = resolved(g, f, h)
    assert result.functions[h.name()].compute_level is ROOT
    assert result.functions[h.name()].store_level is ROOT
    assert result.functions[g.name()].compute_level.is_inlined


def test_a_reduction_without_a_level_stays_inlined() -> None:
    s, f, r = Func("s"), Func("f"), RDom([(0, 3)])
    s[x] = 0
    s[x] += r.x
    f[x] = s[x]
    assert resolved(s, f).functions[s.name()].compute_level.is_inlined


def test_storage_is_where_the_func_is_computed_unless_told_otherwise() -> None:
    g, f, h = chain()
    g.compute_at(f, x)
    f.compute_root()
    level = LoopLevel.at(f.name(), "x", 0)
    schedule = resolved(g, f, h).functions[g.name()]
    assert (schedule.compute_level, schedule.store_level) == (level, level)


def test_a_level_without_stage_means_the_stage_that_uses_the_func() -> None:
    g, f = Func("g"), Func("f")
    g[x] = x
    f[x] = 0
    f[x] += g[x]
    g.compute_at(f, x)
    assert resolved(g, f).functions[g.name()].compute_level.stage == 1


def test_a_func_may_be_computed_in_the_loops_of_an_inlined_users_user() -> None:
    g, f, h = chain()
    g.compute_at(h, x)
    assert resolved(g, f, h).functions[g.name()].compute_level.func == h.name()


def test_a_func_may_be_computed_around_the_loops_its_consumer_is_computed_in() -> None:
    g, f, h = chain()
    f.compute_at(h, x)
    g.compute_at(h, y)
    assert resolved(g, f, h).functions[g.name()].compute_level.var == "y"


def test_storage_may_be_further_out_than_the_computation() -> None:
    g, f, h = chain()
    f.compute_root()
    g.compute_at(f, x).store_at(f, y)
    assert resolved(g, f, h).functions[g.name()].store_level == LoopLevel.at(f.name(), "y", 0)


def test_an_unknown_loop_is_refused_with_the_legal_levels() -> None:
    g, f, h = chain()
    f.compute_root()
    g.compute_at(f, xo)
    text = refused(g, f, h)
    assert "g.compute_at(f, xo): f has no loop xo" in text
    assert "legal: g.compute_root(), g.compute_at(f, y), g.compute_at(f, x)" in text
    assert "used by: f at test_resolve.py:" in text


def test_a_func_that_is_also_used_elsewhere_is_refused() -> None:
    g, f, h = Func("g"), Func("f"), Func("h")
    g[x] = x
    f[x] = g[x]
    h[x] = f[x] + g[x]
    f.compute_root()
    g.compute_at(f, x)
    text = refused(g, f, h)
    assert "g is also used outside x of f" in text
    assert "legal: g.compute_root()   used by" in text


def test_a_func_that_does_not_use_it_is_refused() -> None:
    g, f, h = chain()
    f.compute_root()
    g.compute_at(h, x)
    assert "h does not use g inside x" in refused(g, f, h)


def test_the_loops_of_an_inlined_func_are_no_place() -> None:
    g, f, h = chain()
    g.compute_at(f, x)
    text = refused(g, f, h)
    assert "f is inlined and has no loops of its own" in text
    assert "g.compute_at(h, x)" in text


def test_a_func_of_another_pipeline_is_no_place() -> None:
    g, f, h = chain()
    other = Func("other")
    g.compute_at(other, x)
    assert "is not among the Funcs computed here" in refused(g, f, h)


def test_an_update_that_is_not_there_is_no_place() -> None:
    g, f, h = chain()
    f.compute_root()
    g.compute_at(LoopLevel.at(f.name(), "x", 2))
    assert "f has no update(1)" in refused(g, f, h)


def test_an_output_is_not_computed_inside_loops() -> None:
    g, f, h = chain()
    h.compute_at(f, x)
    assert "h is an output, computed outside loops" in refused(g, f, h)


def test_an_output_is_not_inlined() -> None:
    g, f, h = chain()
    h.compute_inline()
    assert "has to be stored" in refused(g, f, h)


def test_storage_inside_the_computation_is_refused() -> None:
    g, f, h = chain()
    f.compute_root()
    g.compute_at(f, y).store_at(f, x)
    text = refused(g, f, h)
    assert "that loop is not around g.compute_at(f, y)" in text
    assert "legal: g.store_root(), g.store_at(f, y)" in text


def test_storage_shared_by_parallel_iterations_is_refused() -> None:
    g, f, h = chain()
    f.compute_root().parallel(y)
    g.compute_at(f, x).store_root()
    text = refused(g, f, h)
    assert "iterations of the parallel loop over y of f would write the same storage" in text
    assert "legal: g.store_at(f, y)" in text


def test_storage_without_computation_is_refused() -> None:
    g, f, h = chain()
    g.store_root()
    assert "g is inlined, so nothing is stored" in refused(g, f, h)


def test_a_schedule_for_a_func_that_is_not_there_is_refused() -> None:
    g, f, h = chain()
    with pytest.raises(ScheduleError, match="there is no Func q here"):
        resolved(g, f, h, extra=(Entry("q", 0, ComputeRoot()),))


def test_a_schedule_is_replayed_on_another_algorithm_by_renaming() -> None:
    g, f, h = chain()
    f.compute_root().vectorize(x, 4)
    g.compute_at(f, x)
    entries = (*g.schedule_log.entries, *f.schedule_log.entries)
    g2, f2, h2 = chain()
    names = {a.name(): b.name() for a, b in ((g, g2), (f, f2), (h, h2))}
    replayed = Schedule(entries).renamed(names)
    result = resolved(g2, f2, h2, extra=replayed.entries)
    assert result.functions[g2.name()].compute_level.func == f2.name()


def test_directives_that_hold_are_receipted_as_applied() -> None:
    g, f, h = chain()
    f.compute_root().vectorize(x, 4)
    assert {r.status for r in resolved(g, f, h).receipts} == {Status.APPLIED}


def test_loops_of_an_inlined_func_are_receipted_as_without_effect() -> None:
    g, f, h = chain()
    g.vectorize(x)
    receipt = receipt_of(resolved(g, f, h), "vectorize")
    assert receipt.status is Status.WITHOUT_EFFECT
    assert "is inlined and has no loops" in receipt.reason


def test_a_level_that_is_replaced_is_receipted_as_without_effect() -> None:
    g, f, h = chain()
    f.compute_root()
    g.compute_root().compute_at(f, x)
    receipt = next(r for r in resolved(g, f, h).receipts if r.entry.func == g.name())
    assert receipt.status is Status.WITHOUT_EFFECT
    assert "replaced by" in receipt.reason


def test_a_func_that_is_not_needed_is_receipted_as_without_effect() -> None:
    g, f, h = chain()
    h.compute_root()
    receipt = receipt_of(resolved(g, f, h, outputs=(f,)), "compute_root")
    assert receipt.status is Status.WITHOUT_EFFECT
    assert "is not needed for" in receipt.reason


def test_an_order_that_was_there_is_receipted_as_without_effect() -> None:
    g, f, h = chain()
    h.reorder(x, y)
    assert receipt_of(resolved(g, f, h), "reorder").status is Status.WITHOUT_EFFECT


def test_inlining_a_reduction_is_receipted_as_without_effect() -> None:
    s, f, r = Func("s"), Func("f"), RDom([(0, 3)])
    s[x] = 0
    s[x] += r.x
    f[x] = s[x]
    s.compute_inline()
    receipt = receipt_of(resolved(s, f), "compute_inline")
    assert "cannot be substituted" in receipt.reason


def test_the_layout_of_an_output_is_the_callers() -> None:
    g, f, h = chain()
    h.reorder_storage(y, x)
    assert "caller's buffer" in receipt_of(resolved(g, f, h), "reorder_storage").reason


def test_the_receipt_of_a_reordered_float_sum_says_that_bits_may_change() -> None:
    f, r = Func("f"), RDom([(0, 3), (0, 4)])
    f[x] = cast(Float(32), 0)
    f[x] += cast(Float(32), r.x * r.y)
    f.update().reorder(r.y, r.x)
    receipt = receipt_of(resolved(f), "reorder")
    assert receipt.status is Status.APPLIED
    assert "the last bits may differ" in receipt.reason


def test_the_receipt_of_a_reordered_integer_sum_says_nothing() -> None:
    f, r = Func("f"), RDom([(0, 3), (0, 4)])
    f[x] = 0
    f[x] += r.x * r.y
    f.update().reorder(r.y, r.x)
    assert receipt_of(resolved(f), "reorder").reason == ""


def test_an_illegal_directive_in_a_stored_schedule_is_refused() -> None:
    g, f, h = chain()
    with pytest.raises(ScheduleError, match="has no loop q"):
        resolved(g, f, h, extra=(Entry(h.name(), 0, Vectorize("q")),))
