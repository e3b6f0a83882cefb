"""What is known only when the code runs cannot be precomputed."""

from __future__ import annotations

from typing import Any

import halo as hl

x, y = hl.vars("x y")


def user_of(w: hl.Func) -> hl.Func:
    f = hl.Func("user")
    f[x] = w[x] + 1
    f.bound(x, 0, 8)
    return f


def test_a_func_of_an_input_is_not_precomputed(refused: Any) -> None:
    image = hl.ImageParam(hl.Int(32), 1, "image")
    w = hl.Func("w")
    w[x] = image[x] * 2
    w.precompute()
    with refused(hl.ScheduleError, f"it depends on the input {image.name()}", "compute_root()"):
        user_of(w).realize([8])


def test_a_func_of_a_param_is_not_precomputed(refused: Any) -> None:
    p = hl.Param(hl.Int(32), "gain", 3)
    w = hl.Func("w")
    w[x] = x * p
    w.precompute()
    with refused(hl.ScheduleError, f"it depends on Param {p.name()}"):
        user_of(w).realize([8])


def test_the_chain_to_what_varies_is_shown(refused: Any) -> None:
    p = hl.Param(hl.Int(32), "gain", 3)
    a, b, w = hl.Func("a"), hl.Func("b"), hl.Func("w")
    a[x] = x + p
    b[x] = a[x] * 2
    w[x] = b[x] + b[x + 1]
    w.precompute()
    chain = f"by {w.name()} -> {b.name()} -> {a.name()}"
    with refused(hl.ScheduleError, chain, "known only when the code runs"):
        user_of(w).realize([8])


def test_a_func_of_the_size_of_an_input_is_not_precomputed(refused: Any) -> None:
    image = hl.ImageParam(hl.Int(32), 1, "sized")
    w = hl.Func("w")
    w[x] = x * image.width()
    w.precompute()
    with refused(hl.ScheduleError, f"it depends on the size of {image.name()}"):
        user_of(w).realize([8])


def test_a_func_that_prints_is_not_precomputed(refused: Any) -> None:
    w = hl.Func("w")
    w[x] = hl.print(x, "is computed")
    w.precompute()
    with refused(hl.ScheduleError, "it depends on an expression with an effect"):
        user_of(w).realize([8])


def test_an_output_is_not_precomputed(refused: Any) -> None:
    f = hl.Func("f")
    f[x] = x
    f.precompute()
    with refused(hl.ScheduleError, "is an output, computed when the code runs"):
        f.realize([8])


def test_a_box_that_is_not_constant_asks_for_a_bound(refused: Any) -> None:
    w, f = hl.Func("w"), hl.Func("f")
    w[x] = x * 2
    f[x] = w[x + 1]
    w.precompute()
    with refused(hl.ScheduleError, "along x, which are no constants", f"{w.name()}.bound(x, min"):
        f.realize([8])
