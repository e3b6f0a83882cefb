"""Loops over the lanes of a vector in the C are no loops in machine code."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import codegen
from codegen.c_compiler import compile_flags, find_compiler
from halo.ir.expr import Load
from halo.ir.stmt import Store
from halo.ir.types import Float, Int
from halo.target import Target


@pytest.mark.skipif(platform.machine() != "x86_64", reason="it reads instructions of x86")
@pytest.mark.parametrize("lanes", [8, 16])
@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_each_lane_of_a_gather_is_loaded_by_its_own_instruction(
    name: str, lanes: int, plain_kernels: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("CC", name)
    monkeypatch.delenv("HALO_CFLAGS")
    target = Target("x86-64-v3")
    place = plain_kernels.index(lanes)
    value = Load(Float(32, lanes), "a", Load(Int(64, lanes), "at", place))
    body = plain_kernels.loop(3, Store("out", value, place))
    f = plain_kernels.function(body, {"a": Float(32), "at": Int(64)}, {"out": Float(32)})
    source = tmp_path / "gather.c"
    source.write_text(codegen.emit_c(plain_kernels.module(f), target).text)
    compiler = find_compiler()
    words = [*compiler.command, *compile_flags(compiler, target), "-S", "-o", "-", source]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    loads = re.findall(r"\bv?(?:movss|insertps|movd|pinsrd)\b[^\n]*,4\)", done.stdout)
    assert len(loads) >= lanes
