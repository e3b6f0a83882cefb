"""The algorithm as lowering sees it: the Functions to compute and their definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from halo.ir.expr import Call, CallKind, Expr, Variable
from halo.ir.function import Definition, Function, Image, Parameter
from halo.ir.intrinsics import is_effect
from halo.ir.node import Node
from halo.ir.substitute import walk


@dataclass(frozen=True, slots=True)
class Program:
    """Functions in realization order (producers first) with the definitions to lower.

    Attributes
    ----------
    functions
        Name to Function, in realization order.
    definitions
        Name to its stages; a pass replaces these, never the Function's own.
    outputs
        Names of the Functions whose cells leave the program, in the order asked for.
    scheduled
        Expressions of the schedule, such as conditions of specialisations.
    """

    functions: dict[str, Function]
    definitions: dict[str, tuple[Definition, ...]]
    outputs: tuple[str, ...]
    scheduled: tuple[Expr, ...] = ()

    def images(self) -> dict[str, Image]:
        """Return the images any definition reads or asks the size of, in order of first use."""
        return {i.name: i for i in images_among(self.nodes()) if not i.is_output}

    def parameters(self) -> list[Parameter]:
        """Return the scalar parameters used by any definition, in order of first use."""
        found: dict[str, Parameter] = {}
        for n in self.nodes():
            if isinstance(n, Variable) and n.param is not None:
                found.setdefault(n.name, n.param)
        return list(found.values())

    def has_effects(self) -> bool:
        """Whether evaluating any definition does something beside giving a value."""
        return any(is_effect(n) for n in self.nodes())

    def nodes(self) -> Iterator[Node]:
        """Yield every node of every definition, and of what the schedule says in Exprs."""
        for stages in self.definitions.values():
            for d in stages:
                yield from nodes_of(d)
        for e in self.scheduled:
            yield from walk(e)

    def map_expressions(self, f: Callable[[Expr], Expr]) -> Program:
        """Return the program with `f` applied to every expression of its definitions."""
        return Program(
            self.functions,
            {n: tuple(d.map(f) for d in ds) for n, ds in self.definitions.items()},
            self.outputs,
            self.scheduled,
        )

    def with_own_definitions(self) -> dict[str, Function]:
        """Return its Functions with the definitions that are to be lowered."""
        return {
            name: Function(name, f.args, list(self.definitions[name]), f.types, f.where)
            for name, f in self.functions.items()
        }


def expressions_of(d: Definition) -> tuple[Expr, ...]:
    """Return every expression of a definition that may read cells."""
    return (*d.values, *d.args, d.predicate)


def calls_in(d: Definition) -> list[Call]:
    """Return the calls of Funcs and images in a definition, in order of appearance."""
    found: list[Call] = []
    for e in expressions_of(d):
        for n in walk(e):
            if isinstance(n, Call) and n.kind in (CallKind.FUNC, CallKind.IMAGE):
                found.append(n)
    return found


def nodes_of(d: Definition) -> Iterator[Node]:
    """Yield every node of a definition."""
    for e in d.expressions():
        yield from walk(e)
    for box in d.extern.reads if d.extern else ():
        for ends in box:
            yield from (n for e in ends for n in walk(e))


def images_among(nodes: Iterable[Node]) -> list[Image]:
    """Return the images that are read or asked for their size, each once, in order."""
    found: dict[str, Image] = {}
    for n in nodes:
        if isinstance(n, Call) and isinstance(n.func, Image):
            found.setdefault(n.name, n.func)
        elif isinstance(n, Variable) and isinstance(n.source, Image):
            found.setdefault(n.source.name, n.source)
    return list(found.values())


def producers_of(d: Definition) -> list[Function]:
    """Return the Functions a definition reads, each once, in order of appearance."""
    found: dict[str, Function] = {}
    for call in calls_in(d):
        if isinstance(call.func, Function):
            found.setdefault(call.name, call.func)
    return list(found.values())
