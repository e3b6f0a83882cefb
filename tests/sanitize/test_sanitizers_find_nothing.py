"""The emitted C runs clean under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

import pytest
from compilers import need
from sanitized import ROOT, SUPPORT, run_python, sanitizer_runtimes

PROGRAM = SUPPORT / "sanitized.py"
VALUE_TESTS = [
    "tests/lowering/test_schedules_keep_values.py",
    "tests/codegen",
    "tests/ir_math/test_math_in_c.py",
    "tests/lowering/test_folded_storage.py",
    "tests/lowering/test_hoisted_storage.py",
    "tests/lowering/test_precompute.py",
    "tests/lowering/test_prefetch.py",
    "tests/lowering/test_promised_bounds.py",
    "tests/lowering/test_storage_layouts.py",
    "tests/lowering/test_stream_stores.py",
]


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


def test_every_directive_and_type_runs_clean(tmp_path: Path) -> None:
    done = run_python([PROGRAM, "table"], tmp_path / "cache")
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
@pytest.mark.parametrize("tests", VALUE_TESTS)
def test_the_tests_of_values_run_clean(tests: str, tmp_path: Path) -> None:
    words = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", ROOT / tests]
    done = run_python(words, tmp_path / "cache")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[:4000]
