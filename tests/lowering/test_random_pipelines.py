"""Random pipelines: every schedule gives the bits of the default one and of the interpreter."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_directives import random_directives, reassociates
from random_pipelines import Chooser, SeededChooser, random_pipeline

import halo as hl
from halo.interpret import interpret

T = TypeVar("T")
Values = list[np.ndarray[Any, Any]]
SCHEDULES = 3
PIPELINES = 60
LONG = int(os.environ.get("HALO_RANDOM_PIPELINES", "1000"))
LONG_SCHEDULES = 5


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
    monkeypatch.setenv("HALO_CFLAGS", f"-O0 {os.environ.get('HALO_CFLAGS', '')}".strip())


def default_bits(choose: Chooser) -> Values:
    """Return what the default schedule computes, having compared it with the interpreter."""
    p = random_pipeline(choose)
    got = p.values()
    meant = interpret(p.output, p.sizes)
    for a, b in zip(got, meant if isinstance(meant, tuple) else (meant,), strict=True):
        if a.dtype.kind in "iu":
            np.testing.assert_array_equal(a, b, err_msg=str(p.story))
    return got


def scheduled_bits(seed: int, schedule: Chooser) -> tuple[hl.Schedule, Values | None, bool]:
    """Return a random schedule of pipeline `seed`, what it computes, and if bits may differ.

    None where a buffer is too small for what a directive asks to be computed beyond the output.
    """
    legal = random_directives(schedule, random_pipeline(SeededChooser(seed)))
    p = random_pipeline(SeededChooser(seed))
    p.pipeline().apply_schedule(legal)
    try:
        return legal, p.values(), reassociates(p)
    except (hl.BoundsError, hl.BufferError):
        return legal, None, False


def compare(seed: int, schedule: Chooser, expected: Values) -> bool:
    """Compare a random schedule with the default one; return whether it could run."""
    legal, got, may_differ = scheduled_bits(seed, schedule)
    if got is None:
        return False
    for a, b in zip(got, expected, strict=True):
        if may_differ and a.dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=1e-3, err_msg=f"{seed}\n{legal}")
        else:
            assert a.tobytes() == b.tobytes(), f"pipeline {seed} with\n{legal}"
    return True


def agree(seed: int, schedules: int) -> int:
    """Compare schedules of pipeline `seed`; return how many could run."""
    expected = default_bits(SeededChooser(seed))
    tries = [SeededChooser(seed * 1000 + k) for k in range(schedules)]
    return sum(compare(seed, choose, expected) for choose in tries)


@pytest.mark.parametrize("first", range(0, PIPELINES, 5))
def test_random_schedules_keep_the_bits(first: int) -> None:
    ran = sum(agree(seed, SCHEDULES) for seed in range(first, first + 5))
    assert ran >= 5 * SCHEDULES // 2  # the rest compute more than the buffers hold


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.generate, Phase.shrink],
)
@given(st.data())
def test_drawn_schedules_keep_the_bits(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 1 << 16))
    compare(seed, DrawnChooser(data), default_bits(SeededChooser(seed)))


def test_the_directives_drawn_are_of_every_kind() -> None:
    used: Counter[str] = Counter()
    for seed in range(150):
        legal = random_directives(SeededChooser(seed), random_pipeline(SeededChooser(seed)))
        used.update(e.directive.method for e in legal.entries)
    wanted = {
        *("split", "fuse", "reorder", "vectorize", "unroll", "parallel", "serial", "atomic"),
        *("compute_root", "compute_at", "compute_inline", "eager_inline", "compute_with"),
        *("store_root", "store_at", "store_in", "reorder_storage", "align_storage"),
        *("split_storage", "fold_storage", "align_bounds", "align_extent", "specialize"),
        *("in_", "clone_in", "never_partition", "always_partition"),
    }
    assert wanted - used.keys() == set()


@pytest.mark.long
@pytest.mark.parametrize("first", range(PIPELINES, PIPELINES + LONG, 20))
def test_many_random_schedules_keep_the_bits(first: int) -> None:
    assert sum(agree(seed, LONG_SCHEDULES) for seed in range(first, first + 20)) >= 50
