"""The cost of lowering grows with the program, not with its square: calls are counted, not time."""

from __future__ import annotations

import cProfile
from collections.abc import Callable

import lowering_programs as programs
import pytest

import halo as hl
from halo.lowering import lower
from halo.pipeline.request import make_request


def calls(f: hl.Func) -> int:
    """Return how many functions lowering `f` calls."""
    profile = cProfile.Profile()
    profile.enable()
    lower(make_request([f.function], "cost", [None], None))
    profile.disable()
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize(
    ("build", "size"),
    [
        (programs.stored_chain, 24),
        (programs.vector_chain, 12),
        (programs.inlined_chain, 60),
        (programs.squares, 12),
        (programs.diamonds, 12),
        (programs.wide_sum, 24),
        (programs.shared_loops, 8),
        (programs.deep_nest, 8),
        (programs.sliding_chain, 8),
    ],
    ids=lambda x: getattr(x, "__name__", str(x)),
)
def test_twice_the_funcs_cost_about_twice_as_much(
    build: Callable[[int], hl.Func], size: int
) -> None:
    small, large = calls(build(size)), calls(build(2 * size))
    assert large < 2.3 * small
