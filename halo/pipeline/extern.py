"""The implementations of extern stages, as the back end takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import codegen
from halo.buffer import Buffer
from halo.errors import DefinitionError
from halo.ir.function import Function


def implementations_of(functions: Iterable[Function]) -> dict[str, Any]:
    """Return what stands behind each C function that extern stages among `functions` call.

    Raises
    ------
    DefinitionError
        Two stages mean different functions by one name.
    """
    found: dict[str, tuple[Any, Function]] = {}
    for f in functions:
        extern = f.definitions[0].extern if f.is_defined else None
        if extern is None:
            continue
        known, other = found.setdefault(extern.name, (extern.implementation, f))
        if known is not extern.implementation and known != extern.implementation:
            raise DefinitionError(
                f"{extern.name} means different functions in the extern stages {other.name}, "
                f"defined at {other.where}, and {f.name}",
                where=f.where,
                hint="give one of the functions another name",
            )
    return {name: _on_arrays(given) for name, (given, _) in found.items()}


def _on_arrays(given: Any) -> Any:
    return _on_buffers(given) if callable(given) else given


def _on_buffers(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what calls `function` with Buffers for what the back end gives."""

    def call(*args: Any) -> None:
        function(*(_buffer(a) if isinstance(a, codegen.ExternArray) else a for a in args))

    return call


def _buffer(a: codegen.ExternArray) -> Buffer:
    made = Buffer(a.data.T, type=a.type)  # dimension 0 is numpy's last axis, as of any Buffer
    made.set_min(list(a.mins))
    return made
