"""Tracing: which events come, with what, and that nothing else changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import halo as hl
from halo import TraceEventCode as Code

x, y = hl.vars("x y")


def source() -> hl.ImageParam:
    image = hl.ImageParam(hl.UInt(8), 1, "image")
    image.set(hl.Buffer(np.arange(40, dtype=np.uint8)))
    return image


def pair(image: hl.ImageParam) -> tuple[hl.Func, hl.Func]:
    g, h = hl.Func("g"), hl.Func("h")
    g[x, y] = hl.f32(x) * 10 + y + image[x]
    h[x, y] = g[x, y] + g[x, y + 1]
    return g, h


def events(f: hl.Func, size: list[int], target: hl.Target | None = None) -> list[hl.TraceEvent]:
    found: list[hl.TraceEvent] = []
    f.jit_handlers().custom_trace = found.append
    f.realize(size, target)
    return found


def test_events_are_lines_of_text_without_a_handler(capsys: pytest.CaptureFixture[str]) -> None:
    f = hl.Func("told")
    f[x] = hl.f32(x) / 2
    f.trace_stores().trace_realizations().add_trace_tag("a tag")
    hl.Pipeline([f]).trace_pipeline()
    f.realize([2])
    assert capsys.readouterr().out.splitlines() == [
        "Begin pipeline told.0()",
        "Tag told.0() tag = a tag",
        "Begin realization told.0(0, 2)",
        "Produce told.0(0, 2)",
        "Store told.0(0) = 0.000000",
        "Store told.0(1) = 0.500000",
        "End produce told.0(0, 2)",
        "Consume told.0(0, 2)",
        "End consume told.0(0, 2)",
        "End realization told.0(0, 2)",
        "End pipeline told.0()",
    ]


def test_loads_and_stores_tell_cell_value_and_type() -> None:
    image = source()
    g, h = pair(image)
    g.compute_at(h, y).trace_loads().trace_stores()
    image.trace_loads()
    found = events(h, [2, 1])
    stores = {e.coordinates: e.value for e in found if e.event is Code.store}
    assert stores == {(i, j): 10 * i + j + i for i in range(2) for j in range(2)}
    loads = Counter(e.coordinates for e in found if e.event is Code.load and e.func == g.name())
    assert loads == {(i, j): 1 for i in range(2) for j in range(2)}
    pixels = [e for e in found if e.func == image.name()]
    assert {(e.coordinates, e.value, e.type) for e in pixels} == {
        ((0,), 0, hl.UInt(8)), ((1,), 1, hl.UInt(8))}  # fmt: skip
    assert [e.id for e in found] == list(range(1, len(found) + 1))


def test_events_know_what_they_happen_in() -> None:
    g, h = pair(source())
    g.compute_at(h, y).trace_stores().trace_realizations()
    hl.Pipeline([h]).trace_pipeline()
    found = events(h, [3, 2])
    by_id = {e.id: e for e in found}
    for e in found:
        if e.event is Code.begin_realization:
            assert by_id[e.parent_id].event is Code.begin_pipeline
        if e.event in (Code.store, Code.produce, Code.consume, Code.end_realization):
            assert by_id[e.parent_id].event is Code.begin_realization
        if e.event is Code.end_produce:
            assert by_id[e.parent_id].event is Code.produce
    boxes = [e.coordinates for e in found if e.event is Code.begin_realization]
    assert boxes == [(0, 3, 0, 2), (0, 3, 1, 2)]


SCHEDULES: dict[str, Callable[[hl.Func, hl.Func], object]] = {
    "root": lambda g, h: g.compute_root(),
    "vectors": lambda g, h: (g.compute_root().vectorize(x, 8, hl.TailStrategy.GuardWithIf),
                             h.vectorize(x, 8, hl.TailStrategy.GuardWithIf)),
    "parallel": lambda g, h: (g.compute_root(), h.parallel(y)),
    "rows": lambda g, h: (g.store_root().compute_at(h, y), h.unroll(x, 2)),
    "inside a vector": lambda g, h: (g.compute_at(h, x), h.vectorize(x, 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", list(SCHEDULES))
@pytest.mark.parametrize("size", [(5, 3), (1, 1), (0, 4), (19, 2)])
def test_values_stay_and_every_cell_is_told_under_any_schedule(
    name: str, size: tuple[int, int]
) -> None:
    plain = np.array(pair(source())[1].realize(list(size)))
    g, h = pair(source())
    SCHEDULES[name](g, h)
    g.trace_stores().trace_loads()
    h.trace_stores().trace_realizations()
    found: list[hl.TraceEvent] = []
    h.jit_handlers().custom_trace = found.append
    np.testing.assert_array_equal(np.array(h.realize(list(size))), plain)
    stored = {e.coordinates: e.value for e in found if e.event is Code.store and e.func == h.name()}
    assert stored == {(i, j): plain[j, i] for i in range(size[0]) for j in range(size[1])}


TYPES = [hl.Int(8), hl.UInt(16), hl.Int(32), hl.UInt(64), hl.Bool(),
         hl.Float(16), hl.BFloat(16), hl.Float(32), hl.Float(64)]  # fmt: skip


@pytest.mark.parametrize("type", TYPES, ids=str)
def test_values_of_every_type_arrive(type: hl.Type, capsys: pytest.CaptureFixture[str]) -> None:
    f = hl.Func("f")
    f[x] = hl.cast(type, x + 1)
    f.trace_stores()
    f.realize([2])
    assert len(capsys.readouterr().out.splitlines()) == 2
    found = events(f, [2])
    assert [e.value for e in found] == ([True, True] if type == hl.Bool() else [1, 2])
    assert [e.type for e in found] == [type, type]


def test_a_tuple_tells_each_value() -> None:
    f = hl.Func("f")
    f[x] = hl.Tuple(x, hl.f32(x) / 2)
    f.trace_stores()
    found = events(f, [2])
    assert [(e.coordinates, e.value_index, e.value) for e in found] == [
        ((0,), 0, 0), ((0,), 1, 0.0), ((1,), 0, 1), ((1,), 1, 0.5)]  # fmt: skip


def test_updates_tell_what_they_read_and_write() -> None:
    f = hl.Func("f")
    r = hl.RDom([(0, 3)])
    f[x] = 0
    f[r.x % 2] += r.x
    f.trace_loads().trace_stores()
    found = [(e.event, *e.coordinates, e.value) for e in events(f, [2])]
    assert found[2:] == [
        (Code.load, 0, 0), (Code.store, 0, 0), (Code.load, 1, 0), (Code.store, 1, 1),
        (Code.load, 0, 0), (Code.store, 0, 2)]  # fmt: skip


def test_target_features_trace_every_func() -> None:
    found = events(pair(source())[1], [2, 1], hl.Target("host-trace_stores-trace_loads"))
    assert {(e.func.split("$")[0], e.event) for e in found} == {
        ("image", Code.load), ("h", Code.store)}  # fmt: skip
    g, h = pair(source())
    g.compute_root()
    target = hl.Target("host-trace_realizations-trace_pipeline")
    found = events(h, [1, 1], target)
    assert found[0].event is Code.begin_pipeline and found[-1].event is Code.end_pipeline
    assert {e.func for e in found} == {g.name(), h.name()}


def test_an_inlined_func_has_no_events_and_its_receipt_says_so() -> None:
    g, h = pair(source())
    g.trace_stores()
    assert events(h, [2, 2]) == []
    (receipt,) = [r for r in h.receipts() if r.entry.func == g.name()]
    assert "is inlined" in receipt.reason


def test_what_is_not_traced_costs_nothing(tmp_path: Path) -> None:
    f = hl.Func("f")
    f[x] = x * 2
    f.add_trace_tag("never told, because nothing else is")
    f.compile_to_c(tmp_path / "f.c")
    text = (tmp_path / "f.c").read_text()
    assert "halo_trace(" not in text
    assert "halo_trace_name" not in text


def test_the_directives_are_stored_and_replayed() -> None:
    g, h = pair(source())
    g.compute_root().trace_stores().trace_realizations().add_trace_tag("a 'tag'")
    h.trace_loads()
    schedule = h.schedule()
    assert type(schedule).from_json(schedule.to_json()) == schedule
    assert f"{g.name()}.add_trace_tag(\"a 'tag'\")" in str(schedule)


def test_what_a_trace_handler_raises_realize_raises() -> None:
    def refuse(event: hl.TraceEvent) -> None:
        raise LookupError(event.func)

    f = hl.Func("f")
    f[x] = x
    f.trace_stores()
    f.jit_handlers().custom_trace = refuse
    with pytest.raises(LookupError):
        f.realize([3])


def test_loads_of_an_extern_stage_are_its_own_business() -> None:
    def copy(given: hl.Buffer, out: hl.Buffer) -> None:
        out.view()[...] = given.view()

    g, f = hl.Func("g"), hl.Func("f")
    g[x] = x
    f.define_extern("copy", [g], hl.Int(32), [x], implementation=copy)
    g.compute_root().trace_loads().trace_stores()
    f.trace_stores().trace_realizations()
    found = events(f, [3])
    assert Counter(e.event for e in found if e.func == g.name()) == {Code.store: 3}
    assert Code.produce in {e.event for e in found if e.func == f.name()}


@pytest.mark.parametrize("vector", [False, True], ids=["scalar", "vector"])
@pytest.mark.parametrize("tail", [t for t in hl.TailStrategy if t is not hl.TailStrategy.Auto])
def test_only_cells_that_a_tail_touches_are_told(tail: hl.TailStrategy, vector: bool) -> None:
    g, f, h = hl.funcs("g f h")
    g[x] = x * x
    f[x] = g[x] + 1
    h[x] = f[x]
    g.compute_root().trace_loads()
    f.compute_root().split(x, "xo", "xi", 4, tail).trace_stores()
    if vector:
        f.vectorize("xi")
    found = events(h, [11])
    beyond = {code: any(e.event is code and e.coordinates == (11,) for e in found) for code in Code}
    T = hl.TailStrategy
    assert beyond[Code.load] == (tail in (T.RoundUp, T.PredicateStores, T.RoundUpAndBlend))
    assert beyond[Code.store] == (tail in (T.RoundUp, T.PredicateLoads, T.RoundUpAndBlend))
    told = {e.coordinates[0]: e.value for e in found if e.event is Code.load}
    assert {i: told[i] for i in range(11)} == {i: i * i for i in range(11)}
    told = {e.coordinates[0]: e.value for e in found if e.event is Code.store}
    assert {i: told[i] for i in range(11)} == {i: i * i + 1 for i in range(11)}
