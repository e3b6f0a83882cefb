"""C functions that an operator of a plugin calls, and the calls of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from halo.errors import DefinitionError
from halo.ir.expr import Call, CallKind, Expr
from halo.ir.lowered import ForeignCode
from halo.ir.operators import as_expr
from halo.ir.substitute import walk
from halo.ir.types import Type
from halo.lang.func import Func
from halo.ops.tensor import OpInfo, OpKind, Shape, Tensor
from onnx_frontend.loop_call import LoopCall
from onnx_frontend.procedure import ProcedureCall

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class CFunction:
    """A C function that becomes a part of the compiled model.

    It is ``int32_t NAME(halo_context *ctx, ..., const halo_buffer *out, ...)``: a buffer for each
    input, the numbers, and a buffer for each output, to be filled. All are dense and row-major,
    which makes ``dim[0]`` the last axis: its extent is the size, its stride is 1. A number is
    ``int32_t`` for a Python int, ``float`` for a Python float. The function returns 0, or a number
    of its own after it wrote what is wrong to ``ctx->error`` (512 bytes). It may be called by
    several threads at once. The types stand in ``halo_abi.h``, which every C text finds in front.

    Parameters
    ----------
    name
        Of the function.
    source
        Its C text, or the path of a C file; empty if it is in one of `link`.
    headers
        Paths of files that the text includes, by ``#include "file name"``.
    link
        Paths of object files (``.o``) and static libraries (``.a``) to link, for the machine that
        the model is compiled for.

    Raises
    ------
    DefinitionError
        There is no such file, it is of another kind, or neither `source` nor `link` is given.
    """

    __slots__ = ("code",)

    def __init__(
        self,
        name: str,
        source: str | Path = "",
        *,
        headers: Iterable[str | Path] = (),
        link: Iterable[str | Path] = (),
    ) -> None:
        if _NAME.fullmatch(name) is None or name.startswith(("halo_", "HALO_")):
            raise DefinitionError(
                f"{name!r} cannot be the name of a C function",
                hint="a letter, then letters, digits and underscores; halo_ is taken",
            )
        objects = tuple((Path(p).name, _read(name, Path(p))) for p in link)
        for file, _ in objects:
            if not file.endswith((".o", ".a")):
                raise DefinitionError(
                    f"C function {name}: {file} is neither an object file nor a static library",
                    hint="a saved model holds all that it needs; give the .o or .a of a library",
                )
        is_file = isinstance(source, Path)
        file = source.name if isinstance(source, Path) else f"{name}.c"
        text = _read(name, Path(source)).decode("utf-8", "replace") if is_file else str(source)
        if not text and not objects:
            raise DefinitionError(
                f"C function {name} is nowhere",
                hint="source=... gives its C text or the Path of a C file, link=[...] libraries",
            )
        included = tuple((Path(p).name, _read(name, Path(p))) for p in headers)
        self.code = ForeignCode(name, file, text, included, objects)

    def __repr__(self) -> str:
        return f"CFunction({self.code.name!r})"


def _read(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DefinitionError(
            f"C function {name}: {path} cannot be read: {error.strerror}",
            hint="Path(__file__).with_name(...) names a file beside the plugin's own",
        ) from error


@dataclass(slots=True, eq=False)
class ExternCall:
    """A call of a C function that computes whole tensors.

    Attributes
    ----------
    code
        The function.
    inputs, numbers
        What it is given; the numbers depend on sizes only.
    outputs
        What it fills.
    title
        What messages call it.
    """

    code: ForeignCode
    inputs: tuple[Tensor, ...]
    numbers: tuple[Expr, ...]
    title: str
    outputs: list[Tensor] = field(default_factory=list)


WholeCall = ExternCall | LoopCall | ProcedureCall
"""What computes whole tensors, several at once: a C function of others, a loop, a procedure."""


def call_of(x: Tensor) -> WholeCall | None:
    """Return the call that computes `x`, if it is one that computes whole tensors."""
    call = x.op.attrs.get("call") if x.kind is OpKind.EXTERN else None
    assert call is None or isinstance(call, WholeCall)
    return call


def extern_tensors(
    call: WholeCall,
    names: Sequence[str],
    outputs: Sequence[tuple[Type, Shape]],
    requires: tuple[tuple[Expr, Expr], ...] = (),
) -> tuple[Tensor, ...]:
    """Return the tensors that `call` fills; `outputs` are their types and shapes.

    `requires` is that of `OpInfo`.
    """
    attrs = {"call": call, "of_none": not isinstance(call, ExternCall)}
    op = OpInfo(OpKind.EXTERN, call.inputs, attrs=attrs, requires=requires)
    for name, (type, shape) in zip(names, outputs, strict=True):
        func = Func(name)
        func.define_extern(name, [], type, len(shape))
        call.outputs.append(Tensor(name, type, shape, op, func=func))
    return tuple(call.outputs)


def number_of(value: int | float | Expr) -> Expr:
    """Return a number for a C function.

    Raises
    ------
    DefinitionError
        It changes from cell to cell.
    """
    e = as_expr(value)
    for n in walk(e):
        if isinstance(n, Call) and n.kind in (CallKind.FUNC, CallKind.IMAGE):
            raise DefinitionError(
                f"the number {e} for a C function changes from cell to cell",
                hint="a number is made of Python numbers and sizes; give a tensor as an input",
            )
    return e
