"""The bits do not depend on the compiler, on what it optimises, nor on the number of threads."""

from __future__ import annotations

from pathlib import Path

import pytest
from batches import Case, build, random_cases, run, table_cases, third
from compilers import need, need_openmp

import halo as hl

THREADS = [1, 2, 7]
SEEDS = range(300, 310)


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    """A third of the table; random pipelines, as they are and with a random schedule."""
    return {**third(table_cases()), **random_cases(SEEDS)}


def bits(
    cases: dict[str, Case], patch: pytest.MonkeyPatch, compiler: str, threads: int, flags: str
) -> dict[str, bytes]:
    """Return what each case computes when built by `compiler` and run on `threads` threads."""
    patch.setenv("CC", compiler)
    patch.setenv("HALO_CFLAGS", flags)
    patch.setenv("HALO_NUM_THREADS", str(threads))
    library = build(cases)
    made: dict[str, bytes] = {}
    for name, c in cases.items():
        try:
            made[name] = run(c, library)
        except (hl.BoundsError, hl.BufferError):
            assert "schedule" in name  # it may compute more cells, or promise other mins
    assert len(made) > len(cases) // 2
    return made


def differing(a: dict[str, bytes], b: dict[str, bytes]) -> list[str]:
    """Return the names of the cases that differ."""
    assert a.keys() == b.keys()
    return [name for name in a if a[name] != b[name]]


def test_gcc_and_clang_compute_the_same_bits(
    cases: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("gcc")
    need_openmp("clang", tmp_path)
    gcc = bits(cases, monkeypatch, "gcc", 2, "-O1")
    clang = bits(cases, monkeypatch, "clang", 2, "-O1")
    assert not differing(gcc, clang)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_number_of_threads_keeps_the_bits(
    compiler: str, cases: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_openmp(compiler, tmp_path)
    alone = bits(cases, monkeypatch, compiler, 1, "-O1")
    for threads in THREADS[1:]:
        assert not differing(alone, bits(cases, monkeypatch, compiler, threads, "-O1"))


@pytest.mark.long
@pytest.mark.parametrize("flags", ["-O0", "-O2", "-O3", "-O3 -march=x86-64-v3", "-fno-openmp"])
@pytest.mark.parametrize("first", range(400, 600, 50))
def test_no_flag_changes_the_bits(
    first: int, flags: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("gcc")
    need_openmp("clang", tmp_path)
    cases = {**random_cases(range(first, first + 50), schedules=3), **table_cases()}
    plain = bits(cases, monkeypatch, "gcc", 1, "-O1")
    for compiler in ("gcc", "clang"):
        assert not differing(plain, bits(cases, monkeypatch, compiler, 7, flags))
