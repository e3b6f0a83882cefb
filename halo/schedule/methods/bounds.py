"""Methods that say which box of cells a Func is computed over."""

from __future__ import annotations

from typing import Any, Self

from halo.ir.no_expr import given
from halo.schedule.directives import AlignBounds, AlignExtent, Bound, BoundExtent
from halo.schedule.formula import size_of
from halo.schedule.methods.base import Recorder, integer, var_name


class BoundsMethods(Recorder):
    """Directives for the box over which a whole Func is computed.

    Sizes are integers, or expressions of Params and of the sizes of inputs. What is promised is
    proven, or checked when it runs: a promise that is not kept raises `BoundsError`. Only where the
    range of an index is not known it is taken on trust.
    """

    __slots__ = ()

    def bound(self, var: Any, min: Any, extent: Any) -> Self:
        """Promise that the Func is computed over exactly `extent` cells from `min` along `var`.

        `min` may be None: then it is `bound_extent`.
        """
        if given(min) is None:
            return self.bound_extent(var, extent)
        return self._record(Bound(var_name(var), size_of(min), size_of(extent)))

    def bound_extent(self, var: Any, extent: Any) -> Self:
        """Promise that the Func is computed over exactly `extent` cells along `var`."""
        return self._record(BoundExtent(var_name(var), size_of(extent)))

    def align_bounds(self, var: Any, modulus: Any, remainder: Any = 0) -> Self:
        """Compute more along `var`, so that the box begins and ends at a multiple.

        ``min % modulus == remainder`` and ``extent % modulus == 0``; the box holds what it would
        hold without.
        """
        return self._record(AlignBounds(var_name(var), integer(modulus), integer(remainder)))

    def align_extent(self, var: Any, modulus: Any) -> Self:
        """Compute more along `var`, so that ``extent % modulus == 0``."""
        return self._record(AlignExtent(var_name(var), integer(modulus)))
