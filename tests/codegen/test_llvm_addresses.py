"""LLVM is given addresses of two registers and a number, and places of lanes by words."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import halo as hl
from codegen.llvm_module import emit_llvm
from codegen.llvm_object import llvm_text
from halo.ir.lowered import LoweredModule
from halo.lowering import Request, lower

LLVM = hl.Target("host-llvm")
x, y = hl.vars("x y")


def text_of(f: hl.Func) -> str:
    """Return the LLVM IR of `f`, before anything is optimised."""
    made = lower(Request("app", [f.function], f.schedule()))
    return emit_llvm(LoweredModule("app", (made.func,)), LLVM, in_process=True).text


def sums_of_neighbours() -> hl.Func:
    """Return a Func of vectors that adds cells of three rows of a stored Func."""
    stored, f, out = hl.funcs("stored f out")
    stored[x, y] = x * 3 + y
    f[x, y] = stored[x - 1, y] + stored[x + 1, y + 1] + stored[x, y - 1]
    out[x, y] = f[x, y]
    stored.compute_root()
    f.compute_root().vectorize(x, 8)
    return out


def test_a_loop_changes_one_number_of_its_addresses() -> None:
    f = sums_of_neighbours()
    made = lower(Request("app", [f.function], f.schedule()))
    text = llvm_text(LoweredModule("app", (made.func,)), LLVM).decode()
    blocks = re.split(r"^(?=[\w.]+: )", text, flags=re.MULTILINE)
    (body,) = [b for b in blocks if b.count("load <8 x i32>") == 3 and " phi " in b]
    assert not re.findall(r"= (?:mul|shl|sub|sext|add [a-z ]*i64 %\w+, %).*", body)


@pytest.mark.parametrize("low", [0, -24, 40])
def test_a_loop_counts_vectors_in_cells(low: int) -> None:
    f, g = hl.funcs("f g")
    f[x, y] = x * x + y
    g[x, y] = f[x, y] + f[x + 8, y] - f[x, y + 1]
    f.compute_root().vectorize(x, 16, hl.TailStrategy.RoundUp)
    g.vectorize(x, 8)
    out = hl.Buffer(np.zeros((5, 64), np.int32))
    out.set_min([low, 2])
    g.realize(out, LLVM)
    i, j = np.arange(low, low + 64)[None, :], np.arange(2, 7)[:, None]
    np.testing.assert_array_equal(np.asarray(out), i * i + j + (i + 8) ** 2 + j - i * i - j - 1)
    steps = set(re.findall(r"add nsw i64 %v\d+, (\d+)\n", text_of(g)))
    assert {"1", "8", "16"} <= steps


def lookups(lanes: int, t: hl.Type) -> hl.Func:
    """Return a Func that looks up cells at places of type `t`, some of them negative."""
    table = hl.Buffer(np.arange(100, dtype=np.float32), name="table")
    table.set_min([-50])
    places = hl.Buffer((np.arange(64) * 37 % 100 - 50).astype(t.dtype), name="places")
    f = hl.Func("f")
    f[x] = table[hl.clamp(hl.i32(places[x]), -50, 49)]
    return f.vectorize(x, lanes)


@pytest.mark.parametrize("lanes", [3, 8, 16])
@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_places_of_lanes_are_those_of_c(bits: int, lanes: int) -> None:
    f = lookups(lanes, hl.Int(bits))
    got: Any = f.realize([64], LLVM)
    np.testing.assert_array_equal(np.asarray(got), np.asarray(f.realize([64], hl.Target("host"))))


def test_places_of_32_bits_are_taken_out_two_at_a_time() -> None:
    text = text_of(lookups(16, hl.Int(32)))
    (words,) = set(re.findall(r"(%\w+) = bitcast <16 x i32> %\w+ to <8 x i64>", text))
    assert len(re.findall(rf"extractelement <8 x i64> {words},", text)) == 8
