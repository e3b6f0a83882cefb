"""Threads of the emitted C meet in no cell without an atomic step, if the user did not allow it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import watched_pipeline
from batches import Case, case, table_cases, threaded_cases
from races import need_thread_sanitizer, reports, threaded

import halo as hl

TYPES = [hl.UInt(8), hl.Int(32), hl.Float(64)]
LANES = [1, 3, 4, 8, 16]
KINDS = ["dense", "strided", "masked"]


@pytest.fixture(autouse=True)
def _thread_sanitizer(tmp_path: Path) -> None:
    need_thread_sanitizer(tmp_path)


def shared(type_: hl.Type, lanes: int, kind: str, *, reads: bool, apart: bool) -> Case:
    """Parallel iterations that write `lanes` cells, half of them the next one's unless `apart`."""
    x = hl.Var("x")
    f = hl.Func("f")
    r = hl.RDom([(0, lanes), (0, 12)])
    if kind == "masked":
        r.where(r.x + r.y < lanes + 6)
    at = (r.x + (r.y * lanes if apart else r.y * lanes / 2)) * (2 if kind == "strided" else 1)
    f[x] = hl.cast(type_, 0)
    f[at] = f[at] + 1 if reads else hl.cast(type_, r.y)
    f.update().allow_race_conditions().parallel(r.y).vectorize(r.x)
    return case(f"{type_} {lanes} {kind} {reads} {apart}", f, (24 * lanes,))


def test_a_race_is_found_however_cells_are_accessed(tmp_path: Path) -> None:
    seeded = {
        f"{t} {n} {kind} {reads}": shared(t, n, kind, reads=reads, apart=False)
        for t, n, kind, reads in product(TYPES, LANES, KINDS, (False, True))
    }
    missed = seeded
    for _ in range(5):  # what a thread did is remembered for some accesses only, drawn by lot
        found = reports(missed, tmp_path)
        missed = {n: c for n, c in missed.items() if "data race" not in found.get(n, "")}
        if not missed:
            break
    assert list(missed) == []


def test_threads_that_keep_apart_are_not_reported(tmp_path: Path) -> None:
    apart = {
        f"{t} {n} {kind}": shared(t, n, kind, reads=True, apart=True)
        for t, n, kind in product(TYPES, LANES, KINDS)
    }
    assert reports(apart, tmp_path) == {}


def test_no_kernel_of_the_table_has_a_race(tmp_path: Path) -> None:
    cases = threaded(table_cases())
    assert len(cases) > 10
    assert reports(cases, tmp_path) == {}


def test_random_schedules_have_no_race(tmp_path: Path) -> None:
    cases = threaded(threaded_cases(range(20)))
    assert len(cases) > 10
    assert reports(cases, tmp_path, may_refuse=True) == {}


def test_a_pipeline_watched_in_every_way_has_no_race(tmp_path: Path) -> None:
    h, _ = watched_pipeline.watched()
    features = frozenset(watched_pipeline.TARGET.split("-")[1:])
    cases = threaded({"watched": case("watched", h, (13, 7), features)})
    assert list(cases) == ["watched"]
    assert reports(cases, tmp_path, watched_pipeline.DOUBLED) == {}


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 1500, 50))
def test_many_random_schedules_have_no_race(first: int, tmp_path: Path) -> None:
    cases = threaded(threaded_cases(range(first, first + 50)))
    assert reports(cases, tmp_path, may_refuse=True) == {}
