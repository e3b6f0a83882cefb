"""LLVM gives the bits that C gives, for any schedule and any number of threads."""

from __future__ import annotations

from itertools import islice

import pytest
from batches import Case, build, module_of, random_cases, run, table_cases

import codegen
import halo as hl

SEEDS = range(300, 304)


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    """A quarter of the table of directives and functions; random pipelines and schedules."""
    return {**dict(islice(table_cases().items(), 0, None, 4)), **random_cases(SEEDS)}


def bits(cases: dict[str, Case], functions: codegen.Functions) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for name, c in cases.items():
        try:
            made[name] = run(c, functions)
        except hl.BoundsError:
            assert "schedule" in name  # a random one may compute more than is asked for
    assert len(made) > len(cases) // 2
    return made


def test_llvm_and_c_compute_the_same_bits(
    cases: dict[str, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HALO_CFLAGS", "-O1")
    by_c = bits(cases, build(cases))
    by_llvm = codegen.compile_module(module_of(cases), hl.Target("host-llvm"))
    for threads in (1, 2, 7):
        monkeypatch.setenv("HALO_NUM_THREADS", str(threads))
        got = bits(cases, by_llvm)
        assert got.keys() == by_c.keys()
        assert [name for name in got if got[name] != by_c[name]] == []
