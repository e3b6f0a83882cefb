"""Places that are made of floats: the fast conversion in C, and the order of gathers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import codegen
from halo.ir.expr import EQ, Cast, Load, Select, Variable, i64
from halo.ir.stmt import LetStmt, Store
from halo.ir.types import Float, Int, Type
from halo.target import host_target

EDGES = [0.0, -0.0, 0.5, -0.5, 2.9, -2.9, 1e-40, 2.0**31, -(2.0**31), 2.0**32, -1e30, 1e30]
MORE = [float("inf"), float("-inf"), float("nan"), 2147483520.0, -2147483520.0, 2147483647.5]


@pytest.mark.parametrize("source", [Float(32), Float(64)], ids=str)
def test_a_place_made_of_a_float_is_that_of_the_language(
    source: Type, kernels: Any, same: Any
) -> None:
    x = kernels.index()
    a = np.array([*EDGES, *MORE], source.dtype)
    whole = [0 if np.isnan(v) else min(max(v, -(2.0**31)), 2.0**31 - 1) for v in map(float, a)]
    want = np.array([int(v) for v in whole], np.int32)
    right = EQ(Cast(Int(32), Load(source, "a", x)), Load(Int(32), "want", x))
    body = Store("out", Cast(Int(32), i64(1)), x * i64(2) + Select(right, i64(1), i64(0)))
    given = {"a": source, "want": Int(32)}
    f = kernels.function(kernels.loop(len(a), body), given, {"out": Int(32)})
    out = np.zeros(2 * len(a), np.int32)
    kernels.run(f, {"a": a, "want": want, "out": out})
    same(out, np.tile(np.array([0, 1], np.int32), len(a)))


def test_only_places_of_stores_are_converted_so(plain_kernels: Any) -> None:
    x = plain_kernels.index()
    whole = Cast(Int(32), Load(Float(32), "a", x))
    given, asked = {"a": Float(32)}, {"out": Int(32)}
    plain = plain_kernels.loop(3, Store("out", whole, x))
    text = plain_kernels.text(plain_kernels.function(plain, given, asked))
    assert "halo_cast_i32_f32(" in text
    assert "halo_place" not in text


def test_a_place_may_have_a_name(plain_kernels: Any) -> None:
    x = plain_kernels.index()
    place = Cast(Int(64), Cast(Int(32), Load(Float(32), "a", x)))
    body = LetStmt("t", place, Store("out", Load(Int(32), "b", x), Variable(Int(64), "t")))
    given = {"a": Float(32), "b": Int(32)}
    f = plain_kernels.function(plain_kernels.loop(3, body), given, {"out": Int(32)})
    assert "halo_place_i32_f32(" in plain_kernels.text(f)


def test_clang_is_held_to_one_gather_after_another(plain_kernels: Any) -> None:
    x = plain_kernels.index(8)
    value = Load(Float(32, 8), "a", Load(Int(64, 8), "at", x))
    body = plain_kernels.loop(3, Store("out", value, x))
    f = plain_kernels.function(body, {"a": Float(32), "at": Int(64)}, {"out": Float(32)})
    text = codegen.emit_c(plain_kernels.module(f), host_target()).text
    gather = re.split(r"halo_gather\w*_f32x8\(", text)[1].split("\n}\n")[0]
    assert gather.index("#if defined(__clang__)") < gather.index("volatile") < gather.index("for (")
