"""Building: the cache, the compiler that is missing or fails, warnings, sanitizers, the header."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import codegen
from codegen import c_build
from codegen.threads import cpu_quota
from halo.errors import CodegenError, HaloError
from halo.ir.expr import LT, Add, Broadcast, Cast, Load, Ramp, Select, Variable, const, i32
from halo.ir.lowered import Field, LoweredModule, buffer_field
from halo.ir.stmt import Allocate, ForKind, Store, block
from halo.ir.types import Bool, Float, Int, UInt
from halo.target import Target, host_target

F32 = Float(32)
COMPILERS = [c for c in ("gcc", "clang") if shutil.which(c)]


@pytest.fixture(scope="session")
def kernels(plain_kernels: Any) -> Any:
    """Kernels that are built by the C compiler."""
    return plain_kernels


def small(kernels: Any, value: float = 1.0) -> LoweredModule:
    f = kernels.function(
        kernels.loop(4, Store("o", const(F32, value), kernels.index())), {}, {"o": F32}
    )
    module: LoweredModule = kernels.module(f)
    return module


def wide(kernels: Any) -> LoweredModule:
    """Return a module that uses most kinds of helper functions."""
    lanes = 8
    x, lane = kernels.index(lanes), Ramp(kernels.X * i32(lanes), i32(1), lanes)
    near = LT(lane, Broadcast(Variable(Int(32), "n"), lanes))
    stores = []
    types = [F32, Float(16), Int(8), UInt(16), Int(64)]
    for t in types:
        v = t.with_lanes(lanes)
        value = Select(near, Add(Load(v, f"in_{t}", x), const(v, 1)), Cast(v, lane) / const(v, 3))
        stores.append(Store(f"out_{t}", value, x, near))
        stores.append(Store(f"bit_{t}", LT(value, const(v, 2)), x))
    body = Allocate(
        "tmp", F32, (Cast(kernels.index().type, Variable(Int(32), "n")),), block(*stores)
    )
    f = kernels.function(
        kernels.loop(4, body, ForKind.PARALLEL),
        {f"in_{t}": t for t in types},
        {**{f"out_{t}": t for t in types}, **{f"bit_{t}": Bool() for t in types}},
        {"n": Int(32)},
    )
    module: LoweredModule = kernels.module(f)
    return module


def test_the_second_build_calls_no_compiler(
    kernels: Any, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = codegen.build_module(small(kernels), host_target())
    monkeypatch.setattr(c_build, "_run", lambda *a: pytest.fail("the compiler ran"))
    assert codegen.build_module(small(kernels), host_target()) == first


def test_a_function_in_another_module_is_not_compiled_again(
    kernels: Any, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codegen.build_module(small(kernels), host_target())
    ran: list[list[str]] = []
    run = c_build._run

    def record(words: list[str], folder: Path) -> None:
        ran.append(words)
        run(words, folder)

    monkeypatch.setattr(c_build, "_run", record)
    other = kernels.function(Store("o", const(F32, 5), i32(0)), {}, {"o": F32}, name="other")
    module = kernels.module(other, *small(kernels).functions)
    codegen.build_module(module, host_target())
    assert ["-c" in words for words in ran] == [True, False]


def test_a_damaged_library_is_built_again(kernels: Any, own_cache: Path) -> None:
    path = codegen.build_module(small(kernels), host_target())
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    again = codegen.build_module(small(kernels), host_target())
    assert again == path and len(path.read_bytes()) == len(whole)


def test_the_cache_is_private(kernels: Any, own_cache: Path) -> None:
    codegen.build_module(small(kernels), host_target())
    assert own_cache.stat().st_mode & 0o077 == 0
    assert not [p for p in own_cache.rglob("*") if p.name.startswith(".new-")]


def test_without_a_compiler_the_error_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CodegenError, match=r"no C compiler(?s:.*)apt install gcc"):
        codegen.check_compiler()


def test_a_named_compiler_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "/nowhere/cc")
    with pytest.raises(CodegenError, match="/nowhere/cc"):
        codegen.check_compiler()


def test_a_failing_compiler_is_quoted(
    kernels: Any, own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bad cc"
    fake.write_text(
        "#!/bin/sh\n[ $1 = --version ] && exec echo bad 1.0\necho 'x: error: no' >&2\nexit 3\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("CC", f"'{fake}'")
    with pytest.raises(
        CodegenError, match=r"failed with code 3(?s:.*)error: no(?s:.*)kept in (.*)"
    ) as e:
        codegen.build_module(small(kernels), host_target())
    kept = Path(e.value.hint.removeprefix("the source was kept in "))
    assert (kept / "unit.c").exists()
    shutil.rmtree(kept)


def test_what_runs_is_marked_hot(kernels: Any) -> None:
    text = codegen.emit_c(wide(kernels), host_target()).text
    assert "HALO_PUBLIC HALO_HOT int32_t" in text


@pytest.mark.parametrize("cc", COMPILERS)
@pytest.mark.parametrize("flags", [["-O1"], ["-O1", "-fopenmp", "-march=native"]], ids=" ".join)
def test_the_c_compiles_without_warnings(
    kernels: Any, tmp_path: Path, cc: str, flags: list[str]
) -> None:
    if cc == "clang" and "-fopenmp" in flags:
        flags = ["-O1", "-march=native"]
    source = codegen.emit_c(wide(kernels), host_target())
    (tmp_path / "k.c").write_text(source.text)
    words = [cc, "-c", "k.c", "-Wall", "-Wextra", "-Werror", *flags]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_header_compiles_as_c_and_as_cpp(kernels: Any, tmp_path: Path) -> None:
    (tmp_path / "k.h").write_text(codegen.emit_header(wide(kernels)))
    compiler = codegen.check_compiler().command[0]
    for language in ("c", "c++"):
        (tmp_path / "u").write_text(
            '#include "k.h"\n#include "k.h"\nint f(void) { return halo_ok; }\n'
        )
        words = [compiler, "-x", language, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "u"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        if language == "c++" and "cc1plus" in done.stderr:
            pytest.skip("no C++ compiler")
        assert done.returncode == 0, done.stderr


MAIN = """
#include "k.h"
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    halo_context ctx = {0};
    halo_buffer b[15];
    static const halo_type types[5] = {{2, 32}, {2, 16}, {0, 8}, {1, 16}, {0, 64}};
    halo_dim dim = {0, 32, 1};
    for (int i = 0; i < 15; ++i) {
        halo_type t = i < 10 ? types[i % 5] : (halo_type){1, 1};
        b[i] = (halo_buffer){calloc(32, (t.bits + 7) / 8), t, 1, &dim};
    }
    int e = kernel(&ctx, 29, &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &b[6], &b[7], &b[8],
                   &b[9], &b[10], &b[11], &b[12], &b[13], &b[14]);
    printf("%d %s%g\\n", e, ctx.error, ((float *)b[5].host)[28]);
    b[3].type.bits = 8;
    e = kernel(&ctx, 29, &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &b[6], &b[7], &b[8],
               &b[9], &b[10], &b[11], &b[12], &b[13], &b[14]);
    printf("%d %s\\n", e, ctx.error);
    for (int i = 0; i < 15; ++i) free(b[i].host);
    return 0;
}
"""


def test_a_c_program_runs_clean_under_the_sanitizers(kernels: Any, tmp_path: Path) -> None:
    source = codegen.emit_c(wide(kernels), host_target())
    for name, text in (("k.c", source.text), ("k.h", source.header), ("main.c", MAIN)):
        (tmp_path / name).write_text(text)
    compiler = codegen.check_compiler().command[0]
    words = [compiler, "k.c", "main.c", "-o", "prog", "-O1", "-fsanitize=address,undefined"]
    words += ["-fno-sanitize-recover=all", "-march=native", "-Wno-psabi", "-lm"]
    built = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    if "cannot find" in built.stderr:
        pytest.skip("no sanitizers here")
    assert built.returncode == 0, built.stderr
    ran = subprocess.run([tmp_path / "prog"], capture_output=True, text=True, check=False)
    assert ran.stderr == "" and ran.returncode == 0
    assert ran.stdout == "0 1\n2 input 'in_uint16': expected uint16, got uint8\n"


FORK = """
import os, sys, numpy as np, codegen
from halo.ir.types import Float
library = codegen.Library({path!r}, ["int32_t kernel(halo_context *ctx, const halo_buffer *o)"])
def run():
    a = np.zeros(64, np.float32)
    library.call("kernel", codegen.make_buffer(a.ctypes.data, Float(32), [(0, 64, 1)]), threads=4)
    return int(a[63])
print(run(), flush=True)
child = os.fork()
if child == 0:
    print(run(), codegen.available_threads(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


def test_a_forked_child_runs_on_one_thread_instead_of_hanging(kernels: Any) -> None:
    extent = buffer_field("o", Field.EXTENT, 0)
    body = kernels.loop(extent, Store("o", Cast(F32, kernels.X), kernels.index()), ForKind.PARALLEL)
    module = kernels.module(kernels.function(body, {}, {"o": F32}))
    path = codegen.build_module(module, host_target())
    root = str(Path(codegen.__file__).parent.parent)
    ran = subprocess.run(
        [sys.executable, "-c", FORK.format(path=str(path))],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip
    assert ran.stdout.split() == ["63", "63", "1"], ran.stderr


def test_without_openmp_a_parallel_loop_is_serial(kernels: Any) -> None:
    module = small(kernels, 3.0)
    library = codegen.compile_module(module, host_target(), threads=False)
    out = np.zeros(4, np.float32)
    library.call("kernel", kernels.buffer(F32, out))
    assert out.tolist() == [3] * 4


def test_the_container_quota_limits_the_threads(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert cpu_quota(tmp_path) == 1.5
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert cpu_quota(tmp_path) is None


def test_the_user_sets_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALO_NUM_THREADS", "3")
    assert codegen.available_threads() == 3
    monkeypatch.delenv("HALO_NUM_THREADS")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert codegen.available_threads() == 1


def test_targets_know_their_vectors() -> None:
    assert Target.parse("x86-64-v4").natural_vector_size(F32) == 16
    assert Target.parse("x86-64-v3").natural_vector_size(UInt(8)) == 32
    assert Target("x86-64").natural_vector_size(Float(64)) == 2
    assert str(Target.parse("host")) == "host" and host_target() == Target.parse("")
    with pytest.raises(HaloError, match="unknown target 'z80'"):
        Target.parse("z80")
