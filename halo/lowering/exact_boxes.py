"""What indices touch where intervals are loose: a variable that occurs more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from halo.ir.equality import StructuralKeys
from halo.ir.expr import Call, Expr, Variable
from halo.ir.interval import Interval, bounds_of
from halo.ir.intrinsics import is_intrinsic, is_marked
from halo.ir.node import Node
from halo.ir.simplify import simplify
from halo.polyhedral import image_box

_MOST = 64
"""Variables in an index that is looked at; longer ones are not worth it."""


def range_of(index: Expr, scope: Mapping[str, Interval]) -> Interval:
    """Return the values of `index` over `scope`, exactly where it is affine.

    Intervals are exact while each variable occurs once, so isl is asked about other indices only,
    and not about those that depend on data.

        x/4 + x%4, x in [0, 7]  ->  [0, 4]   (intervals say [0, 4], and [-3, 1] for x%4 - x/4)
    """
    if is_knotted(index, scope):
        (exact,) = image_box((simplify(index),), scope)
        if exact is not None:
            return exact
    return bounds_of(index, scope)


class ExactRanges:
    """`range_of` many indices over one scope; equal ones are looked at once."""

    def __init__(self, scope: Mapping[str, Interval]) -> None:
        self._scope = scope
        self._keys = StructuralKeys()
        self._found: dict[int, Interval] = {}

    def of(self, index: Expr) -> Interval:
        """Return the values of `index`."""
        key = self._keys.key(index)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = range_of(index, self._scope)
        return found


def is_knotted(index: Expr, scope: Mapping[str, Interval]) -> bool:
    """Whether a variable of `scope` occurs repeatedly in `index`, however it is written."""
    return _repeats(index, scope) and _repeats(simplify(index), scope)


def _repeats(index: Expr, scope: Mapping[str, Interval]) -> bool:
    times: Counter[str] = Counter()
    for i, leaf in enumerate(_leaves(index)):
        if isinstance(leaf, Call) or i > _MOST:
            return False
        times[leaf.name] += 1
    return any(count > 1 and name in scope for name, count in times.items())


def _leaves(e: Node) -> Iterator[Variable | Call]:
    """Yield variables, and calls that give data, as often as they occur."""
    stack: list[Node] = [e]
    while stack:
        node = stack.pop()
        is_data = isinstance(node, Call) and not (
            is_marked(node) or is_intrinsic(node, "promise_clamped")
        )
        if isinstance(node, Variable) or (isinstance(node, Call) and is_data):
            yield node
        else:
            stack.extend(node.children())
