"""What sizes have to fulfil, tested when a model runs as soon as they are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from halo.ir.expr import EQ, GE, LE, Expr, Min, Variable, as_const, i32, i64
from halo.ir.function import SymbolicSize
from halo.ir.stmt import AssertStmt, ErrorCode
from halo.ir.substitute import walk
from halo.ir.types import Int
from halo.ops.tensor import LARGEST
from onnx_frontend.entry_model import Guarded, Loop, Model, Requirement, Stage
from onnx_frontend.extents import saturating_product, symbols_of, to_serial, widen
from onnx_frontend.wanted_sizes import only_symbol, wanted_sizes


class Checks:
    """The checks of a model, each as soon as the sizes in it are known.

    `others` are checks beside those that its tensors and operators need.
    """

    def __init__(self, model: Model, others: Sequence[AssertStmt]) -> None:
        demands = [*_extents_in_range(model), *map(_equal_extents, model.requirements)]
        checks = [*_size_limit(model), *_in_words(model, demands)]
        self._later = set(_bound(model.stages))
        self._open = [*checks, *others]

    def known(self) -> list[AssertStmt]:
        """Return the checks that can be made now."""
        ready = [c for c in self._open if self._later.isdisjoint(symbols_of(c.condition))]
        self._open = [c for c in self._open if c not in ready]
        return ready

    def after(self, stage: Stage) -> list[AssertStmt]:
        """Return the checks that can be made once the sizes of `stage` are known."""
        self._later -= {bind.name for bind in stage.binds}
        return self.known()


def _bound(stages: Iterable[Stage]) -> Iterator[str]:
    """Yield the sizes that become known in `stages`, and in the loops in them."""
    for stage in stages:
        yield from (bind.name for bind in stage.binds)
        for step in stage.steps:
            if isinstance(step, Guarded):
                step = step.step
            if isinstance(step, Loop):
                yield from _bound(step.stages)


def _size_limit(model: Model) -> Iterator[AssertStmt]:
    """Refuse inputs for which coordinates would leave int32 or sizes would overflow int64."""
    distinct = {
        str([to_serial(d) for d in shape]): shape
        for _, shape in model.shapes
        if any(True for d in shape for _ in symbols_of(d))
    }
    sizes = [saturating_product(shape) for shape in distinct.values()]
    for size in sizes:
        message = (f"these inputs make a tensor of more than {LARGEST} elements",)
        yield AssertStmt(LE(size, i64(LARGEST)), ErrorCode.BAD_SHAPE, message)


def _extents_in_range(model: Model) -> Iterator[AssertStmt]:
    """Refuse inputs so small that windows do not fit into them."""
    seen: set[str] = set()
    for name, shape in model.shapes:
        for axis, extent in enumerate(shape):
            key = str(to_serial(extent))
            if _is_size(extent) or key in seen or not any(True for _ in symbols_of(extent)):
                continue
            seen.add(key)
            size, lowest = (widen(extent), i64(0)) if _is_told(extent) else (extent, _least(extent))
            message = (
                "these inputs are too small: dim ",
                i32(axis),
                f" of '{name}' would be ",
                size,
            )
            yield AssertStmt(GE(size, lowest), ErrorCode.BAD_SHAPE, message)


def _in_words(model: Model, demands: Sequence[AssertStmt]) -> Iterator[AssertStmt]:
    """Have demands on one size of an input begin with it, and with what it should be."""
    places: dict[str, str] = {}
    for argument in model.inputs:
        for axis, extent in enumerate(argument.shape):
            if isinstance(extent, Variable):
                places.setdefault(extent.name, f"{argument.title} dim {axis}")
    of: dict[str, list[AssertStmt]] = {}
    for demand in demands:
        symbol = only_symbol(demand.condition, places)
        if symbol is not None:
            of.setdefault(symbol, []).append(demand)
    words = {symbol: wanted_sizes([d.condition for d in own], symbol) for symbol, own in of.items()}
    for demand in demands:
        symbol = only_symbol(demand.condition, places)
        if symbol is None or not words[symbol]:
            yield demand
            continue
        got = (f"{places[symbol]}: got ", Variable(Int(32), symbol))
        wanted = f", the model needs {words[symbol]}: "
        yield AssertStmt(demand.condition, demand.code, (*got, wanted, *demand.message))


def _least(extent: Expr) -> Expr:
    """Return 1, but 0 where a size that `extent` is made of is 0 or told by data."""
    least: Expr = i32(1)
    for v in walk(extent):
        if isinstance(v, Variable):
            told = not isinstance(v.source, SymbolicSize) or v.source.from_data
            least = i32(0) if told or as_const(least) == 0 else Min(least, v)
    return least


def _is_told(extent: Expr) -> bool:
    """Whether data tell a size in `extent`: sums and products of it may leave int32."""
    sizes = (v.source for v in walk(extent) if isinstance(v, Variable))
    return any(not isinstance(s, SymbolicSize) or s.from_data for s in sizes)


def _is_size(extent: Expr) -> bool:
    """Whether `extent` is a symbol that is not negative."""
    if not isinstance(extent, Variable):
        return False
    return not isinstance(extent.source, SymbolicSize) or extent.source.min >= 0


def _equal_extents(requirement: Requirement) -> AssertStmt:
    a, b = requirement.a, requirement.b
    if a.type != b.type or _is_told(a) or _is_told(b):
        a, b = widen(a), widen(b)
    message: tuple[str | Expr, ...] = (
        f"{requirement.tensor}: these inputs give it the sizes ",
        a,
        " and ",
        b,
        ", which must be equal",
    )
    if requirement.otherwise:
        message = (f"{requirement.tensor}: {requirement.otherwise}",)
    return AssertStmt(EQ(a, b), ErrorCode.BAD_SHAPE, message)
