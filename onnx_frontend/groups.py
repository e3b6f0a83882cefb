"""Which tensors of a model are written to memory, and which kernel computes which.

A tensor is *stored* when some kernel writes it to memory for others to read; every other tensor
is computed inside the kernels that read it. What ends a kernel:

* Convolutions, products, poolings, reductions: what each of their cells costs is paid once. The
  elementwise operations behind one join its kernel (its *epilogue*) as long as everything in
  between is read by the epilogue only and the shape stays the same.
* Elementwise operations join the kernel of their reader if it is the only one and reads each cell
  about once. One with the attribute ``joins`` costs less than to load its wider result: it joins
  all its readers if these are of the kinds that it names.
* Index maps (transpose, slice, concat, ...) cost nothing when an elementwise operation reads
  through them; in front of a reader that comes back to a cell often they are stored.
* A reshape of something stored is the same memory under other coordinates: an *alias*.
* What a branch of an If gives is stored where it must not be computed in vain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from halo.ops.branch import is_apart
from halo.ops.tensor import OpKind, Tensor
from onnx_frontend.c_function import WholeCall, call_of
from onnx_frontend.extents import to_serial
from onnx_frontend.producers import producers_first

_GIVEN = frozenset({OpKind.INPUT, OpKind.CONSTANT})
_LIGHT = frozenset({OpKind.ELEMENTWISE, OpKind.VIEW, OpKind.CONTENT, OpKind.GATHER})
_READ_ONCE = frozenset({OpKind.ELEMENTWISE, OpKind.VIEW, OpKind.REDUCE})
"""Readers that read each cell of an input of their own size about once."""

_EPILOGUE_LIMIT = 32
"""Elementwise operations in one epilogue: beyond it values no longer fit into registers."""

_COPIES_LIMIT = 16
"""How often the expression of one tensor may stand, substituted, in the cells of one kernel."""

_DEPTH_LIMIT = 64
"""Tensors inside each other in one kernel: an expression is as deep as they are many."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One kernel's worth of tensors.

    Attributes
    ----------
    root
        The tensor that the kernel stores.
    members
        What it computes, producers before consumers, `root` last.
    reads
        The stored, given and aliased tensors that it reads, in the order of first use.
    more
        What else it stores, where a C function computes it.
    """

    root: Tensor
    members: tuple[Tensor, ...]
    reads: tuple[Tensor, ...]
    more: tuple[Tensor, ...] = ()

    @property
    def stored(self) -> tuple[Tensor, ...]:
        """All tensors that the kernel stores."""
        return (self.root, *self.more)


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """The kernels of a model in an order in which they can run, and the aliases.

    `aliases` maps a tensor to the one (given or stored) whose memory it is, in row-major order.
    """

    groups: tuple[Group, ...]
    aliases: Mapping[Tensor, Tensor]


def group_tensors(outputs: Sequence[Tensor], given: frozenset[Tensor] = frozenset()) -> Grouping:
    """Cut the graph that computes `outputs` into kernels; what is `given` is there already.

    Requires: outputs are computed (neither given nor constant) and distinct.
    Ensures: every output is stored by a group, and is its root unless a C function computes it; a
    group reads only what is given, or stored by an earlier group, or an alias of such.
    """
    order = list(producers_first(outputs, given))
    planner = _Planner(order, frozenset(outputs), given)
    stored = planner.stored()
    aliases: dict[Tensor, Tensor] = {}
    for t in order:
        if t in planner.aliases:
            source = planner.aliases[t]
            aliases[t] = aliases.get(source, source)
    groups: list[Group] = []
    called: set[WholeCall] = set()
    for t in order:
        call = None if t in given else call_of(t)
        if call is not None and call not in called:
            called.add(call)
            groups.append(_extern_group(t, call))
        elif call is None and t in stored:
            groups.append(_group(t, stored | given, aliases))
    return Grouping(tuple(groups), aliases)


def same_shape(a: Tensor, b: Tensor) -> bool:
    """Whether both have the same extents, as written."""
    return [to_serial(d) for d in a.shape] == [to_serial(d) for d in b.shape]


def _cells(t: Tensor) -> list[str]:
    """Return a key of the number of cells: the extents other than 1, in any order."""
    return sorted(str(s) for s in map(to_serial, t.shape) if s != 1)


class _Planner:
    """Decides for each tensor, readers before what they read, whether it is stored."""

    def __init__(
        self, order: list[Tensor], outputs: frozenset[Tensor], given: frozenset[Tensor]
    ) -> None:
        self.order = order
        self.given = given
        self.outputs = outputs
        self.readers: dict[Tensor, list[Tensor]] = {t: [] for t in order}
        for t in order:
            for i in dict.fromkeys(() if t in given else t.op.inputs):
                self.readers[i].append(t)
        self.place = {t: n for n, t in enumerate(order)}
        self.epilogue: dict[Tensor, Tensor] = {}
        self.aliases: dict[Tensor, Tensor] = {}
        self.roots: dict[Tensor, frozenset[Tensor]] = {}
        self.copies: dict[Tensor, int] = {}
        self.depth: dict[Tensor, int] = {}

    def stored(self) -> set[Tensor]:
        """Return the tensors that kernels write to memory; fills `aliases`."""
        for t in reversed(self.order):
            if t.kind not in _LIGHT and t.kind is not OpKind.EXTERN and not self._is_given(t):
                self._claim_epilogue(t)
        stored: set[Tensor] = set()
        for t in reversed(self.order):
            if self._is_given(t):
                continue
            if t in self.epilogue:
                self._inline(t, self.epilogue[t])
                if self.epilogue[t] is t:
                    stored.add(t)
            elif self._is_alias(t):
                self.aliases[t] = t.op.inputs[0]
            elif not self._can_be_inlined(t):
                stored.add(t)
                self.roots[t] = frozenset((t,))
                self.copies[t] = 1
                self.depth[t] = 0
        return stored

    def _is_given(self, t: Tensor) -> bool:
        return t.kind in _GIVEN or t in self.given

    def _claim_epilogue(self, heavy: Tensor) -> None:
        """Find the last tensor up to which elementwise readers of `heavy` can join its kernel."""
        region = {heavy}
        exit_, interior = heavy, frozenset[Tensor]()
        candidates = set(self.readers[heavy])
        while candidates and len(region) <= _EPILOGUE_LIMIT:
            t = min(candidates, key=self.place.__getitem__)
            candidates.remove(t)
            if t.kind is not OpKind.ELEMENTWISE or t in self.epilogue or not same_shape(t, heavy):
                break
            if is_apart(heavy.branch, t.branch):
                break
            region.add(t)
            candidates.update(r for r in self.readers[t] if r not in region)
            if all(self._read_within(m, region) for m in region if m is not t):
                exit_, interior = t, frozenset(region - {t})
        for t in interior:
            self.epilogue[t] = exit_
        if exit_ is not heavy:
            self.epilogue.setdefault(exit_, exit_)

    def _read_within(self, t: Tensor, region: set[Tensor]) -> bool:
        return t not in self.outputs and all(r in region for r in self.readers[t])

    def _inline(self, t: Tensor, root: Tensor) -> None:
        self.roots[t] = frozenset((root,))
        self.copies[t] = 1 if t is root else self._copies(t)
        self.depth[t] = 0 if t is root else self._depth(t)

    def _is_alias(self, t: Tensor) -> bool:
        if t in self.outputs or not t.op.attrs.get("row_major") or self._is_apart(t):
            return False
        # Without changing the index arithmetic it is cheaper still to read through it.
        return t.op.attrs["what"] == "reshape" or not self._can_be_inlined(t)

    def _can_be_inlined(self, t: Tensor) -> bool:
        if t in self.outputs or t.kind not in _LIGHT or self._is_apart(t):
            return False
        readers = self.readers[t]
        joins = t.op.attrs.get("joins")
        kinds = joins or _READ_ONCE
        if any(r in self.aliases or r.kind not in kinds for r in self._final_readers(t)):
            return False
        depth = self._depth(t)
        if depth > _DEPTH_LIMIT:
            return False
        roots = frozenset[Tensor]().union(*(self.roots[r] for r in readers))
        copies = self._copies(t)
        if t.kind is OpKind.ELEMENTWISE and not joins:
            cells = _cells(t)
            fits = all(_reads_cells_once(r, cells) for r in readers)
            if not fits or len(roots) != 1 or copies > _COPIES_LIMIT:
                return False
        self.roots[t], self.copies[t], self.depth[t] = roots, copies, depth
        return True

    def _is_apart(self, t: Tensor) -> bool:
        """Whether something reads `t` that is computed also where `t` is not."""
        return any(is_apart(t.branch, r.branch) for r in self.readers[t])

    def _final_readers(self, t: Tensor) -> list[Tensor]:
        """Return what reads `t`, looking through what joins all its readers."""
        result: list[Tensor] = []
        for r in self.readers[t]:
            through = r.op.attrs.get("joins") and r not in self.outputs
            result += self._final_readers(r) if through else [r]
        return result

    def _depth(self, t: Tensor) -> int:
        return 1 + max((self.depth[r] for r in self.readers[t]), default=0)

    def _copies(self, t: Tensor) -> int:
        return sum(self.copies[r] * _occurrences(t, r) for r in self.readers[t])


def _reads_cells_once(reader: Tensor, cells: list[str]) -> bool:
    if reader.kind is OpKind.REDUCE:
        return all(_cells(i) == cells for i in reader.op.inputs[:1])
    return _cells(reader) == cells


def _occurrences(t: Tensor, reader: Tensor) -> int:
    """Return how often a cell of `t` stands in the definition of a cell of `reader`."""
    return max(1, sum(1 for i in reader.op.inputs if i is t))


def _extern_group(root: Tensor, call: WholeCall) -> Group:
    more = tuple(t for t in call.outputs if t is not root)
    return Group(root, (root,), tuple(dict.fromkeys(call.inputs)), more)


def _group(root: Tensor, stored: set[Tensor], aliases: Mapping[Tensor, Tensor]) -> Group:
    members: list[Tensor] = []
    reads: dict[Tensor, None] = {}
    seen: set[Tensor] = set()

    def visit(t: Tensor) -> None:
        if t is not root and (t in stored or t in aliases or t.kind in _GIVEN):
            reads.setdefault(t)
        elif t not in seen:
            seen.add(t)
            for i in t.op.inputs:
                visit(i)
            members.append(t)

    visit(root)
    return Group(root, tuple(members), tuple(reads))
