"""Random reductions under random schedules: the bits of the default schedule."""

from __future__ import annotations

import pytest
from random_reductions import check


@pytest.mark.parametrize("seed", range(16))
def test_random_schedules_of_reductions_keep_integers(seed: int) -> None:
    check(seed)


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 1600, 50))
def test_many_random_schedules_of_reductions_keep_integers(first: int) -> None:
    for seed in range(first, first + 50):
        check(seed)
