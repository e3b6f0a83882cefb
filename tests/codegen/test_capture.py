"""Parallel regions have copies of the values around them."""

from __future__ import annotations

from pathlib import Path

import halo as hl
from codegen.c_capture import copied


def test_words_of_comments_and_strings_are_no_values() -> None:
    inside = ['f(a, "b \\" c");  /* d */', "e->a = g1;"]
    assert copied(["a", "b", "c", "d", "g"], inside) == " firstprivate(a)"
    assert copied(["z"], inside) == ""


def test_loops_copy_what_they_use_of_the_function_around(tmp_path: Path) -> None:
    x, y, i = hl.Var("x"), hl.Var("y"), hl.ImageParam(hl.Float(32), 2, "i")
    scale, f, g = hl.Param(hl.Float(32), "scale"), hl.Func("f"), hl.Func("g")
    f[x, y] = i[x, y] * scale
    g[x, y] = f[x, y] + f[x, 0]
    f.compute_root()
    g.parallel(y)
    g.compile_to_c(str(tmp_path / "g.c"), [i, scale], "g")
    text = (tmp_path / "g.c").read_text(encoding="utf-8")
    (pragma,) = [line for line in text.splitlines() if line.startswith("#pragma omp parallel for")]
    names = pragma.partition("firstprivate(")[2].rstrip(")").split(", ")
    assert {"f", "g_data", "g_min_0", "g_extent_0"} <= set(names)
    assert not {"i_data", "scale", "g_s0_y", "g_s0_x"} & set(names)
