"""What lowering hands to a back end: functions on flat memory, and constants."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from halo.ir.expr import Variable
from halo.ir.function import Dimension
from halo.ir.stmt import Stmt
from halo.ir.types import Int, Type


class Field(Enum):
    """A field of one dimension of a buffer."""

    MIN = "min"
    EXTENT = "extent"
    STRIDE = "stride"


def buffer_field(buffer: str, what: Field, dimension: int) -> Variable:
    """Return the variable that holds a field of a buffer argument.

    Mins and extents are int32, strides int64 and counted in elements. A back end defines those
    that the body uses, from the buffer it is given.
    """
    type = Int(64) if what is Field.STRIDE else Int(32)
    return Variable(type, f"{buffer}.{what.value}.{dimension}")


@dataclass(frozen=True, slots=True)
class BufferArg:
    """A buffer parameter.

    `dims` gives per dimension (first dimension first) what is known before it runs. In a trusted
    function all of it is known and the argument is passed as its bare address, which must not
    be NULL. The address is promised to be a multiple of `alignment` bytes where that is not 0.
    """

    name: str
    type: Type
    dims: tuple[Dimension, ...]
    is_output: bool
    alignment: int = 0

    @property
    def dimensions(self) -> int:
        return len(self.dims)


@dataclass(frozen=True, slots=True)
class ScalarArg:
    """A scalar parameter."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Profiled:
    """What time and memory are measured of.

    Attributes
    ----------
    names
        The function itself, then its Funcs.
    numbers
        Func, and buffer of one, to its place in `names`.
    """

    names: tuple[str, ...]
    numbers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class LoweredFunc:
    """A function on flat memory.

    Free variables of `body`: its scalar arguments by name, and `buffer_field`s of its buffers.
    A trusted function is called by generated code only: its buffers come as bare addresses,
    known not to overlap, and it checks nothing. `doc` is what its users shall read, in lines.
    """

    name: str
    args: tuple[BufferArg | ScalarArg, ...]
    body: Stmt
    trusted: bool = False
    doc: str = ""
    profiled: Profiled | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """An array that is part of the code, read by `Load` under its name."""

    name: str
    type: Type
    data: np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class ForeignCode:
    """A C function of others that becomes a part of the library.

    Attributes
    ----------
    name
        Of the function.
    file, text
        The C file that it stands in; empty if it is in one of the `objects`.
    headers
        Names and contents of files that the text includes.
    objects
        Names and contents of object files and static libraries to link.
    """

    name: str
    file: str
    text: str = field(repr=False)
    headers: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    objects: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class LoweredModule:
    """What becomes one library: functions (trusted ones before their callers) and constants.

    `foreign` are functions of others that are a part of it, too.

    One of several versions of it has a `tag`, which is a part of the names of all its symbols;
    none of them is seen from outside of what the versions are linked to.
    """

    name: str
    functions: tuple[LoweredFunc, ...]
    constants: tuple[Constant, ...] = ()
    tag: str = ""
    foreign: tuple[ForeignCode, ...] = ()
