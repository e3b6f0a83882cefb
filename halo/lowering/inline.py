"""Replace calls of inlined Functions by their values."""

from __future__ import annotations

from collections.abc import Collection

from halo.ir.equality import StructuralKeys
from halo.ir.expr import Call, CallKind, Expr
from halo.ir.read_where import settled
from halo.ir.substitute import substitute
from halo.lowering.program import Program


def inline_functions(program: Program, inlined: Collection[str]) -> Program:
    """Substitute the value of each Function in `inlined` where it is called, and drop it.

    Requires: every Function in `inlined` is pure and not an output.
    Ensures: no definition calls one of them.

    Example: ``g(x) = f(x - 1) + f(x)``, ``f(x) = 2*x`` -> ``g(x) = 2*(x - 1) + 2*x``.
    """
    if not inlined:
        return program
    inliner = _Inliner(program, inlined)
    keep = [name for name in program.functions if name not in inlined]
    return Program(
        {name: program.functions[name] for name in keep},
        {name: tuple(d.map(inliner) for d in program.definitions[name]) for name in keep},
        program.outputs,
        program.scheduled,
    )


class _Inliner:
    """Substitutes from users to what they use: so each value is written out once, at its place.

    Calls with equal arguments share one value, so a Func squared again and again stays small.
    """

    def __init__(self, program: Program, inlined: Collection[str]) -> None:
        self._program, self._inlined = program, inlined
        self._keys = StructuralKeys()
        self._values: dict[int, Expr] = {}
        self._memo: dict[int, tuple[Expr, Expr]] = {}

    def __call__(self, e: Expr) -> Expr:
        found = self._memo.get(id(e))
        if found is None:
            made = e.map_children(self)
            if isinstance(made, Call) and made.kind is CallKind.FUNC and made.name in self._inlined:
                made = self._value(made)
            made = settled(made)
            found = self._memo[id(e)] = (e, made)  # e is kept so that its id stays its own
            self._memo.setdefault(id(made), (made, made))
        return found[1]

    def _value(self, call: Call) -> Expr:
        key = self._keys.key(call)
        known = self._values.get(key)
        if known is None:
            args = self._program.functions[call.name].args
            value = self._program.definitions[call.name][0].values[call.value_index]
            known = self(substitute(value, dict(zip(args, call.args, strict=True))))
            self._values[key] = known
        return known
