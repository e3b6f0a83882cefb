"""Methods that say how the cells of a Func lie in memory."""

from __future__ import annotations

from typing import Any, Self

from halo.ir.stmt import MemoryType
from halo.schedule.directives import (
    AlignStorage,
    BoundStorage,
    FoldStorage,
    Memoize,
    Precompute,
    ReorderStorage,
    SplitStorage,
    StoreIn,
    StreamStores,
)
from halo.schedule.formula import size_of
from halo.schedule.methods.base import Recorder, integer, names_of, var_name
from halo.synonyms import also_named


class StorageMethods(Recorder):
    """Directives for the storage of a whole Func."""

    __slots__ = ()

    @also_named(dims="*", vars="*")
    def reorder_storage(self, *vars: Any) -> Self:
        """Lay out memory with the dimensions in the order given, innermost first.

        Dimensions made by `split_storage` go by the names given there.
        """
        return self._record(ReorderStorage(names_of(vars)))

    def align_storage(self, dim: Any, alignment: Any) -> Self:
        """Round the number of places along `dim` in memory up to a multiple of `alignment`."""
        return self._record(AlignStorage(var_name(dim), integer(alignment)))

    def split_storage(self, dim: Any, outer: Any, inner: Any, factor: Any) -> Self:
        """Split `dim` in memory: ``place along dim == outer*factor + inner``.

        `inner` then lies directly inside `outer`; `reorder_storage` puts them elsewhere. What is
        computed, and in what order, does not change.

        >>> f.split_storage(c, co, ci, 16).reorder_storage(ci, x, y, co)  # NCHW as NCHW16c
        """
        return self._record(
            SplitStorage(var_name(dim), var_name(outer), var_name(inner), integer(factor))
        )

    def bound_storage(self, dim: Any, bound: Any) -> Self:
        """Keep `bound` cells along `dim`, however many are computed.

        A constant lets the storage lie on the stack. That it holds what is computed is proven, or
        checked when it runs (`BoundsError`). `bound` may be an expression of Params and of the
        sizes of inputs.
        """
        return self._record(BoundStorage(var_name(dim), size_of(bound)))

    @also_named(factor="extent")
    def fold_storage(self, dim: Any, extent: Any, fold_forward: bool = True) -> Self:
        """Keep `extent` cells along `dim`, in a circular buffer: ``place == dim % extent``.

        The storage lies further out than the Func is computed (`store_at`, `store_root`), and what
        one iteration needs at once is no wider than `extent`: that is proven, or checked when it
        runs. As in Halide `fold_forward` says which way it moves; here both ways are right
        whatever it says.

        Raises
        ------
        ScheduleError
            Two cells that are needed at once would share a place; the message shows them.
        """
        return self._record(FoldStorage(var_name(dim), integer(extent), bool(fold_forward)))

    def memoize(self, eviction_key: Any = 0) -> Self:
        """Keep the cells from one call to the next, where nothing that they depend on changed.

        ``cells == cache[definitions, Params and sizes, box]``. The cache holds as many bytes as
        `halo.memoization_cache_set_size` says and drops what was not used for longest. What the
        cells of images decide is not seen: say what stands for it with `halo.memoize_tag`.

        Parameters
        ----------
        eviction_key
            A number; `halo.memoization_cache_evict` drops what was kept under it.

        Raises
        ------
        ScheduleError
            When the pipeline is compiled: the Func depends on the cells of an image, or is computed
            piece by piece inside its storage.
        """
        return self._record(Memoize(integer(getattr(eviction_key, "key", eviction_key))))

    def precompute(self) -> Self:
        """Evaluate the Func when the code is made: its cells become an array in the code.

        It may depend on constants alone, those in Buffers included, as they are then; not on
        Params, ImageParams and outputs. The array lies as `reorder_storage`, `split_storage` and
        `align_storage` say: packed weights. The box is what its users read, if that is constant,
        or what `bound` promises.

        >>> packed = weights.in_(conv)
        >>> packed.split_storage(n, no, ni, 16).reorder_storage(ni, k, no).precompute()

        Raises
        ------
        ScheduleError
            It depends on something else, which the message names.
        """
        return self._record(Precompute())

    def stream_stores(self) -> Self:
        """Store around the caches: for large results that are not read again soon.

        It concerns dense vectors of a multiple of 16 bytes, at addresses that turn out to be
        such multiples; other stores are plain. Others see what was stored once it has been
        produced.
        """
        return self._record(StreamStores())

    def store_in(self, memory_type: MemoryType) -> Self:
        """Take the memory from the heap, the stack of the thread, or registers.

        The stack needs a size that is a constant, registers places that are constants once loops
        are unrolled and vectorized.

        Raises
        ------
        ScheduleError
            `memory_type` is no MemoryType, or, when the pipeline is compiled, cannot hold the
            cells.
        """
        return self._record(StoreIn(memory_type))
