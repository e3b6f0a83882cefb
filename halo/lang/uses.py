"""What the expressions of a definition use, and the checks of it."""

from __future__ import annotations

from halo.errors import DefinitionError, SourceLocation
from halo.ir.expr import Call, CallKind, Expr, Let, Variable
from halo.ir.function import Function, ReductionDomain, SymbolicSize
from halo.ir.intrinsics import is_undefined
from halo.lang.random import is_random
from halo.lang.walk import is_the_var, is_var, nodes


class Uses:
    """What the expressions of one definition use."""

    def __init__(self, function: Function, exprs: tuple[Expr, ...]) -> None:
        self.function = function
        self.variables: list[Variable] = []
        self.calls: list[Call] = []
        self.lets: set[str] = set()
        self.has_undefined = self.has_random = False
        for e in nodes(*exprs):
            if isinstance(e, Variable):
                self.variables.append(e)
            elif isinstance(e, Call):
                if e.kind is CallKind.FUNC:
                    self.calls.append(e)
                self.has_undefined |= is_undefined(e)
                self.has_random |= is_random(e)
            elif isinstance(e, Let):
                self.lets.add(e.name)

    @property
    def calls_itself(self) -> bool:
        return any(c.func is self.function for c in self.calls)

    def domain(self, where: SourceLocation | None) -> ReductionDomain | None:
        """Return the reduction domain used, or None; there may be only one."""
        found: ReductionDomain | None = None
        for v in self.variables:
            if isinstance(v.source, ReductionDomain):
                if found is not None and v.source is not found:
                    raise DefinitionError(
                        f"the RDoms {found.name} and {v.source.name} are mixed in one definition "
                        f"of {self.function.name}",
                        where=where,
                        hint="make one RDom with the dimensions of both",
                    )
                found = v.source
        return found

    def check_free(self, names: tuple[str, ...], where: SourceLocation | None) -> None:
        """Refuse variables that nothing gives, or both a Var and a parameter or size."""
        for v in self.variables:
            if v.name in names and (v.param is not None or isinstance(v.source, SymbolicSize)):
                kind = "Param" if v.param is not None else "size"
                raise DefinitionError(
                    f"Var {v.name} and {kind} {v.name} meet in the definition of "
                    f"{self.function.name}",
                    where=where,
                    hint="rename one of them",
                )
            if is_var(v) and v.name not in (*names, *self.lets):
                left = ", ".join(names) or "no Var"
                raise DefinitionError(
                    f"Var {v.name} is used in a definition of {self.function.name} "
                    f"that has {left} on the left",
                    where=where,
                    hint="put it on the left too, at its place; or run over it with an RDom",
                )

    def check_recursion(self, pure: tuple[bool, ...], where: SourceLocation | None) -> None:
        """Refuse uses of the Func's own cells at other places along a pure variable."""
        for call in self.calls:
            if call.func is not self.function:
                continue
            for arg, name, is_pure in zip(call.args, self.function.args, pure, strict=True):
                if is_pure and not is_the_var(arg, name):
                    raise DefinitionError(
                        f"an update of {self.function.name} for all {name} uses its cells at "
                        f"another {name}",
                        where=where,
                        hint=f"the order of the {name} would matter: run over an RDom instead",
                    )

    def check_defined(self, where: SourceLocation | None) -> None:
        """Refuse to read cells of another Func that no definition gives a value."""
        for call in self.calls:
            f = call.func
            if not isinstance(f, Function) or f is self.function or f.has_updates:
                continue
            if is_undefined(f.definitions[0].values[call.value_index]):
                raise DefinitionError(
                    f"{self.function.name} reads {f.name}, which is undef and has no update",
                    where=where,
                    hint=f"give {f.name} values, at {f.where}",
                )

    def freeze(self) -> None:
        """Close what is used: other Funcs to new definitions, the RDom to new conditions."""
        for call in self.calls:
            if isinstance(call.func, Function) and call.func is not self.function:
                call.func.frozen = True
        for v in self.variables:
            if isinstance(v.source, ReductionDomain):
                v.source.frozen = True
