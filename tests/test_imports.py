"""Whichever module is imported first, the others follow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("halo", "codegen", "schedules", "onnx_frontend")
HEAVY = ("islpy", "llvmlite", "onnx", "click", "PIL", "onnxruntime")

IMPORT_ALL = """
import importlib, json, sys
for name in json.loads(sys.stdin.read()):
    importlib.import_module(name)
"""


def modules() -> list[str]:
    found: list[str] = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return [name for name in found if not name.endswith("__main__")]


def run(code: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("first", PACKAGES)
def test_a_fresh_interpreter_imports_any_package_first_and_then_every_module(first: str) -> None:
    """Python runs the package before the module, so no other order of imports can arise."""
    run(IMPORT_ALL, json.dumps([first, *modules()]))


def test_importing_halo_loads_nothing_heavy() -> None:
    loaded = run(f"import sys, halo; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert loaded.strip() == "[]"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()
