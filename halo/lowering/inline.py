"""Replace calls of inlined Functions by their values."""

from __future__ import annotations

from collections.abc import Collection

from halo.ir.expr import Call, CallKind, Expr
from halo.ir.function import Definition
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
    done: dict[str, tuple[Definition, ...]] = {}
    for name, stages in program.definitions.items():  # producers first
        rewrite = _Inliner(program, done, inlined)
        done[name] = tuple(d.map(rewrite) for d in stages)
    keep = [name for name in program.functions if name not in inlined]
    return Program(
        {name: program.functions[name] for name in keep},
        {name: done[name] for name in keep},
        program.outputs,
        program.scheduled,
    )


class _Inliner:
    def __init__(
        self,
        program: Program,
        done: dict[str, tuple[Definition, ...]],
        inlined: Collection[str],
    ) -> None:
        self.program, self.done, self.inlined = program, done, inlined
        self.memo: dict[int, tuple[Expr, Expr]] = {}

    def __call__(self, e: Expr) -> Expr:
        found = self.memo.get(id(e))
        if found is None:
            made = e.map_children(self)
            if isinstance(made, Call) and made.kind is CallKind.FUNC and made.name in self.inlined:
                made = self._value(made)
            found = self.memo[id(e)] = (e, made)  # e is kept so that its id stays its own
        return found[1]

    def _value(self, call: Call) -> Expr:
        args = self.program.functions[call.name].args
        value = self.done[call.name][0].values[call.value_index]
        return substitute(value, dict(zip(args, call.args, strict=True)))
