"""The emitted C gives no warning, whatever the compiler, its flags and the machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from batches import Case, emit, random_cases, table_cases, third
from compilers import COMPILERS, complaints, need
from small_model import small_model_c

import codegen
from halo.target import LEVELS, Target, host_target

RANDOM = 20
SAMPLE = ["blur, compute_at tile", "blur, sliding window in strips", "reduction, register tile"]
"""Kernels for the variants that are tried on a few."""


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    """Every directive, every type, random pipelines with random schedules."""
    return {**table_cases(), **random_cases(range(RANDOM))}


@pytest.fixture(scope="module")
def sample(cases: dict[str, Case]) -> dict[str, Case]:
    """Of every kind of `cases` a few."""
    names = [n for i, n in enumerate(cases) if n in SAMPLE or n.endswith("x7") or i % 16 == 0]
    return {n: cases[n] for n in names}


def write(source: codegen.CSource, folder: Path) -> Path:
    """Write the files of `source`; return the C file."""
    file = folder / f"{source.name}.c"
    file.write_text(source.text, encoding="utf-8")
    (folder / f"{source.name}.h").write_text(source.header, encoding="utf-8")
    if source.blob:
        (folder / source.blob_name).write_bytes(source.blob)
    return file


@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_kernel_compiles_without_a_warning(
    compiler: str, cases: dict[str, Case], tmp_path: Path
) -> None:
    file = write(emit(cases), tmp_path)
    assert not complaints(need(compiler), ["-O0", "-march=native", "-fopenmp"], file)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_look_at_all_flows_finds_nothing_to_warn_of(
    compiler: str, cases: dict[str, Case], tmp_path: Path
) -> None:
    file = write(emit(third(cases)), tmp_path)
    assert not complaints(need(compiler), ["-O1", "-march=native", "-fopenmp"], file)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_without_openmp_there_is_no_warning(
    compiler: str, sample: dict[str, Case], tmp_path: Path
) -> None:
    file = write(emit(sample), tmp_path)
    assert not complaints(need(compiler), ["-O1", "-march=native"], file)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("level", ["x86-64", "x86-64-v3"])
def test_older_machines_get_no_warning(
    compiler: str, level: str, sample: dict[str, Case], tmp_path: Path
) -> None:
    if host_target().machine != "x86-64":
        pytest.skip("the compilers here do not build for x86-64")
    file = write(emit(sample, Target(level)), tmp_path)
    assert not complaints(need(compiler), ["-O1", f"-march={level}", "-fopenmp"], file)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_optimiser_finds_nothing_to_warn_of(
    compiler: str, cases: dict[str, Case], tmp_path: Path
) -> None:
    file = write(emit({n: cases[n] for n in SAMPLE}), tmp_path)
    assert not complaints(need(compiler), ["-O3", "-march=native", "-fopenmp"], file)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_model_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    file = write(small_model_c(host_target()), tmp_path)
    assert not complaints(need(compiler), ["-O2", "-march=native", "-fopenmp"], file)


@pytest.mark.parametrize("compiler", ["gcc", "clang", "g++", "clang++"])
def test_the_header_suits_c_and_c_plus_plus(
    compiler: str, sample: dict[str, Case], tmp_path: Path
) -> None:
    header = write(emit(sample), tmp_path).with_suffix(".h")
    plus = compiler.endswith("++")
    user = tmp_path / ("user.cpp" if plus else "user.c")
    user.write_text(f'#include "{header.name}"\n#include "{header.name}"\n', encoding="utf-8")
    standard = "c++11" if plus else "c99"  # a caller may have no newer one
    assert not complaints(need(compiler), ["-pedantic"], user, standard)


@pytest.mark.long
@pytest.mark.parametrize("level", ["host", *LEVELS])
@pytest.mark.parametrize("optimise", ["-O0", "-O1", "-O2", "-O3", "-Os"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_no_flag_brings_a_warning(
    compiler: str, optimise: str, level: str, cases: dict[str, Case], tmp_path: Path
) -> None:
    if level != "host" and host_target().machine != "x86-64":
        pytest.skip("the compilers here do not build for x86-64")
    more = random_cases(range(RANDOM, 5 * RANDOM), schedules=3)
    march = "native" if level == "host" else level
    file = write(emit({**cases, **more}, Target(level)), tmp_path)
    for openmp in (["-fopenmp"], []):
        flags = [optimise, f"-march={march}", *openmp]
        assert not complaints(need(compiler), flags, file), flags
    shutil.rmtree(tmp_path)
