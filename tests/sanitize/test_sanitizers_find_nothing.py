"""The emitted C runs clean under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

import pytest
from compilers import need
from sanitized import ROOT, SUPPORT, run_python, sanitizer_runtimes

PROGRAM = SUPPORT / "sanitized.py"
FOLDERS = ["apps", "codegen", "errors", "ir_math", "lang", "lowering", "onnx", "ops", "schedule"]
"""Those whose tests run emitted C."""
LARGE = {"tests/onnx/test_real_models.py"}
"""Whole networks: without optimisation they would run for long."""
FILES = sorted(
    str(p.relative_to(ROOT)) for f in FOLDERS for p in (ROOT / "tests" / f).glob("test_*.py")
)
NOTHING_RAN = 5
"""What pytest ends with where all tests of a file are long ones."""


@pytest.fixture(autouse=True)
def _sanitizers() -> None:
    need("gcc")
    if not sanitizer_runtimes():
        pytest.skip("gcc has no libasan and libubsan (Debian: libgcc-12-dev)")


def report(done: CompletedProcess[str]) -> str:
    """Return the kernel at fault and the beginning of what was said about it."""
    last = (done.stdout.strip().splitlines() or ["nothing ran"])[-1]
    return f"{last}\n{done.stderr[:4000]}"


@pytest.mark.parametrize(
    ("kind", "finding"),
    [("address", "AddressSanitizer"), ("overflow", "signed integer overflow")],
)
def test_the_sanitizers_see_a_broken_kernel(kind: str, finding: str, tmp_path: Path) -> None:
    done = run_python([PROGRAM, "broken", kind], tmp_path / "cache")
    assert done.returncode != 0
    assert finding in done.stderr


@pytest.mark.parametrize(
    "kernels", ["a third of the table", pytest.param("the table", marks=pytest.mark.long)]
)
def test_every_directive_and_type_runs_clean(kernels: str, tmp_path: Path) -> None:
    done = run_python([PROGRAM, kernels], tmp_path / "cache")
    assert done.returncode == 0, report(done)


def test_random_schedules_run_clean(tmp_path: Path) -> None:
    done = run_python([PROGRAM, "random", "8", "20", "1"], tmp_path / "cache")
    assert done.returncode == 0, report(done)


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 200, 20))
def test_many_random_schedules_run_clean(first: int, tmp_path: Path) -> None:
    done = run_python([PROGRAM, "random", f"{first}", f"{first + 20}", "5"], tmp_path / "cache")
    assert done.returncode == 0, report(done)


@pytest.mark.long
@pytest.mark.parametrize("file", FILES)
def test_the_tests_themselves_run_clean(file: str, tmp_path: Path) -> None:
    # What a sanitizer says when it ends the process, pytest must not have captured.
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--capture=sys", ROOT / file]
    optimise = "-O1" if file in LARGE else "-O0"
    done = run_python(words, tmp_path / "cache", optimise=optimise)
    assert done.returncode in (0, NOTHING_RAN), done.stdout[-4000:] + done.stderr[:4000]
