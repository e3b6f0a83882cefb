"""Code for 64-bit ARM, through a C cross compiler and through LLVM, run by qemu."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from batches import Case, build, emit, module_of, random_cases, run, table_cases
from case_program import read_results, write_program
from emulated import need_arm

import codegen
import halo as hl

ARM = hl.Target("aarch64-linux")
SQUARES = r"""
#include "squares.h"
int main(void) {
    int32_t out[4];
    halo_dim dim = {3, 4, 1};
    halo_buffer b = {out, {halo_type_int, 32}, 1, &dim};
    return squares(NULL, &b) || out[0] != 9 || out[3] != 36;
}
"""


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    """A part of the table of directives and functions; random pipelines and schedules."""
    return {**dict(islice(table_cases().items(), 1, None, 6)), **random_cases(range(320, 323))}


@pytest.mark.parametrize("backend", ["c", "llvm"])
def test_other_machines_compute_the_same_bits(
    backend: str, cases: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cross = need_arm()
    monkeypatch.setenv("HALO_CFLAGS", "-O1")
    if backend == "c":
        code = codegen.compile_object(emit(cases, ARM), ARM).read_bytes()
    else:
        code = codegen.llvm_object(module_of(cases), ARM)
    (tmp_path / "kernels.o").write_bytes(code)
    write_program(cases, tmp_path)
    cross.run(tmp_path, "main.c", "kernels.o")
    found = read_results(cases, tmp_path)
    here = build(cases)
    for name, c in cases.items():
        error, cells = found[name]
        try:
            assert (error, cells) == (0, run(c, here)), name
        except (hl.BoundsError, hl.BufferError):
            assert error and "schedule" in name  # it may compute more cells, or promise others


@pytest.mark.parametrize("backend", ["", "-llvm"])
def test_a_static_library_for_another_machine_links(backend: str, tmp_path: Path) -> None:
    cross = need_arm()
    x = hl.Var("x")
    f = hl.Func("squares")
    f[x] = x * x
    f.compile_to_static_library(tmp_path / "squares", target=hl.Target(f"aarch64-linux{backend}"))
    (tmp_path / "main.c").write_text(SQUARES)
    cross.run(tmp_path, "main.c", "squares.a")
