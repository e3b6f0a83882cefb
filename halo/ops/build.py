"""Making tensors: inputs, constants, and those computed cell by cell."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from halo.buffer import Buffer
from halo.errors import TypeMismatch
from halo.ir.expr import Call, Expr, IntImm, const
from halo.ir.operators import cast_to
from halo.ir.substitute import walk
from halo.ir.types import Int, Type, type_of_dtype
from halo.lang.choices import select
from halo.lang.func import Func
from halo.lang.image_param import ImageParam
from halo.lang.var import Var
from halo.ops.index import index, narrow, tidy
from halo.ops.tensor import Array, OpInfo, OpKind, Tensor

CONTENT_LIMIT = 64
"""Number of elements up to which integer tensors are followed symbolically."""

_AXES = ("x", "y", "c", "n")


def axis_vars(rank: int) -> tuple[Var, ...]:
    """Return a Var per axis, outermost first: ``(n, c, y, x)`` for rank 4, ``(y, x)`` for 2."""
    names = [_AXES[i] if i < len(_AXES) else f"d{i}" for i in range(rank)]
    return tuple(Var(n) for n in reversed(names))


def is_axis_name(name: str) -> bool:
    """Whether `axis_vars` may give a Var of this name, so that no size must have it."""
    return name in _AXES or (name[:1] == "d" and name[1:].isdecimal())


def define(name: str, rank: int, cell: Callable[..., Any]) -> Func:
    """Return a Func of `rank` axes with `cell(*coords)` at the coordinates, outermost first."""
    axes = axis_vars(rank)
    func = Func(name)
    func[tuple(reversed(axes))] = cell(*axes)
    return func


def call(func: Func, *coords: Any) -> Expr:
    """Return the cell of `func` at `coords`, outermost axis first."""
    made: Expr = func[tuple(reversed(coords))]._as_expr()
    return made


def computed(
    name: str, type: Type, shape: Sequence[Expr], cell: Callable[..., Any], op: OpInfo
) -> Tensor:
    """Return the tensor whose cell at `coords`, outermost axis first, is `cell(*coords)`.

    A small integer tensor of which all inputs are known as Exprs over the symbols is known so too.
    """
    made = Tensor(name, type, tuple(shape), op)
    if op.kind in (OpKind.VIEW, OpKind.GATHER) and op.inputs:
        made.encoding = op.inputs[0].encoding
    if _followed(made):
        places = itertools.product(*[range(n) for n in made.static_shape or ()])
        content = [narrow(tidy(cell(*[index(i) for i in place]))) for place in places]
        # Not where a size tells which cell of a tensor is read.
        if not any(isinstance(e, Call) for cell_of in content for e in walk(cell_of)):
            return from_content(name, type, made.shape, content, op.requires)
    made.func = define(name, made.rank, lambda *coords: cast_to(type, cell(*coords)))
    return made


def _followed(x: Tensor) -> bool:
    sizes = x.static_shape
    return (
        x.type.is_integral
        and not x.op.funcs
        and sizes is not None
        and int(np.prod(sizes)) <= CONTENT_LIMIT
        and all(source.content is not None for source in x.op.inputs)
    )


def from_content(
    name: str,
    type: Type,
    shape: Sequence[Expr],
    content: Sequence[Expr],
    requires: tuple[tuple[Expr, Expr], ...] = (),
) -> Tensor:
    """Return the integer tensor of elements `content`, in row-major order."""
    values = [e.value for e in content if isinstance(e, IntImm)]
    if len(values) == len(content):
        sizes = Tensor(name, type, tuple(shape), OpInfo(OpKind.CONTENT)).static_shape
        made = constant(name, np.array(values, type.dtype).reshape(sizes or ()))
        made.op = OpInfo(OpKind.CONSTANT, requires=requires)
        return made
    op = OpInfo(OpKind.CONTENT, requires=requires)
    made = Tensor(name, type, tuple(shape), op, content=tuple(content))
    sizes = made.static_shape
    made.func = define(name, made.rank, lambda *coords: _select_content(made, sizes or (), coords))
    return made


def _select_content(x: Tensor, sizes: Sequence[int], coords: Sequence[Any]) -> Expr:
    place: Any = const(Int(32), 0)
    for coord, size in zip(coords, sizes, strict=True):
        place = place * size + coord
    cells = [cast_to(x.type, e) for e in x.content or ()]
    result = cells[-1]
    for i in range(len(cells) - 2, -1, -1):
        result = select(place == i, cells[i], result)
    return result


def constant(name: str, value: Array) -> Tensor:
    """Return the tensor that is `value`.

    Raises
    ------
    TypeMismatch
        Its dtype has no halo type.
    """
    type = type_of_dtype(value.dtype)
    if type is None:
        raise TypeMismatch(f"constant {name} has elements of type {value.dtype}")
    value = np.ascontiguousarray(value).reshape(value.shape)
    shape = tuple(index(n) for n in value.shape)
    content = None
    if type.is_integral and value.size <= CONTENT_LIMIT:
        cells = [int(v) for v in value.reshape(-1)]
        if all(map(Int(64).can_represent, cells)):  # an uint64 may be more
            content = tuple(map(index, cells))
    image = Buffer(value, name=name) if value.size != 1 else None
    return Tensor(
        name, type, shape, OpInfo(OpKind.CONSTANT), image=image, content=content, constant=value
    )


def input_tensor(name: str, type: Type, shape: Sequence[Expr]) -> Tensor:
    """Return a tensor that the caller gives."""
    image = ImageParam(type, len(shape), name)
    return Tensor(name, type, tuple(shape), OpInfo(OpKind.INPUT), image=image)
