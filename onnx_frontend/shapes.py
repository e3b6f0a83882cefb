"""The shapes of a model's inputs: symbols for what is not known, and what the user fixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod

from halo.ir.expr import Variable, i32
from halo.ir.function import SymbolicSize
from halo.ir.types import Int
from halo.ops.build import is_axis_name
from halo.ops.tensor import LARGEST, Shape
from onnx_frontend.errors import ModelError
from onnx_frontend.graph import Graph, Value
from onnx_frontend.names import Names

Dimension = int | str | None

Shapes = Mapping[str, Sequence[Dimension]]


def input_shapes(
    graph: Graph, shapes: Shapes | None, names: Names
) -> tuple[dict[str, Shape], tuple[str, ...]]:
    """Return the shape of each input, and the names of the symbols in them.

    Equal names of dimensions are one symbol. A dimension of which nothing is known becomes a
    symbol of its own, such as ``x_dim_2``. Symbols are at least 0: an input may be empty,
    unless its shapes turn out to be right for others only.

    Parameters
    ----------
    shapes
        Per input, ints that fix dimensions and strings that name them; "?", -1 and None leave one
        unknown. A name that the model gives to several dimensions is fixed for all of them.

    Raises
    ------
    ModelError
        A shape for an input that does not exist, of another rank, or against what the model says.
    """
    given = _check_names(graph, shapes or {})
    dims = {v.name: _merge(v, given.get(v.name)) for v in graph.inputs}
    fixed = _fixed_symbols(graph, dims)
    keys = {name: _keys(name, own, fixed) for name, own in dims.items()}
    symbols = _symbols(keys.values(), names)
    result: dict[str, Shape] = {
        name: tuple(i32(k) if isinstance(k, int) else symbols[k] for k in own)
        for name, own in keys.items()
    }
    return result, tuple(v.name for v in symbols.values())


def _keys(
    name: str, dims: Sequence[Dimension], fixed: Mapping[str, int | str]
) -> tuple[int | str, ...]:
    """Return an int or the symbol's key for each dimension."""
    keys: list[int | str] = []
    for axis, dim in enumerate(dims):
        if dim is None:
            # No name begins with a line break, so an unknown dimension never meets a named one.
            keys.append(f"\n{name}_dim_{axis}")
        else:
            keys.append(fixed.get(dim, dim) if isinstance(dim, str) else dim)
    return tuple(keys)


def _symbols(shapes: Iterable[Sequence[int | str]], names: Names) -> dict[str, Variable]:
    """Return a variable per key, bounded such that no input has more than `LARGEST` cells."""
    limits: dict[str, int] = {}
    for keys in shapes:
        cells = prod(k for k in keys if isinstance(k, int))
        for key in keys:
            if isinstance(key, str):
                limits[key] = min(limits.get(key, LARGEST), LARGEST // max(cells, 1))
    symbols: dict[str, Variable] = {}
    for key, limit in limits.items():
        name = names.unique(key.strip())
        if is_axis_name(name):
            name = names.unique(f"{name}_size")
        symbols[key] = Variable(Int(32), name, source=SymbolicSize(name, 0, limit))
    return symbols


def _check_names(graph: Graph, shapes: Shapes) -> dict[str, tuple[Dimension, ...]]:
    known = {v.name for v in graph.inputs}
    for name in shapes:
        if name not in known:
            raise ModelError(
                f"a shape is given for '{name}', which is no input of model {graph.name}",
                hint=f"its inputs are: {', '.join(sorted(known)) or 'none'}",
            )
    return {name: tuple(_dimension(name, d) for d in dims) for name, dims in shapes.items()}


def _dimension(name: str, dim: Dimension) -> Dimension:
    if dim in (None, "?", "", -1):
        return None
    if isinstance(dim, str):
        return dim
    if isinstance(dim, bool) or not isinstance(dim, int) or not 0 < dim < 1 << 31:
        raise ModelError(
            f"the shape of input '{name}' has the dimension {dim!r}",
            hint="a dimension is a positive int, a name, or '?' if it is not known",
        )
    return dim


def _merge(value: Value, given: tuple[Dimension, ...] | None) -> tuple[Dimension, ...]:
    """Return what the model and the user together say of an input's dimensions."""
    if value.dims is None:
        if given is None:
            raise ModelError(
                f"the model does not say how many dimensions input '{value.name}' has",
                hint=f"give its shape, for example shapes={{{value.name!r}: [1, 3, 224, 224]}}",
            )
        return given
    if given is None:
        return value.dims
    own = describe_dims(value.dims)
    if len(given) != len(value.dims):
        raise ModelError(
            f"the shape {describe_dims(given)} given for input '{value.name}' has {len(given)} "
            f"dimensions, the model's {own} has {len(value.dims)}"
        )
    merged: list[Dimension] = []
    for axis, (mine, theirs) in enumerate(zip(value.dims, given, strict=True)):
        if isinstance(mine, int) and isinstance(theirs, int) and mine != theirs:
            raise ModelError(
                f"the shape {describe_dims(given)} given for input '{value.name}' has {theirs} "
                f"at axis {axis}, where the model has {mine}",
                hint=f"the model's own shape is {own}",
            )
        merged.append(mine if isinstance(mine, int) or theirs is None else theirs)
    return tuple(merged)


def _fixed_symbols(graph: Graph, dims: Mapping[str, Sequence[Dimension]]) -> dict[str, int | str]:
    """Return what the user's shapes make of the names that the model gives to dimensions."""
    fixed: dict[str, int | str] = {}
    for value in graph.inputs:
        for mine, merged in zip(value.dims or (), dims[value.name], strict=False):
            if not isinstance(mine, str) or merged is None or merged == mine:
                continue
            other = fixed.setdefault(mine, merged)
            if other != merged:
                raise ModelError(
                    f"dimension '{mine}' is given as {other} and, for input '{value.name}', as "
                    f"{merged}",
                    hint="the model has one name for both: they must be equal",
                )
    return fixed


def describe_dims(dims: Sequence[Dimension]) -> str:
    """Return dimensions as text: ``1x3x?xW``."""
    return "x".join("?" if d is None else str(d) for d in dims) or "scalar"
