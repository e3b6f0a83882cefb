"""Tensors of cells that a plugin defines, with what they read found in the definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from halo.errors import DefinitionError, TypeMismatch
from halo.ir.expr import Call, CallKind, Expr, Variable
from halo.ir.function import Function, Image
from halo.ir.operators import as_expr, cast_to
from halo.ir.substitute import walk
from halo.ir.types import Int, Type
from halo.lang.func import Func
from halo.ops.build import axis_vars, call, define
from halo.ops.index import index
from halo.ops.tensor import OpInfo, OpKind, Shape, Tensor

Cells = Func | Callable[..., Any]
"""A Func, or what gives the cell at coordinates, outermost first."""

Sizes = Sequence[int | Expr]


def shape_of(sizes: Sizes) -> Shape:
    """Return the sizes of axes as a shape.

    Raises
    ------
    DefinitionError
        One is no size: not an int or int32 Expr, or negative.
    """
    shape = tuple(s if isinstance(s, Expr) else _constant(s) for s in sizes)
    for size in shape:
        if size.type != Int(32):
            raise DefinitionError(
                f"the size {size} has type {size.type}",
                hint="sizes are ints and what is computed from them and from tensor.shape; "
                "hl.i32(...) converts",
            )
    return shape


def _constant(size: Any) -> Expr:
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 1 << 31:
        raise DefinitionError(
            f"{size!r} is given as a size",
            hint="sizes are ints from 0 on and what is computed from tensor.shape",
        )
    return index(size)


def custom_tensor(
    name: str, cells: Cells, sizes: Sizes, tensors: Iterable[Tensor], type: Type | None
) -> Tensor:
    """Return the tensor of `cells`.

    Parameters
    ----------
    name
        Of the tensor.
    cells
        What it holds.
    sizes
        Of its axes, outermost first.
    tensors
        Those that `cells` may read.
    type
        Of its elements; that of the cells if None.

    Raises
    ------
    DefinitionError
        `cells` is not defined, has other axes or several values, is an extern stage, or reads what
        is no tensor of the model.
    TypeMismatch
        `type` is not the type of the cells of a Func.
    """
    shape = shape_of(sizes)
    if isinstance(cells, Func):
        func, own = cells, _type_of(cells, len(shape), type)
    else:
        func = _defined(name, cells, len(shape), type)
        own = func.function.types[0]
    op = OpInfo(OpKind.CUSTOM, tuple(_reads(func.function, tensors)))
    if func.function.has_updates:
        op = OpInfo(OpKind.CUSTOM, op.inputs, {"acc": func})
        func = define(name, len(shape), lambda *at: call(op.funcs["acc"], *at))
    return Tensor(name, own, shape, op, func=func)


def _defined(name: str, cell: Callable[..., Any], rank: int, type: Type | None) -> Func:
    value = as_expr(cell(*axis_vars(rank)))
    wanted = type or value.type
    return define(name, rank, lambda *_: cast_to(wanted, value))


def _type_of(func: Func, rank: int, type: Type | None) -> Type:
    function = func.function
    if not function.is_defined:
        raise DefinitionError(f"{function.name} is not defined", hint=f"{function.name}[...] = ...")
    if function.dimensions != rank or len(function.types) != 1:
        raise DefinitionError(
            f"{function.name} has {function.dimensions} dimensions and {len(function.types)} "
            f"values, for a tensor of {rank} axes",
            where=function.where,
            hint="a Func has the axes of the tensor, the last first, and one value; give each "
            "output a Func of its own",
        )
    if type is not None and type != function.types[0]:
        raise TypeMismatch(
            f"{function.name} has cells of type {function.types[0]}, not {type}",
            where=function.where,
        )
    return function.types[0]


def _reads(root: Function, tensors: Iterable[Tensor]) -> Iterator[Tensor]:
    """Yield those of `tensors` that `root` reads, in their order."""
    known = list(dict.fromkeys(tensors))
    names = {name for t in known if (name := _source(t))}
    found: set[str] = set()
    seen: set[str] = {root.name}
    waiting = [root]
    while waiting:
        for n in _nodes(waiting.pop()):
            if isinstance(n, Variable) and n.param is not None:
                raise DefinitionError(
                    f"{root.name} depends on the Param {n.name}",
                    hint="a model has no Params: use the attributes of the node, as numbers",
                )
            if not isinstance(n, Call) or n.kind not in (CallKind.FUNC, CallKind.IMAGE):
                continue
            if n.name in names:
                found.add(n.name)
            elif isinstance(n.func, Image):
                raise DefinitionError(
                    f"{root.name} reads {n.name}, which is no tensor of the model",
                    hint="node.constant(array) makes a tensor of numbers; reads=[...] names other "
                    "tensors than the inputs of the node and what node made",
                )
            elif isinstance(n.func, Function) and n.name not in seen:
                seen.add(n.name)
                waiting.append(n.func)
    return (t for t in known if _source(t) in found)


def _source(t: Tensor) -> str:
    """Return the name under which cells of `t` are read; empty where they are known."""
    if t.func is not None:
        return t.func.function.name
    return t.image.image().name if t.image is not None else ""


def _nodes(f: Function) -> Iterator[object]:
    if any(d.extern is not None for d in f.definitions):
        raise DefinitionError(
            f"{f.name} is an extern stage", where=f.where, hint="node.extern calls a C function"
        )
    return (n for d in f.definitions for e in d.expressions() for n in walk(e))
