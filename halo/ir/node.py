"""The `@node` decorator and the common base of expressions and statements."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Self, TypeVar, dataclass_transform

_T = TypeVar("_T")


class Node:
    """Base of every IR node; nodes are immutable and may be shared."""

    __slots__ = ()

    def children(self) -> tuple[Any, ...]:
        """Return the direct child nodes, left to right."""
        raise NotImplementedError

    def map_children(self, f: Callable[[Any], Any]) -> Self:
        """Return this node with `f` applied to each child; *self* when nothing changed."""
        raise NotImplementedError


_ONE = {"Expr", "Stmt"}
_MAYBE = {"Expr | None", "Stmt | None"}
_MANY = {"tuple[Expr, ...]", "tuple[Stmt, ...]"}
_PAIRS = {"tuple[tuple[Expr, Expr], ...]"}
_PARTS = {"tuple[str | Expr, ...]"}


def map_tuple(f: Callable[[Any], Any], xs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Map `f` over `xs`; return the very same tuple when nothing changed."""
    ys = tuple([f(x) for x in xs])
    for x, y in zip(xs, ys, strict=True):
        if x is not y:
            return ys
    return xs


def _map_parts(f: Callable[[Any], Any], xs: tuple[Any, ...]) -> tuple[Any, ...]:
    return map_tuple(lambda x: f(x) if isinstance(x, Node) else x, xs)


def _generate(cls: type[Any]) -> None:
    """Write `children` and `map_children` for `cls` from its field annotations.

    Generated code costs a fifth of a loop over `dataclasses.fields`, and every pass lives on it.
    """
    fields = [f for f in dataclasses.fields(cls) if f.init]
    kids: list[str] = []
    lines: list[str] = []
    changed: list[str] = []
    args: list[str] = []
    for field in fields:
        n, kind = field.name, str(field.type)
        if kind in _ONE:
            kids.append(f"self.{n},")
            lines.append(f"{n} = f(self.{n})")
        elif kind in _MAYBE:
            kids.append(f"*(() if self.{n} is None else (self.{n},)),")
            lines.append(f"{n} = None if self.{n} is None else f(self.{n})")
        elif kind in _MANY:
            kids.append(f"*self.{n},")
            lines.append(f"{n} = map_tuple(f, self.{n})")
        elif kind in _PAIRS:
            kids.append(f"*[c for p in self.{n} for c in p],")
            lines.append(f"{n} = map_tuple(lambda p: map_tuple(f, p), self.{n})")
        elif kind in _PARTS:
            kids.append(f"*[c for c in self.{n} if isinstance(c, Node)],")
            lines.append(f"{n} = map_parts(f, self.{n})")
        else:
            args.append(f"self.{n}")
            continue
        changed.append(f"{n} is not self.{n}")
        args.append(n)
    body = "".join(f"    {line}\n" for line in lines)
    test = " or ".join(changed) or "False"
    source = (
        f"def children(self):\n    return ({''.join(kids)})\n"
        f"def map_children(self, f):\n{body}"
        f"    return cls({', '.join(args)}) if {test} else self\n"
    )
    space: dict[str, Any] = {
        "map_tuple": map_tuple,
        "map_parts": _map_parts,
        "cls": cls,
        "Node": Node,
    }
    exec(source, space)
    for name in ("children", "map_children"):
        if name not in cls.__dict__:
            setattr(cls, name, space[name])


@dataclass_transform(frozen_default=True, eq_default=False)
def node(cls: type[_T]) -> type[_T]:
    """Make `cls` an IR node: a slotted dataclass compared by identity.

    Type checkers see it as frozen. At run time it is not, because a frozen dataclass takes
    2.4 times as long to construct and construction is where lowering spends its time.
    """
    made = dataclasses.dataclass(slots=True, eq=False, repr=False)(cls)
    _generate(made)
    return made
