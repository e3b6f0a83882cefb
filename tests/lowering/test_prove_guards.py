"""prove_guards: what isl proves is not asked when the program runs."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from random_directives import draw_directives
from random_pipelines import SeededChooser, random_pipeline

import halo as hl
from halo.ir.execute import execute
from halo.ir.expr import Cast, Expr, Variable, i32
from halo.ir.intrinsics import is_intrinsic, likely
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.node import Node
from halo.ir.stmt import (
    NO_OP,
    AssertStmt,
    ErrorCode,
    For,
    ForKind,
    IfThenElse,
    LetStmt,
    Stmt,
    Store,
)
from halo.ir.substitute import find
from halo.ir.types import Int
from halo.lowering import lower
from halo.lowering.prove_guards import prove_guards
from halo.pipeline.request import make_request

I32 = Int(32)
x, y, n, t = (Variable(I32, name) for name in "xynt")
BODY = Store("out", x * 16 + y, Cast(Int(64), x * 16 + y))


def loops(body: Stmt) -> Stmt:
    """Return x in 0..n around y in 0..x + 1 around `body`."""
    inner = For("y", i32(0), x + 1, ForKind.SERIAL, body)
    return For("x", i32(0), n, ForKind.SERIAL, inner)


def guards(s: Node) -> list[Node]:
    return [m for m in find(s, IfThenElse)]


def check(s: Stmt) -> Stmt:
    """Return what is made of `s`, having run both."""
    made = prove_guards(s)
    results = []
    for each in (s, made):
        out = np.full(256, -1, np.int32)
        args = (BufferArg("out", I32, (), True), ScalarArg("n", I32))
        execute(LoweredFunc("f", args, each), {"out": out, "n": 9})
        results.append(out)
    np.testing.assert_array_equal(*results)
    return made


@pytest.mark.parametrize(
    "condition",
    [y / 4 + x <= x * 3, y / 8 <= x, y % 4 <= x + 3, likely(x % 8 <= x * 2), ~(y / 2 > x)],
    ids=str,
)
def test_a_guard_that_always_holds_goes(condition: Expr) -> None:
    assert guards(check(loops(IfThenElse(condition, BODY)))) == []


@pytest.mark.parametrize("condition", [y / 4 <= x / 2 - 1, x % 4 <= y, x / n <= y - 1], ids=str)
def test_a_guard_that_may_fail_stays(condition: Expr) -> None:
    s = loops(IfThenElse(condition, BODY))
    assert check(s) is s


def test_only_what_is_proven_of_a_conjunction_goes() -> None:
    s = check(loops(IfThenElse(likely((y / 8 <= x) & (x % 2 == 0)), BODY)))
    (left,) = guards(s)
    assert is_intrinsic(left.condition, "likely")  # type: ignore[attr-defined]
    assert str(left.condition) == "likely(x%2 == 0)"  # type: ignore[attr-defined]


def test_the_conditions_around_it_are_known() -> None:
    inner = IfThenElse(y / 2 * 2 <= x - 2, BODY)
    assert len(guards(check(loops(IfThenElse(y + 2 <= x, inner))))) == 1


def test_a_let_is_known() -> None:
    s = loops(LetStmt("t", x / 4 * 4, IfThenElse(t / 2 <= x, BODY)))
    assert guards(check(s)) == []


def test_the_other_branch_of_a_proven_test_goes() -> None:
    other = Store("out", i32(7), Cast(Int(64), i32(0)))
    assert check(loops(IfThenElse(y / 4 <= x, BODY, other))) is not None
    assert find(check(loops(IfThenElse(y / 4 <= x, BODY, other))), Store) == [BODY]


def test_a_check_that_cannot_fail_goes() -> None:
    s = AssertStmt(n / 2 * 2 <= n, ErrorCode.OUT_OF_BOUNDS, ("never",))
    assert prove_guards(s) is NO_OP


def test_what_simplifying_decides_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Expr] = []
    module = sys.modules[prove_guards.__module__]
    monkeypatch.setattr(module, "always_true", lambda c, _: asked.append(c))
    count = 0
    for seed in range(12):
        p = random_pipeline(SeededChooser(seed))
        made = draw_directives(SeededChooser(seed), p, "f").lowered
        count += len(find(made.func.body, IfThenElse)) + len(find(made.func.body, AssertStmt))
    assert count > 100 and len(asked) < count / 4


def test_a_guard_of_a_reduction_is_proven_away() -> None:
    a, b = hl.vars("a b")
    f, r = hl.Func("f"), hl.RDom([(0, 16), (0, 16)], "r")
    r.where((r.x <= r.y) & (r.x / 4 + r.y <= r.y * 3))
    f[a, b] = 0
    f[r.x, b] += r.y
    request = make_request([f.function], "f", [None], None)
    assert "/4" not in str(lower(request).func.body)
