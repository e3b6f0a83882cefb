"""Random pipelines: every schedule gives the bits of the default one and of the interpreter."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_pipelines import Chooser, SeededChooser, random_pipeline, random_schedule

import halo as hl
from halo.interpret import interpret

T = TypeVar("T")
SCHEDULES = 5
PIPELINES = 100
LONG = int(os.environ.get("HALO_RANDOM_PIPELINES", "1000"))


class DrawnChooser:
    """Choices that hypothesis makes, and makes smaller when something fails."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def integer(self, low: int, high: int) -> int:
        return int(self._data.draw(st.integers(low, high)))

    def pick(self, options: Sequence[T]) -> T:
        return self._data.draw(st.sampled_from(options))


@pytest.fixture(autouse=True)
def quick_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    # The bits are the same at any level of optimisation, and these are many small programs.
    monkeypatch.setenv("HALO_CFLAGS", f"-O1 {os.environ.get('HALO_CFLAGS', '')}".strip())


def default_bits(choose: Chooser) -> np.ndarray[Any, Any]:
    """Return what the default schedule computes, having compared it with the interpreter."""
    p = random_pipeline(choose)
    got = np.array(p.output.realize(list(p.sizes)))
    if got.dtype.kind in "iu":
        np.testing.assert_array_equal(got, interpret(p.output, p.sizes), err_msg=str(p.story))
    return got


def scheduled_bits(choose: Chooser, schedule: Chooser) -> np.ndarray[Any, Any] | None:
    """Return what a random schedule computes; None if it is refused."""
    p = random_pipeline(choose)
    try:
        random_schedule(schedule, p)
        return np.array(p.output.realize(list(p.sizes)))
    except hl.ScheduleError:
        return None


def agree(seed: int) -> int:
    """Compare up to SCHEDULES schedules of pipeline `seed`; return how many were legal."""
    expected = default_bits(SeededChooser(seed))
    legal = tried = 0
    while legal < SCHEDULES and tried < 4 * SCHEDULES:
        got = scheduled_bits(SeededChooser(seed), SeededChooser(seed * 1000 + tried))
        if got is not None:
            assert got.tobytes() == expected.tobytes(), (seed, tried)
            legal += 1
        tried += 1
    return legal


@pytest.mark.parametrize("first", range(0, PIPELINES, 10))
def test_random_schedules_keep_the_bits(first: int) -> None:
    legal = sum(agree(seed) for seed in range(first, first + 10))
    assert legal >= 40  # the rest of 50 were refused more often than there were tries


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.generate, Phase.shrink],
)
@given(st.data())
def test_drawn_schedules_keep_the_bits(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 1 << 16))
    expected = default_bits(SeededChooser(seed))
    got = scheduled_bits(SeededChooser(seed), DrawnChooser(data))
    assert got is None or got.tobytes() == expected.tobytes()


@pytest.mark.long
@pytest.mark.parametrize("first", range(PIPELINES, PIPELINES + LONG, 50))
def test_many_random_schedules_keep_the_bits(first: int) -> None:
    assert sum(agree(seed) for seed in range(first, first + 50)) >= 200
