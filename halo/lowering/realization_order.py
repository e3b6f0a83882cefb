"""Which Functions a program needs, producers before consumers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from halo.errors import DefinitionError
from halo.ir.contract_fma import contract_fma
from halo.ir.expr import Call, CallKind, Expr
from halo.ir.function import Definition, Function, Image
from halo.lowering.program import Program, producers_of


def collect_program(outputs: Sequence[Function], cuts: Mapping[str, Image]) -> Program:
    """Gather the Functions that `outputs` need, in realization order.

    Requires: nothing.
    Ensures: definitions have their multiply-adds contracted; a call of a Function named in `cuts`
    is a call of that image, and what only such Functions need is left out.

    Example: ``h -> g -> f`` with outputs ``[h]`` -> ``f, g, h``.

    Raises
    ------
    DefinitionError
        A Function is used but not defined.
    """
    functions: dict[str, Function] = {}
    definitions: dict[str, tuple[Definition, ...]] = {}
    replace = _cutter(cuts)

    # An explicit stack: chains of thousands of Funcs are legal.
    stack: list[tuple[Function, bool]] = [(f, False) for f in reversed(outputs)]
    while stack:
        f, ready = stack.pop()
        if ready:
            functions.setdefault(f.name, f)
            continue
        if f.name in definitions:
            continue
        if not f.is_defined:
            raise DefinitionError(
                f"{f.name} is used but not defined",
                where=f.where,
                hint=f"define it first: {f.name}[...] = ...",
            )
        definitions[f.name] = tuple(d.map(replace) for d in f.definitions)
        stack.append((f, True))
        for d in reversed(definitions[f.name]):
            stack.extend((p, False) for p in reversed(producers_of(d)) if p is not f)
    ordered = {name: definitions[name] for name in functions}
    return Program(functions, ordered, tuple(f.name for f in outputs))


def _cutter(cuts: Mapping[str, Image]) -> Callable[[Expr], Expr]:
    def cut(e: Expr) -> Expr:
        e = e.map_children(again)
        if isinstance(e, Call) and e.kind is CallKind.FUNC and e.name in cuts:
            image = cuts[e.name]
            return Call(e.type, image.name, e.args, CallKind.IMAGE, image)
        return e

    memo: dict[int, Expr] = {}
    keep: list[Expr] = []

    def again(e: Expr) -> Expr:
        done = memo.get(id(e))
        if done is None:
            done = memo[id(e)] = cut(e)
            keep.append(e)
        return done

    return (lambda e: again(contract_fma(e))) if cuts else contract_fma
