"""What a split does when its factor does not divide the extent."""

from __future__ import annotations

from enum import Enum


class TailStrategy(Enum):
    """How a split of ``old`` by ``factor`` treats the last, incomplete step.

    As in Halide (``TailStrategy``). Below, *inside* means that ``old`` is in its range. Every
    strategy gives the bits of the definition without any schedule; they differ in what runs, and in
    which cells of others must exist. `Auto` is resolved when the directive is given; what is legal
    where says `halo.schedule.tail_rules`.
    """

    RoundUp = "RoundUp"
    """Run over the end. The region that is read and the one that is stored grow to a multiple of
    `factor`; for inputs and outputs the entry checks ask for them."""
    GuardWithIf = "GuardWithIf"
    """Run the body only where it is inside; the loop is cut, so that only the last step asks.
    Nothing beyond the end is read or stored. Always legal."""
    Predicate = "Predicate"
    """As `GuardWithIf`, but every step asks and no loop is cut: vectorized, all loads and stores
    are predicated. The smallest code. Always legal."""
    PredicateLoads = "PredicateLoads"
    """Run over the end, reading only inside (0 elsewhere); the region that is stored grows to a
    multiple of `factor`, what is read does not."""
    PredicateStores = "PredicateStores"
    """Run over the end, storing only inside; the region that is read grows to a multiple of
    `factor`, what is stored does not."""
    ShiftInwards = "ShiftInwards"
    """Move the last step back so that it ends at the end: some cells are computed twice, but in
    parallel loops stored once. Where there are fewer than `factor` cells, guard instead. Pure
    definitions only."""
    ShiftInwardsAndBlend = "ShiftInwardsAndBlend"
    """As `ShiftInwards`, but cells that an earlier step computed get their own value back: load,
    select, store. For update definitions; the loops of that variable cannot be parallel."""
    RoundUpAndBlend = "RoundUpAndBlend"
    """As `RoundUp`, but cells beyond the end get their own value back: load, select, store. For
    update definitions; the loops of that variable cannot be parallel."""
    Auto = "Auto"
    """`ShiftInwards` for a dimension of the pure definition, `GuardWithIf` everywhere else and
    where the extent is known to be a multiple: the guard is then always true."""

    def __repr__(self) -> str:
        return f"TailStrategy.{self.name}"

    @property
    def guards(self) -> bool:
        """Whether nothing at all happens outside."""
        return self in (TailStrategy.GuardWithIf, TailStrategy.Predicate)

    @property
    def shifts(self) -> bool:
        """Whether the last step is moved back."""
        return self in (TailStrategy.ShiftInwards, TailStrategy.ShiftInwardsAndBlend)

    @property
    def blends(self) -> bool:
        """Whether cells that are not the step's own get their own value back."""
        return self in (TailStrategy.ShiftInwardsAndBlend, TailStrategy.RoundUpAndBlend)

    @property
    def runs_over(self) -> bool:
        """Whether the last step runs over the end."""
        return self.reads_over or self.stores_over

    @property
    def reads_over(self) -> bool:
        """Whether cells of others are read for iterations beyond the end."""
        return self in (
            TailStrategy.RoundUp,
            TailStrategy.RoundUpAndBlend,
            TailStrategy.PredicateStores,
        )

    @property
    def stores_over(self) -> bool:
        """Whether own cells beyond the end are stored."""
        return self in (
            TailStrategy.RoundUp,
            TailStrategy.RoundUpAndBlend,
            TailStrategy.PredicateLoads,
        )
