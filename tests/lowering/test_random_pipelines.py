"""Random pipelines: every schedule gives the bits of the default one and of the interpreter."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_directives import random_directives
from random_pairs import check_case, check_seeds, draw_case, load
from random_pipelines import SeededChooser, random_pipeline

T = TypeVar("T")
SCHEDULES = 3
PIPELINES = 60
LONG = int(os.environ.get("HALO_RANDOM_PIPELINES", "1000"))
LONG_SCHEDULES = 5
FIRST = int(os.environ.get("HALO_RANDOM_FIRST", PIPELINES))


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


@pytest.mark.parametrize("first", range(0, PIPELINES, 10))
def test_random_schedules_keep_the_bits(first: int) -> None:
    ran = check_seeds(range(first, first + 10), SCHEDULES)
    assert ran >= 10 * SCHEDULES * 3 // 4  # the rest compute more than the buffers hold


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.generate, Phase.shrink],
)
@given(st.data())
def test_drawn_schedules_keep_the_bits(data: st.DataObject) -> None:
    case = draw_case(data.draw(st.integers(0, 1 << 16)), [DrawnChooser(data)])
    check_case(case, load([case.plain, *case.scheduled]))


def test_the_directives_drawn_are_of_every_kind() -> None:
    used: Counter[str] = Counter()
    for seed in range(160):
        legal = random_directives(SeededChooser(seed), random_pipeline(SeededChooser(seed)))
        used.update(e.directive.method for e in legal.entries)
    wanted = {
        *("split", "fuse", "reorder", "rename", "vectorize", "unroll", "parallel", "serial"),
        *("compute_root", "compute_at", "compute_inline", "eager_inline", "compute_with"),
        *("store_root", "store_at", "store_in", "hoist_storage", "hoist_storage_root"),
        *("reorder_storage", "align_storage", "split_storage", "bound_storage", "fold_storage"),
        *("ring_buffer", "stream_stores", "prefetch", "memoize", "precompute"),
        *("bound", "bound_extent", "align_bounds", "align_extent", "in_", "clone_in"),
        *("atomic", "rfactor", "specialize", "specialize_fail", "async_"),
        *("never_partition", "always_partition", "never_partition_all", "always_partition_all"),
    }
    assert wanted - used.keys() == set()


@pytest.mark.long
@pytest.mark.parametrize("first", range(FIRST, FIRST + LONG, 20))
def test_many_random_schedules_keep_the_bits(first: int) -> None:
    assert check_seeds(range(first, first + 20), LONG_SCHEDULES) >= 75
