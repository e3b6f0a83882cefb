"""Directives for updates whose order is free, because they combine cells associatively."""

from __future__ import annotations

from dataclasses import dataclass

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
