"""Loops on scalars that stand in for vectors are marked in the C, which clang would gather."""

from __future__ import annotations

from pathlib import Path

import halo as hl


def c_text(f: hl.Func, folder: Path) -> str:
    f.compile_to_c(str(folder / "f.c"), [], "f")
    return (folder / "f.c").read_text()


def test_a_loop_for_fewer_cells_than_a_vector_has_is_marked(tmp_path: Path) -> None:
    x, y = hl.vars("x y")
    f = hl.Func("f")
    f[x, y] = x + y
    f.vectorize(x, 8)
    text = c_text(f, tmp_path)
    assert '_Pragma("clang loop vectorize(disable) interleave(disable)")' in text
    assert text.count("HALO_FEW for (") == 1


def test_a_loop_that_nothing_else_stands_for_is_not(tmp_path: Path) -> None:
    x, y = hl.vars("x y")
    f = hl.Func("f")
    f[x, y] = x + y
    assert "HALO_FEW" not in c_text(f, tmp_path)
