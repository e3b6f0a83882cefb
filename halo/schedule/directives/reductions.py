"""Directives for updates whose order is free, because they combine cells associatively."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from halo.schedule.directives.base import Directive


@dataclass(frozen=True, slots=True)
class Atomic(Directive):
    """Let a stage run its updates in any order, and at the same time, each as one step.

    ``f[i] = f[i] op e`` for all points of the domain in any order. Loops over reduction variables
    may then be parallel or vectorized.
    """

    override_associativity_test: bool = False
    method = "atomic"

    def source(self) -> str:
        given = "override_associativity_test=True" if self.override_associativity_test else ""
        return f"atomic({given})"


@dataclass(frozen=True, slots=True)
class RFactor(Directive):
    """Part a reduction in two: Func `name` keeps a cell for each iteration of some of its loops.

    With `rvars` the preserved loops and `vars` their Vars in Func `name`,
    ``name[x, vars] = identity; name[x, vars] op= e`` over the other loops, and
    ``f[x] op= name[x, rvars]`` over the preserved ones.
    """

    rvars: tuple[str, ...]
    vars: tuple[str, ...]
    name: str
    method = "rfactor"

    def source(self) -> str:
        pairs = [f"{r}, {v}" for r, v in zip(self.rvars, self.vars, strict=True)]
        if len(pairs) == 1:
            return f"rfactor({pairs[0]})"
        return f"rfactor([{', '.join(f'({p})' for p in pairs)}])"

    def renamed(self, names: Mapping[str, str]) -> Self:
        return dataclasses.replace(self, name=names.get(self.name, self.name))

    def names(self) -> tuple[str, ...]:
        return (self.name,)
