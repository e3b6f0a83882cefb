"""Methods that transform the loops of a definition."""

from __future__ import annotations

from typing import Any, Self

from halo.errors import ScheduleError, user_location
from halo.ir.stmt import Partition
from halo.schedule.directives import (
    AllowRaceConditions,
    AlwaysPartition,
    AlwaysPartitionAll,
    Directive,
    Fuse,
    NeverPartition,
    NeverPartitionAll,
    Parallel,
    Rename,
    Reorder,
    Serial,
    SetPartition,
    Split,
    Unroll,
    Unscheduled,
    Vectorize,
)
from halo.schedule.methods.base import Recorder, integer, names_of, var_name
from halo.schedule.methods.tiles import tile_of
from halo.schedule.tail import TailStrategy
from halo.synonyms import also_named


class LoopMethods(Recorder):
    """Directives for the loops of a Func's pure definition or of an update stage.

    Each returns the handle it was called on. Variables are given as handles or by name.

    Raises
    ------
    ScheduleError
        There is no such loop, a name is taken, or two iterations that meet in a cell would change
        places or run at once; the message says what would be legal.
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
        """Split the loop over `old`: ``old == outer*factor + inner``, `inner` in [0, factor).

        Parameters
        ----------
        factor
            A positive constant.
        tail
            What happens where `factor` does not divide the extent.

        Raises
        ------
        ScheduleError
            `factor` is no positive constant, or `tail` is not legal for this loop.
        """
        return self._record(_split(old, outer, inner, factor, tail))

    def fuse(self, inner: Any, outer: Any, fused: Any) -> Self:
        """Fuse two neighbouring loops: ``fused == outer*extent(inner) + inner``.

        Raises
        ------
        ScheduleError
            `inner` is not directly inside `outer`, or one of them is not serial any more.
        """
        return self._record(Fuse(var_name(inner), var_name(outer), var_name(fused)))

    def rename(self, old_name: Any, new_name: Any) -> Self:
        """Call the loop over `old_name` by a new name: ``old == new``."""
        return self._record(Rename(var_name(old_name), var_name(new_name)))

    @also_named(vars="*")
    def reorder(self, *vars: Any) -> Self:
        """Put loops into the order given, innermost first; `vars` may be one list.

        Loops that are not named stay where they are. The RVars of an update ``f[i] = f[i] op e``
        may be reordered, which may change the last bits of floats: the receipt says so.
        """
        return self._record(Reorder(names_of(vars)))

    def tile(self, *args: Any, **named: Any) -> Self:
        """Split loops and put all inner ones inside.

        ``tile(x, y, xo, yo, xi, yi, xfactor, yfactor[, tail])``, or without `xo, yo`, which then
        are `x, y`: the same as two splits and ``reorder(xi, yi, xo, yo)``. For any number of
        loops: ``tile(previous, outers, inners, factors[, tail])``, each a list, or without
        `outers`; `tail` may be a list (`tails`) too.

        Raises
        ------
        ScheduleError
            Arguments of none of these forms, or lists of different lengths.
        """
        parts = tile_of(args, named)
        splits = [_split(*p) for p in parts]
        inside = (*(s.inner for s in splits), *(s.outer for s in splits))
        return self._record(*splits, Reorder(inside))

    def serial(self, var: Any) -> Self:
        """Run the loop over `var` one iteration after the other, as at the start."""
        return self._record(Serial(var_name(var)))

    def vectorize(
        self, var: Any, factor: Any = None, tail: TailStrategy = TailStrategy.Auto
    ) -> Self:
        """Run the loop over `var` as vector lanes; with `factor`, that many of it at a time.

        The extent has to be a constant; else it has no effect, and the receipt says so. Inside a
        loop that is vectorized already it makes a tile of vectors.
        """
        return self._part(var, factor, tail, ".v", Vectorize)

    def unroll(self, var: Any, factor: Any = None, tail: TailStrategy = TailStrategy.Auto) -> Self:
        """Unroll the loop over `var`; with `factor`, that many iterations at a time.

        The extent has to be a constant; else it has no effect, and the receipt says so.
        """
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
        """Share the loop over `var` among threads; with `task_size`, that many in one task.

        How many threads there are is up to ``$HALO_NUM_THREADS``, ``$OMP_NUM_THREADS`` and the
        machine; no value depends on it.
        """
        name = var_name(var)
        if task_size is None:
            return self._record(Parallel(name))
        inner = self._fresh(name, ".t")
        return self._record(_split(name, name, inner, task_size, tail), Parallel(name))

    def partition(self, var: Any, partition_policy: Partition) -> Self:
        """Say whether the loop over `var` may be cut into a steady state and its ends."""
        if not isinstance(partition_policy, Partition):
            raise ScheduleError(
                f"partition takes a Partition, not {partition_policy!r}",
                where=user_location(),
                hint="partition(x, Partition.Never), Partition.Always or Partition.Auto",
            )
        return self._record(SetPartition(var_name(var), partition_policy))

    @also_named(vars="*")
    def never_partition(self, *vars: Any) -> Self:
        """Leave the loops over `vars`, which may be one list, whole."""
        return self._record(NeverPartition(names_of(vars)))

    @also_named(vars="*")
    def always_partition(self, *vars: Any) -> Self:
        """Partition the loops over `vars`, which may be one list, wherever it can be done."""
        return self._record(AlwaysPartition(names_of(vars)))

    def never_partition_all(self) -> Self:
        """Leave all loops of this definition whole."""
        return self._record(NeverPartitionAll())

    def always_partition_all(self) -> Self:
        """Partition all loops of this definition wherever it can be done."""
        return self._record(AlwaysPartitionAll())

    def unscheduled(self) -> Self:
        """Say that this definition is meant to have no directives for its loops."""
        return self._record(Unscheduled())

    def allow_race_conditions(self) -> Self:
        """Take your word for it that iterations which may meet in a cell do no harm.

        What follows may run loops of this stage at once although it is not proven that their
        iterations touch different cells, or even proven that they do not: then what such a cell
        holds in the end depends on chance, unless all write the same value. It may also put
        loops in another order where it is not proven that this changes nothing. The receipt of
        each directive that needed it says so.
        """
        return self._record(AllowRaceConditions())


def _split(old: Any, outer: Any, inner: Any, factor: Any, tail: TailStrategy) -> Split:
    if not isinstance(tail, TailStrategy):
        raise ScheduleError(
            f"{tail!r} is no TailStrategy",
            where=user_location(),
            hint="there are " + ", ".join(map(repr, TailStrategy)),
        )
    return Split(var_name(old), var_name(outer), var_name(inner), _factor(factor), tail)


def _factor(value: Any) -> Any:
    """Return constants as int; anything else as it is, an expression as such, to be refused."""
    as_expr = getattr(value, "_as_expr", None)
    e = as_expr() if callable(as_expr) else value
    known = integer(e)
    return e if known is None else known
