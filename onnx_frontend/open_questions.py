"""What a model leaves open and later nodes settle: the branch of an If, a size that must be one.

The number of axes of a tensor cannot depend on a run. Where an ``If`` has branches that differ in
that, as `squeeze` of PyTorch becomes, mostly one of them can go on and the nodes behind make no
sense of the other. And a size that has to be equal to a number is that number. Both are learnt by
translating the model, which then begins again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from halo.ir.expr import EQ, Expr, Select, Variable, i32
from halo.ops.index import known
from onnx_frontend.errors import Missing, ModelError, UnsupportedOp

T = TypeVar("T")

MOST_QUESTIONS = 6
"""Open branches of a model; each doubles how often it may be translated."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What is taken for settled.

    Attributes
    ----------
    branches
        Whether the condition holds of each open If, in the order in which they are met.
    sizes
        What symbols are.
    """

    branches: tuple[bool, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)


class OpenBranch(Exception):
    """An If was met whose branches differ in axes and of which nothing is settled."""

    def __init__(self, node: Missing) -> None:
        super().__init__(str(node))
        self.node = node


def settle(model: str, attempt: Callable[[Settled], T], settled: Settled = Settled()) -> T:
    """Return what the only `attempt` gives that can go on to the end.

    Parameters
    ----------
    model
        Its name, for messages.
    attempt
        Translates the model for what is settled.

    Raises
    ------
    UnsupportedOp
        Several attempts can go on, or there are too many questions.
    ModelError
        No attempt can go on; it says why the first does not.
    """
    try:
        return attempt(settled)
    except OpenBranch as question:
        asked = question.node
    if len(settled.branches) == MOST_QUESTIONS:
        raise UnsupportedOp(model, [asked])
    made: list[T] = []
    errors: list[ModelError] = []
    for holds in (True, False):
        try:
            branches = (*settled.branches, holds)
            made.append(settle(model, attempt, replace(settled, branches=branches)))
        except ModelError as error:
            errors.append(error)
    if not made:
        raise next((e for e in errors if isinstance(e, UnsupportedOp)), errors[0])
    if len(made) > 1:
        raise UnsupportedOp(model, [asked])
    return made[0]


def as_equality(flag: Expr, holds: bool) -> tuple[Expr, Expr]:
    """Return two sizes that are equal where `flag`, a condition or 0 or 1, is as `holds` says."""
    if not flag.type.is_bool():
        return flag, i32(int(holds))
    if isinstance(flag, EQ) and holds:
        return flag.a, flag.b
    return Select(flag, i32(1), i32(0)), i32(int(holds))


def forced_sizes(pairs: Iterable[tuple[Expr, Expr]], symbols: Iterable[str]) -> dict[str, int]:
    """Return those of `symbols` that must be numbers for `pairs` of sizes to be equal."""
    names = set(symbols)
    found: dict[str, int] = {}
    for a, b in pairs:
        for one, other in ((a, b), (b, a)):
            number = known(other)
            if isinstance(one, Variable) and one.name in names and number is not None:
                found.setdefault(one.name, number)
    return found
