"""Conversions between vectors of numbers, for any lanes: the bits of `docs/semantics.md`."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import codegen
from halo.ir.expr import Cast, Load
from halo.ir.stmt import Stmt, Store, block
from halo.ir.types import Float, Int, Type, UInt
from halo.target import Target

LANES = [2, 3, 4, 8, 16, 32, 64]
INTEGERS = [make(bits) for bits in (8, 16, 32, 64) for make in (Int, UInt)]
FLOATS = [Float(32), Float(64)]


def edges(t: Type) -> Any:
    """Return values of `t` around the limits of every type, and others."""
    limits = sorted({v for i in INTEGERS for v in (i.min_value, i.max_value)})
    if t.is_float():
        near = [
            np.nextafter(t.dtype.type(v), t.dtype.type(w)) for v in limits for w in (-1e30, 1e30)
        ]
        whole = [*limits, 0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 255.5, 256.0, 2.0**31, 2.0**32]
        rest = [float("inf"), float("-inf"), float("nan"), 1e-40, 1e30, -1e30]
        return np.array([*map(float, whole), *rest, *near], t.dtype)
    inside = {v + d for v in limits for d in (-1, 0, 1)}
    return np.array([v for v in sorted(inside) if t.min_value <= v <= t.max_value], t.dtype)


def converted(a: Any, t: Type) -> Any:
    """Return `a` as type `t`, by Python's exact numbers where numpy would leave it open."""
    if t.is_float() or a.dtype.kind != "f":
        return a.astype(t.dtype)
    values = [0 if np.isnan(v) else v for v in map(float, a)]
    within = [min(max(v, t.min_value), t.max_value) for v in values]
    return np.array([int(v) for v in within], t.dtype)


def casts(kernels: Any, source: Type, lanes: int, count: int) -> Any:
    """Return a kernel with a cast of `count` vectors of `source` to every other type."""
    x = kernels.index(lanes)
    value = Load(source.with_lanes(lanes), "a", x)
    targets = {f"to_{t}": t for t in (*INTEGERS, *FLOATS) if t != source}
    stores: list[Stmt] = [Store(n, Cast(t.with_lanes(lanes), value), x) for n, t in targets.items()]
    return kernels.function(kernels.loop(count, block(*stores)), {"a": source}, targets), targets


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("source", [*INTEGERS, *FLOATS], ids=str)
def test_casts_of_vectors_keep_the_bits_of_casts_of_numbers(
    kernels: Any, same: Any, source: Type, lanes: int
) -> None:
    values = edges(source)
    count = -(-len(values) // lanes)
    a = np.resize(values, count * lanes)
    f, targets = casts(kernels, source, lanes, count)
    found = {n: np.zeros(len(a), t.dtype) for n, t in targets.items()}
    kernels.run(f, {"a": a, **found})
    for n, t in targets.items():
        same(found[n], converted(a, t))


@pytest.mark.skipif(platform.machine() != "x86_64", reason="it reads instructions of x86")
@pytest.mark.parametrize("lanes", [4, 16, 64])
@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_compilers_convert_no_lane_on_its_own(
    name: str, lanes: int, plain_kernels: Any, tmp_path: Path
) -> None:
    command = shutil.which(name)
    if command is None:
        pytest.skip(f"{name} is not installed")
    x, given, asked, stores = plain_kernels.index(lanes), {}, {}, []
    pairs = [(i, f) for i in INTEGERS[:4] for f in FLOATS]
    for one, other in [*pairs, *((f, i) for i, f in pairs)]:
        given[f"a_{one}"], asked[f"to_{other}_{one}"] = one, other
        value = Load(one.with_lanes(lanes), f"a_{one}", x)
        stores.append(Store(f"to_{other}_{one}", Cast(other.with_lanes(lanes), value), x))
    f = plain_kernels.function(plain_kernels.loop(3, block(*stores)), given, asked)
    source = tmp_path / "casts.c"
    source.write_text(codegen.emit_c(plain_kernels.module(f), Target("x86-64-v4")).text)
    flags = ["-std=gnu11", "-O2", "-march=x86-64-v4", "-fno-trapping-math"]
    words = [command, *flags, "-S", "-o", "-", source]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert "cvttp" in done.stdout
    assert not re.findall(r"\bv?cvt\w*si2s\w*|\bv?cvtt?s[sd]2u?si|\bv?pextr[bw]", done.stdout)
