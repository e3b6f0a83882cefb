"""What memoized Funcs depend on, and the cache that their cells are kept in."""

from __future__ import annotations

from typing import Any

from halo.errors import DefinitionError, user_location
from halo.ir.expr import Call, CallKind, Expr
from halo.ir.intrinsics import is_effect
from halo.ir.operators import as_expr
from halo.lang.driver import get_driver
from halo.lang.walk import is_dimension, nodes


class EvictionKey:
    """A number under which a memoized Func is kept: ``f.memoize(EvictionKey(7))``."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key


def memoize_tag(result: Any, *args: Any) -> Expr:
    """Return `result`; to a memoized Func it is the same wherever `args` are.

    The arguments stand for all that `result` depends on, such as the cells of an ImageParam:
    ``memoize_tag(image[x, y], version)``. It is up to the program to change them when the result
    does.

    Raises
    ------
    DefinitionError
        There is no argument, or one changes from cell to cell.
    """
    value = as_expr(result)
    keys = tuple(as_expr(a) for a in args)
    if not keys:
        raise DefinitionError(
            "memoize_tag without a tag",
            where=user_location(),
            hint="give what stands for the value: halo.memoize_tag(value, version)",
        )
    for key in keys:
        for n in nodes(key):
            cell = isinstance(n, Call) and n.kind in (CallKind.FUNC, CallKind.IMAGE)
            if cell or is_dimension(n) or is_effect(n):
                raise DefinitionError(
                    f"the tag {key} of memoize_tag changes from cell to cell",
                    where=user_location(),
                    hint="a tag is made of constants, Params and sizes",
                )
    return Call(value.type, "memoize_tag", (value, *keys), CallKind.INTRINSIC)


def memoization_cache_set_size(size: int) -> None:
    """Have memoized Funcs keep at most `size` bytes, 64 MiB at first; 0: keep nothing."""
    if not isinstance(size, int) or size < 0:
        raise DefinitionError(
            f"a cache of {size!r} bytes", where=user_location(), hint="give a number, 0 or more"
        )
    get_driver().memoization_cache(size, None)


def memoization_cache_evict(eviction_key: int) -> None:
    """Drop what Funcs memoized with `eviction_key` kept."""
    get_driver().memoization_cache(None, eviction_key)


def memoization_cache_cleanup() -> None:
    """Drop all that memoized Funcs kept."""
    get_driver().memoization_cache(None, None)
