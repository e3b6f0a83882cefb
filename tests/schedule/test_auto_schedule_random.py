"""`auto_schedule` on random pipelines: it never fails, and every bit stays."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from random_directives import lowered_as
from random_pairs import Case, Program, check_case, load, replayed
from random_pipelines import SeededChooser, random_pipeline

PIPELINES = 80
LONG = int(os.environ.get("HALO_RANDOM_PIPELINES", "1000"))
ESTIMATES = (None, [1000, 700], [20, 3], [1, 1])


@pytest.fixture(autouse=True)
def quick_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    # The bits are the same at any level of optimisation, and these are many small programs.
    monkeypatch.setenv("HALO_CFLAGS", f"-O0 {os.environ.get('HALO_CFLAGS', '')}".strip())


def draw(seed: int) -> Case:
    """Return pipeline `seed` as it is, and scheduled for some size."""
    plain, own = (random_pipeline(SeededChooser(seed)) for _ in range(2))
    schedule = own.pipeline().auto_schedule(estimates=ESTIMATES[seed % len(ESTIMATES)])
    name = f"p{seed}"
    return Case(
        Program(name, plain, lowered_as(name, plain)),
        [Program(f"{name}_0", own, lowered_as(f"{name}_0", own), schedule)],
    )


def check(seeds: Iterable[int]) -> None:
    cases = [draw(seed) for seed in seeds]
    cases[0].scheduled.append(replayed(cases[0].scheduled[0]))
    compiled = load([p for case in cases for p in (case.plain, *case.scheduled)])
    for case in cases:
        ran = check_case(case, compiled)
        assert ran == len(case.scheduled), "it computes beyond what is asked for"
        assert not case.scheduled[0].may_round


@pytest.mark.parametrize("first", range(0, PIPELINES, 20))
def test_random_pipelines_keep_their_bits(first: int) -> None:
    check(range(first, first + 20))


@pytest.mark.long
@pytest.mark.parametrize("first", range(PIPELINES, PIPELINES + LONG, 50))
def test_more_random_pipelines_keep_their_bits(first: int) -> None:
    check(range(first, first + 50))
