"""The workspace: tensors alive at once never overlap, others share memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from halo.ir.expr import Expr, Variable, i64
from halo.ir.types import Int
from onnx_frontend.extents import value_of
from onnx_frontend.plan import ALIGNMENT, Lifetime, Workspace, plan_workspace, tensor_bytes

W = Variable(Int(32), "W")


def addresses(plan: Workspace, w: int) -> tuple[dict[str, int], int]:
    values = {"W": w}
    for name, e in plan.lets:
        values[name] = value_of(e, values)
    return {n: value_of(e, values) for n, e in plan.offsets.items()}, value_of(plan.size, values)


def check(tensors: list[Lifetime], plan: Workspace, w: int) -> None:
    at, total = addresses(plan, w)
    ends = {t.name: at[t.name] + value_of(t.size, {"W": w}) for t in tensors}
    assert all(offset % ALIGNMENT == 0 for offset in at.values())
    assert all(end <= total for end in ends.values())
    for i, a in enumerate(tensors):
        for b in tensors[:i]:
            apart = ends[a.name] <= at[b.name] or ends[b.name] <= at[a.name]
            assert apart or not a.overlaps(b)


def test_tensors_that_follow_each_other_share_memory() -> None:
    chain = [Lifetime(f"t{i}", i64(640), i, i + 1) for i in range(10)]
    plan = plan_workspace(chain, {})
    check(chain, plan, 1)
    assert addresses(plan, 1)[1] == 2 * 640


def test_symbolic_tensors_share_slots_as_large_as_the_largest() -> None:
    sizes: list[Expr] = [tensor_bytes((W, W), 4), tensor_bytes((W,), 4), tensor_bytes((W, W), 4)]
    chain = [Lifetime(f"t{i}", s, i, i + 1) for i, s in enumerate(sizes)]
    plan = plan_workspace(chain, {"W": 64})
    check(chain, plan, 100)
    assert addresses(plan, 64)[1] == 64 * 64 * 4 + 64 * 4


def test_a_plan_of_nothing_is_empty() -> None:
    assert addresses(plan_workspace([], {}), 1) == ({}, 0)


lifetimes = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(1, 5000), st.booleans()),
    max_size=14,
)


@given(lifetimes, st.integers(1, 300))
def test_no_two_tensors_alive_at_once_overlap(
    drawn: list[tuple[int, int, int, bool]], w: int
) -> None:
    tensors = [
        Lifetime(
            f"t{i}", tensor_bytes((W,), size) if symbolic else i64(size), first, first + length
        )
        for i, (first, length, size, symbolic) in enumerate(drawn)
    ]
    check(tensors, plan_workspace(tensors, {"W": 48}), w)
