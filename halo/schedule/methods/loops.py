"""Methods that transform the loops of a definition."""

from __future__ import annotations

from typing import Any, Self

from halo.errors import ScheduleError, user_location
from halo.schedule.directives import Directive, Fuse, Parallel, Reorder, Split, Unroll, Vectorize
from halo.schedule.methods.base import Recorder, integer, names_of, var_name
from halo.schedule.tail import TailStrategy


class LoopMethods(Recorder):
    """Directives for the loops of a Func's pure definition or of an update stage.

    Each returns the handle it was called on. Variables are given as handles or by name.
    """

    __slots__ = ()

    def split(
        self,
        old: Any,
        outer: Any,
        inner: Any,
        factor: Any,
        tail: TailStrategy = TailStrategy.Auto,
    ) -> Self:
        """Split the loop over `old`: ``old == outer*factor + inner``."""
        return self._record(_split(old, outer, inner, factor, tail))

    def fuse(self, inner: Any, outer: Any, fused: Any) -> Self:
        """Fuse two neighbouring loops: ``fused == outer*extent(inner) + inner``."""
        return self._record(Fuse(var_name(inner), var_name(outer), var_name(fused)))

    def reorder(self, *vars: Any) -> Self:
        """Put loops into the order given, innermost first."""
        return self._record(Reorder(names_of(vars)))

    def tile(self, x: Any, y: Any, *rest: Any, tail: TailStrategy = TailStrategy.Auto) -> Self:
        """Split two loops and put both inner ones inside.

        ``tile(x, y, xo, yo, xi, yi, xfactor, yfactor[, tail])``, or without `xo, yo`, which then
        are `x, y`. The same as two splits and ``reorder(xi, yi, xo, yo)``.
        """
        args = list(rest)
        if args and isinstance(args[-1], TailStrategy):
            tail = args.pop()
        if len(args) not in (4, 6):
            raise ScheduleError(
                f"tile takes 6 or 8 arguments, not {len(args) + 2}",
                where=user_location(),
                hint="tile(x, y, xo, yo, xi, yi, xfactor, yfactor) or "
                "tile(x, y, xi, yi, xfactor, yfactor)",
            )
        xo, yo = args[:2] if len(args) == 6 else (x, y)
        xi, yi, xfactor, yfactor = args[-4:]
        order = Reorder(names_of((xi, yi, xo, yo)))
        return self._record(
            _split(x, xo, xi, xfactor, tail), _split(y, yo, yi, yfactor, tail), order
        )

    def vectorize(
        self, var: Any, factor: Any = None, tail: TailStrategy = TailStrategy.Auto
    ) -> Self:
        """Run the loop over `var` as vector lanes; with `factor`, that many of it at a time."""
        return self._part(var, factor, tail, ".v", Vectorize)

    def unroll(self, var: Any, factor: Any = None, tail: TailStrategy = TailStrategy.Auto) -> Self:
        """Unroll the loop over `var`; with `factor`, that many iterations at a time."""
        return self._part(var, factor, tail, ".u", Unroll)

    def _part(
        self, var: Any, factor: Any, tail: TailStrategy, suffix: str, kind: type[Directive]
    ) -> Self:
        name = var_name(var)
        if factor is None:
            return self._record(kind(name))  # type: ignore[call-arg]
        inner = self._fresh(name, suffix)
        split = _split(name, name, inner, factor, tail)
        return self._record(split, kind(inner))  # type: ignore[call-arg]

    def parallel(
        self, var: Any, task_size: Any = None, tail: TailStrategy = TailStrategy.Auto
    ) -> Self:
        """Share the loop over `var` among threads; with `task_size`, that many in one task."""
        name = var_name(var)
        if task_size is None:
            return self._record(Parallel(name))
        inner = self._fresh(name, ".t")
        return self._record(_split(name, name, inner, task_size, tail), Parallel(name))


def _split(old: Any, outer: Any, inner: Any, factor: Any, tail: TailStrategy) -> Split:
    return Split(var_name(old), var_name(outer), var_name(inner), integer(factor), tail)
