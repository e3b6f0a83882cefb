"""Optional values for the standard's evaluator, which takes an absent one for one that is there."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx.reference.op_run import OpRun


class OptionalValue(list[Any]):
    """What is in an optional value: one thing, or None. The evaluator has a list for it, too."""

    @property
    def content(self) -> Any:
        """What is there; None if nothing is."""
        return self[0]

    def copy(self) -> OptionalValue:
        """Return the same, as the evaluator's Identity does."""
        return OptionalValue(self)


class Optional(OpRun):  # type: ignore[misc]  # onnx has no types
    """A value that may be absent."""

    op_domain = ""

    def _run(self, x: Any = None, type: object = None) -> tuple[Any]:
        return (OptionalValue([x]),)


class OptionalHasElement(OpRun):  # type: ignore[misc]
    """Whether a value is there."""

    op_domain = ""

    def _run(self, x: Any = None) -> tuple[Any]:
        return (np.array(_content(x) is not None),)


class OptionalGetElement(OpRun):  # type: ignore[misc]
    """A value, which must be there."""

    op_domain = ""

    def _run(self, x: Any) -> tuple[Any]:
        found = _content(x)
        if found is None:
            raise ValueError("the operand is absent")
        return (found,)


OPERATORS = [Optional, OptionalHasElement, OptionalGetElement]


def _content(x: Any) -> Any:
    return x.content if isinstance(x, OptionalValue) else x
