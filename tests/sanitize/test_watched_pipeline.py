"""Prints, requirements, traces, caches, extern stages and profiles are clean C, too."""

from __future__ import annotations

from pathlib import Path

import pytest
import watched_pipeline
from compilers import COMPILERS, complaints, need
from sanitized import SUPPORT, run_python, sanitizer_runtimes

import halo as hl


@pytest.mark.parametrize("flags", [["-O1", "-fopenmp"], ["-O1"]], ids=["OpenMP", "serial"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_c_gives_no_warning(compiler: str, flags: list[str], tmp_path: Path) -> None:
    h, n = watched_pipeline.watched()
    file = tmp_path / "watched.c"
    h.compile_to_c(file, [n], "watched", hl.Target(watched_pipeline.TARGET))
    assert not complaints(need(compiler), [*flags, "-march=native"], file)


def test_it_runs_with_the_values_of_its_formula() -> None:
    watched_pipeline.main()


def test_the_sanitizers_find_nothing(tmp_path: Path) -> None:
    need("gcc")
    if not sanitizer_runtimes():
        pytest.skip("gcc has no libasan and libubsan (Debian: libgcc-12-dev)")
    done = run_python([SUPPORT / "watched_pipeline.py"], tmp_path / "cache")
    assert done.returncode == 0, done.stderr[:4000]
