"""Files that a compilation writes: what is in them, and that a C program links with them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import halo as hl
from codegen import find_compiler

x, y = hl.vars("x y")
Kind = hl.OutputFileType

MAIN = r"""
#include "scaled.h"
#include <stdio.h>
int main(void) {
    int32_t in[4] = {1, 2, 3, 4}, out[3] = {0, 0, 0};
    halo_dim in_dim = {0, 4, 1}, out_dim = {0, 3, 1};
    halo_buffer a = {in, {halo_type_int, 32}, 1, &in_dim};
    halo_buffer b = {out, {halo_type_int, 32}, 1, &out_dim};
    halo_context ctx = {0};
    if (scaled(&ctx, &a, 10, &b)) { puts(ctx.error); return 1; }
    printf("%d %d %d\n", (int)out[0], (int)out[1], (int)out[2]);
    out_dim.extent = 9;
    return scaled(&ctx, &a, 10, &b) == halo_error_out_of_bounds ? 0 : 2;
}
"""


def scaled() -> tuple[hl.Func, list[hl.ImageParam | hl.Param]]:
    source, factor = hl.ImageParam(hl.Int(32), 1), hl.Param(hl.Int(32))
    f = hl.Func("scaled")
    f[x] = source[x + 1] * factor
    return f, [source, factor]


def run_c(folder: Path, *files: str, compiler: tuple[str, ...] | None = None) -> str:
    (folder / "main.c").write_text(MAIN)
    command = [*(compiler or find_compiler().command), "main.c", *files, "-fopenmp", "-lm"]
    subprocess.run([*command, "-o", "run"], cwd=folder, check=True)
    return subprocess.run(["./run"], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_a_static_library_links_into_a_c_program(tmp_path: Path) -> None:
    f, args = scaled()
    f.vectorize(x, 4, hl.TailStrategy.GuardWithIf)
    f.compile_to_static_library(tmp_path / "scaled", args, "scaled")
    assert sorted(os.listdir(tmp_path)) == ["scaled.a", "scaled.h"]
    assert run_c(tmp_path, "scaled.a") == "20 30 40\n"


def test_an_object_file_links_into_a_c_program(tmp_path: Path) -> None:
    f, args = scaled()
    f.compile_to_file(tmp_path / "scaled", args, "scaled")
    assert sorted(os.listdir(tmp_path)) == ["scaled.h", "scaled.o"]
    assert run_c(tmp_path, "scaled.o") == "20 30 40\n"


def test_the_c_compiles_into_a_c_program(tmp_path: Path) -> None:
    f, args = scaled()
    files = {Kind.c_source: tmp_path / "code.c", Kind.c_header: tmp_path / "scaled.h"}
    f.compile_to(files, args, "scaled")
    assert run_c(tmp_path, "code.c") == "20 30 40\n"


@pytest.mark.parametrize("compiler", ["gcc", "g++", "clang", "clang++"])
def test_the_header_is_clean(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} here")
    f, args = scaled()
    f.compile_to_header(tmp_path / "scaled.h", args, "scaled")
    plus = compiler.endswith("++")
    user = tmp_path / ("user.cpp" if plus else "user.c")
    user.write_text('#include "scaled.h"\n#include "scaled.h"\n')
    flags = ["-Wall", "-Wextra", "-pedantic", "-Werror", f"-std={'c++11' if plus else 'c99'}"]
    subprocess.run([compiler, *flags, "-c", user, "-o", tmp_path / "u.o"], check=True)


def test_assembly_names_the_function(tmp_path: Path) -> None:
    f, args = scaled()
    f.compile_to_assembly(tmp_path / "f.s", args, "scaled")
    assert "scaled:" in (tmp_path / "f.s").read_text()


def test_statements_are_written_before_and_after_memory_is_flat(tmp_path: Path) -> None:
    f, args = scaled()
    f.compile_to_lowered_stmt(tmp_path / "f.stmt", args)
    f.compile_to_conceptual_stmt(tmp_path / "f.loops", args)
    assert f"{f.name()}[" in (tmp_path / "f.stmt").read_text()
    assert f"{f.name()}(" in (tmp_path / "f.loops").read_text()


def test_a_schedule_is_written_as_data(tmp_path: Path) -> None:
    f, args = scaled()
    f.unroll(x, 2)
    f.compile_to({Kind.schedule: tmp_path / "s.json"}, args)
    assert hl.Schedule.from_json((tmp_path / "s.json").read_text()) == f.schedule()


def test_without_arguments_those_that_are_used_are_taken(tmp_path: Path) -> None:
    f, (source, factor) = scaled()
    f.compile_to_header(tmp_path / "f.h", fn_name="scaled")
    text = (tmp_path / "f.h").read_text()
    declared = text.partition("int32_t scaled(")[2]
    names = [n.replace("$", "_") for n in (source.name(), factor.name(), f.name())]
    assert [w for w in re.findall(r"\w+", declared) if w in names] == names


def test_an_argument_that_is_not_used_is_still_one(tmp_path: Path) -> None:
    f, args = scaled()
    spare = hl.Param(hl.Float(32), "spare")
    f.compile_to_header(tmp_path / "f.h", [spare, *args], "scaled")
    assert (
        "scaled(halo_context *ctx, float spare, const halo_buffer" in (tmp_path / "f.h").read_text()
    )


@pytest.mark.parametrize("size", [5, 3000], ids=["small", "large"])
def test_buffers_become_part_of_the_code(size: int, tmp_path: Path) -> None:
    table = np.arange(2 * size, dtype=np.int32)[::2] ** 2  # every other element of memory
    weights = hl.Buffer(table)
    weights.set_min([1])
    f = hl.Func("scaled")
    source, factor = hl.ImageParam(hl.Int(32), 1), hl.Param(hl.Int(32))
    f[x] = source[x] * factor + weights[x + 1]
    f.compile_to_static_library(tmp_path / "scaled", [source, factor], "scaled")
    assert run_c(tmp_path, "scaled.a") == "10 24 46\n"
    f.compile_to_c(tmp_path / "code.c", [source, factor], "scaled")
    (tmp_path / "scaled.a").unlink()
    assert run_c(tmp_path, "code.c") == "10 24 46\n"
    assert (tmp_path / "code.bin").exists() == (size > 5)


def test_a_pipeline_writes_one_function_for_all_outputs(tmp_path: Path) -> None:
    f, g = hl.Func("sum"), hl.Func("difference")
    f[x, y], g[x, y] = x + y, x - y
    hl.Pipeline([f, g]).compile_to_header(tmp_path / "both.h", [], "both")
    text = (tmp_path / "both.h").read_text()
    assert text.count("const halo_buffer *") == 2 and "int32_t both(" in text


def test_files_are_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    f, args = scaled()
    (tmp_path / "f.c").write_text("previous")
    f.compile_to_c(tmp_path / "f.c", args)
    assert os.listdir(tmp_path) == ["f.c"] and "previous" not in (tmp_path / "f.c").read_text()
    assert (tmp_path / "f.c").stat().st_mode & 0o400


def test_a_failed_compilation_leaves_the_old_file(tmp_path: Path) -> None:
    f, args = scaled()
    (tmp_path / "f.c").write_text("previous")
    with pytest.raises(hl.DefinitionError, match="the arguments lack"):
        f.compile_to_c(tmp_path / "f.c", args[:1])
    assert (tmp_path / "f.c").read_text() == "previous"


def test_a_func_may_be_written_before_and_after_it_is_realized(tmp_path: Path) -> None:
    f, (source, factor) = scaled()
    f.compile_to_header(tmp_path / "a.h", [source, factor], "same")
    source.set(np.arange(4, dtype=np.int32))
    factor.set(2)
    assert np.asarray(f.realize([3])).tolist() == [2, 4, 6]
    f.compile_to_header(tmp_path / "b.h", [source, factor], "same")
    assert (tmp_path / "a.h").read_text() == (tmp_path / "b.h").read_text()
