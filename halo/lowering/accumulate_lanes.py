"""Updates of one cell by all lanes of a vector loop: the lanes first, then the cell."""

from __future__ import annotations

from halo.ir.associative import combine, identity, split_update
from halo.ir.cross_lane import ReduceOp, VectorReduce
from halo.ir.equality import equal
from halo.ir.expr import Expr, Load, Select
from halo.ir.node import Node
from halo.ir.stmt import Stmt, Store
from halo.lowering.lanes import Lanes, broadcast, conjunction


def accumulated(lanes: Lanes, s: Store) -> Stmt | None:
    """Return `s` for all of `lanes` at once if each of them combines something with one cell.

    Lanes that a mask leaves out give the identity of the operation; where it leaves out all, the
    cell is neither read nor written.

    Ensures: None where the lanes write different cells, or do not combine with the old value by
    an associative and commutative operation.

        f[i] = f[i] + a[x]  ->  f[i] = f[i] + reduce_add<1>(a[ramp(x, 1, 8)])
    """
    index = lanes.index(s.name, s.index)
    if index.type.is_vector():
        return None

    def reads(n: Node) -> bool:
        return isinstance(n, Load) and n.name == s.name

    def is_old(n: Node) -> bool:
        return isinstance(n, Load) and n.name == s.name and equal(n.index, s.index)

    split = split_update(s.value, is_old, reads)
    if split is None:
        return None
    op, rest = split
    new = broadcast(lanes.widen(rest), lanes.lanes)
    predicate = None if s.predicate is None else lanes.widen(s.predicate)
    mask = conjunction(lanes.mask, predicate)
    any_lane: Expr | None = mask
    if mask is not None and mask.type.is_vector():
        new = Select(mask, new, identity(op, new.type))
        any_lane = VectorReduce(ReduceOp.OR, mask, 1)
    old = Load(s.value.type, s.name, index, any_lane)
    total = VectorReduce(op, new, 1)
    return Store(s.name, combine(op, old, total), index, any_lane)
