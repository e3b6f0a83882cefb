"""LoopLevels, and levels that are asked for with more words."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


def chain() -> tuple[hl.Func, hl.Func]:
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y] = x * 3 + y
    g[x, y] = f[x, y] + f[x, y + 1]
    return f, g


def nest(g: hl.Func, capsys: pytest.CaptureFixture[str]) -> str:
    g.print_loop_nest()
    return capsys.readouterr().out


EXPECTED = np.asarray(chain()[1].realize([6, 5]))


def test_a_level_names_a_loop(capsys: pytest.CaptureFixture[str]) -> None:
    f, g = chain()
    f.compute_at(hl.LoopLevel(g, y))
    other_f, other_g = chain()
    other_f.compute_at(other_g, y)
    assert nest(g, capsys).count("\n") == nest(other_g, capsys).count("\n")
    np.testing.assert_array_equal(np.asarray(g.realize([6, 5])), EXPECTED)


def test_a_level_may_be_set_after_what_it_places() -> None:
    f, g = chain()
    level = hl.LoopLevel()
    f.compute_at(level)
    level.set(hl.LoopLevel(g, y))
    assert f"compute_at({g.name()}, y)" in str(g.schedule())
    np.testing.assert_array_equal(np.asarray(g.realize([6, 5])), EXPECTED)


def test_a_level_set_again_moves_what_it_places() -> None:
    f, g = chain()
    level = hl.LoopLevel.root()
    f.compute_at(level)
    f.store_at(level)
    np.testing.assert_array_equal(np.asarray(g.realize([6, 5])), EXPECTED)
    level.set(hl.LoopLevel(g, x))
    applied = [r.entry.source() for r in g.receipts() if r.status.value == "applied"]
    assert f"{f.name()}.compute_at({g.name()}, x)" in applied
    np.testing.assert_array_equal(np.asarray(g.realize([6, 5])), EXPECTED)


def test_a_later_directive_is_not_moved_by_the_level() -> None:
    f, g = chain()
    level = hl.LoopLevel()
    f.compute_at(level)
    f.compute_root()
    level.set(hl.LoopLevel(g, x))
    assert str(g.schedule()) == f"{f.name()}.compute_root()"


def test_a_level_of_an_update_names_its_loop() -> None:
    f, g = hl.Func("f"), hl.Func("g")
    r = hl.RDom([(0, 3)])
    f[x] = x * 2
    g[x] = 0
    g[x] += f[x + r.x]
    f.compute_at(hl.LoopLevel(g, r.x, 1))
    assert "update(0)" in str(g.receipts())
    np.testing.assert_array_equal(np.asarray(g.realize([4])), [6, 12, 18, 24])


def test_inlined_is_a_level() -> None:
    f, g = chain()
    f.compute_at(hl.LoopLevel.inlined())
    assert str(g.schedule()) == f"{f.name()}.compute_inline()"
    np.testing.assert_array_equal(np.asarray(g.realize([6, 5])), EXPECTED)


def test_eager_inline_substitutes() -> None:
    f, g = chain()
    f.eager_inline()
    assert [r.status.value for r in g.receipts()] == ["applied"]
    np.testing.assert_array_equal(np.asarray(g.realize([6, 5])), EXPECTED)


def test_unscheduled_changes_nothing() -> None:
    f, g = chain()
    f.compute_root().unscheduled()
    assert [r.status.value for r in g.receipts()] == ["applied", "applied"]
    np.testing.assert_array_equal(np.asarray(g.realize([6, 5])), EXPECTED)
