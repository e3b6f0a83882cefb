"""LLVM as the back end: how it is chosen, what it makes, and what it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import codegen
import halo as hl
from codegen.llvm_jit import JitFunctions
from codegen.llvm_runtime import made_digest, sources_digest
from halo.ir.expr import const, i64
from halo.ir.lowered import LoweredModule
from halo.ir.stmt import Store
from halo.ir.types import Float
from halo.lowering import Request, lower
from halo.target import WITH_LLVM

ROOT = Path(__file__).resolve().parents[2]
LLVM = hl.Target("host-llvm")
x, y = hl.Var("x"), hl.Var("y")


def _module(f: hl.Func) -> LoweredModule:
    return LoweredModule("f", (lower(Request("f", [f.function], f.schedule())).func,))


def ramp() -> hl.Func:
    f = hl.Func("f")
    f[x] = x * 3
    return f


def test_the_target_chooses_llvm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALO_BACKEND", "c")
    assert codegen.backend_of(LLVM) == "llvm" and codegen.backend_of(hl.Target("host")) == "c"


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALO_BACKEND", "llvm")
    assert codegen.backend_of(hl.Target("host")) == "llvm"
    monkeypatch.setenv("HALO_BACKEND", "pascal")
    with pytest.raises(hl.CodegenError, match="'pascal', which is no back end"):
        ramp().realize([3])


def test_each_back_end_is_compiled_for_once_it_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    f = ramp()
    for name in ("c", "llvm"):
        monkeypatch.setenv("HALO_BACKEND", name)
        assert np.array(f.realize([4])).tolist() == [0, 3, 6, 9]


@pytest.mark.usefixtures("without_compiler")
def test_without_a_c_compiler_pipelines_run_through_llvm() -> None:
    assert codegen.backend_of(hl.Target("host")) == "llvm"
    f = hl.Func("f")
    f[x, y] = hl.sqrt(hl.f32(x * y))
    f.vectorize(x, 8).parallel(y)
    want = np.sqrt(np.multiply.outer(np.arange(9), np.arange(20)).astype(np.float32))
    np.testing.assert_array_equal(np.array(f.realize([20, 9])), want)


def test_what_was_compiled_is_found_again(
    own_cache: Path, kernels: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = kernels.module(
        kernels.function(Store("o", const(Float(32), 1), i64(0)), {}, {"o": Float(32)})
    )
    codegen.compile_module(module, LLVM)
    monkeypatch.setattr("codegen.llvm_jit.optimize", None)  # nothing is compiled any more
    out = np.zeros(1, np.float32)
    codegen.compile_module(module, LLVM).call("kernel", kernels.buffer(Float(32), out))
    assert out[0] == 1


def test_functions_are_dropped_with_what_holds_them() -> None:
    for _ in range(3):
        made = codegen.compile_module(_module(ramp()), LLVM)
        assert isinstance(made, JitFunctions)
        out = np.zeros(5, np.int32)
        made.call("f", codegen.make_buffer(out.ctypes.data, hl.Int(32), [(0, 5, 1)]))
        assert out.tolist() == [0, 3, 6, 9, 12]
        del made


@pytest.mark.parametrize("machine", sorted(WITH_LLVM))
def test_the_kept_runtime_is_that_of_the_c(machine: tuple[str, str]) -> None:
    assert made_digest(*machine) == sources_digest(), (
        "codegen/runtime changed: run 'make runtime' (it needs clang) and commit what it wrote"
    )


PROGRAM = """
import os, sys, numpy as np
import halo as hl
x, y = hl.Var("x"), hl.Var("y")
f = hl.Func("f")
f[x, y] = x * y
f.parallel(y)
want = np.multiply.outer(np.arange(32), np.arange(32))
assert (np.array(f.realize([32, 32])) == want).all()
child = os.fork()
if not child:
    os._exit(0 if (np.array(f.realize([32, 32])) == want).all() else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_a_child_forked_after_a_parallel_loop_computes_alone() -> None:
    environment = {
        **os.environ, "HALO_BACKEND": "llvm", "HALO_NUM_THREADS": "4", "PYTHONPATH": str(ROOT)
    }  # fmt: skip
    words = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_threads_of_python_share_the_pool() -> None:
    f = hl.Func("f")
    f[x, y] = x * 7 - y
    f.parallel(y).vectorize(x, 4)
    f.compile_jit(LLVM)
    want = np.array(f.realize([64, 64], LLVM))
    found: list[bool] = []

    def run() -> None:
        for _ in range(50):
            found.append(bool((np.array(f.realize([64, 64], LLVM)) == want).all()))

    workers = [threading.Thread(target=run) for _ in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert found == [True] * 200


C_PROGRAM = """
#include "squares.h"
#include <stdio.h>
int main(void) {
    int32_t out[40];
    halo_dim dim[2] = {{0, 8, 1}, {0, 5, 8}};
    halo_buffer buffer = {out, {halo_type_int, 32}, 2, dim};
    halo_context ctx = {0};
    if (squares(&ctx, &buffer)) return puts(ctx.error), 1;
    for (int i = 0; i < 40; ++i)
        if (out[i] != (i % 8) * (i % 8) - i / 8) return 2;
    buffer.dimensions = 1;
    return squares(&ctx, &buffer) == halo_error_bad_dimensions ? 0 : 3;
}
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="the program is linked by a C compiler")
def test_object_files_need_nothing_of_openmp(tmp_path: Path) -> None:
    f = hl.Func("f")
    f[x, y] = x * x - y
    f.parallel(y).vectorize(x, 8)
    f.compile_to_file(tmp_path / "squares", [], "squares", LLVM)
    (tmp_path / "main.c").write_text(C_PROGRAM)
    words = ["cc", "main.c", "squares.o", "-pthread", "-o", "main"]
    subprocess.run(words, cwd=tmp_path, check=True)
    environment = {**os.environ, "HALO_NUM_THREADS": "3"}
    assert subprocess.run([tmp_path / "main"], env=environment, check=False).returncode == 0


@pytest.mark.usefixtures("without_compiler")
def test_files_are_written_without_a_compiler(tmp_path: Path) -> None:
    kinds = hl.OutputFileType
    asked = (kinds.object, kinds.assembly, kinds.llvm_assembly, kinds.bitcode)
    ramp().compile_to({k: tmp_path / f"f{k.value}" for k in asked}, [], "ramp")
    assert (tmp_path / "f.o").read_bytes()[:4] == b"\x7fELF"
    assert "ramp:" in (tmp_path / "f.s").read_text()
    assert "define i32 @ramp(" in (tmp_path / "f.ll").read_text()
    assert (tmp_path / "f.bc").read_bytes()[:2] == b"BC"


def test_what_needs_an_assembler_is_left_out_of_code_for_other_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x86 = hl.Target("x86-64-linux-llvm")
    module = _module(ramp())
    monkeypatch.setattr(hl.Target, "is_native", lambda self: False)
    assert b"xgetbv" not in codegen.llvm_text(module, x86)
    assert codegen.llvm_object(module, x86)[:4] == b"\x7fELF"
    levels = [(hl.Target(f"x86-64-{v}-llvm"), module) for v in ("v2", "v3")]
    with pytest.raises(hl.CodegenError, match="cannot ask a processor what it has"):
        codegen.compile_versions(levels)


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_sum_of_bools_is_true_where_one_of_them_is(lanes: int) -> None:
    a, b = (hl.Buffer(np.array(cells, np.int32)) for cells in ([0, 0, 1, 1], [0, 1, 0, 1]))
    p, q = a[x] > 0, b[x] > 0
    wanted = [False, True, True, True], [False, True, True, False], [False, False, False, True]
    for value, cells in zip((p + q, p - q, p * q), wanted, strict=True):
        f = hl.Func("f")
        f[x] = value
        if lanes > 1:
            f.vectorize(x, lanes)
        for target in (LLVM, hl.Target("host")):
            assert np.asarray(f.realize([4], target)).tolist() == cells


def test_small_places_are_taken_out_of_words_by_their_own_bits() -> None:
    """Of pairs of places as vectors of one word LLVM loses the mask of the first."""
    rng = np.random.default_rng(0)
    places = rng.integers(0, 5, (7, 2)).astype(np.int32)
    table = np.arange(35, dtype=np.float32)
    given, source, f = hl.Buffer(places), hl.Buffer(table), hl.Func("f")
    near = hl.select(given[x, y] < 0, given[x, y] + 5, given[x, y])
    f[x, y] = source[hl.clamp(near, 0, 4) + y * 5]
    f.bound(x, 0, 2).bound(y, 0, 7).vectorize(x, 2).unroll(y)
    want = np.take_along_axis(table.reshape(7, 5), places, 1)
    np.testing.assert_array_equal(np.asarray(f.realize([2, 7], LLVM)), want)
