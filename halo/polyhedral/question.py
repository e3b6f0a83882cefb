"""Questions to isl, each with a bounded number of steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from halo.polyhedral.isl import isl

_STEPS = 200_000
"""Elementary isl operations that one question may cost: a tenth of a second or so."""


class NotAnswered(Exception):
    """The question is not about scalar integers, or too hard for the steps allowed."""


@contextmanager
def question(steps: int | None = None) -> Iterator[Any]:
    """Give an isl context for one question; what isl cannot do becomes `NotAnswered`.

    `steps` is how many operations it may cost, where it is not the usual number.
    """
    context = isl.Context()
    context.set_ast_build_detect_min_max(1)
    context.set_max_operations(steps or _STEPS)
    try:
        yield context
    except isl.Error as error:
        raise NotAnswered(str(error)) from None


def number_of(val: Any) -> int:
    """Return an isl value as a number; isl gives none once the steps are used up."""
    text = val.to_str()
    if text is None or text == "NaN":
        raise NotAnswered("isl ran out of steps")
    return int(text)
