"""Every module can be the first one that is imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("halo", "codegen", "schedules", "onnx_frontend")
HEAVY = ("islpy", "llvmlite", "onnx", "cffi", "click", "PIL", "onnxruntime")

EACH_FIRST = """
import importlib, json, sys, traceback

failed = {}
for name in json.loads(sys.stdin.read()):
    for loaded in [m for m in sys.modules if m.split(".")[0] in %r]:
        del sys.modules[loaded]
    try:
        importlib.import_module(name)
    except Exception:
        failed[name] = traceback.format_exc()
print(json.dumps(failed))
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


def test_each_module_can_be_imported_before_all_others() -> None:
    failed = json.loads(run(EACH_FIRST % (PACKAGES,), json.dumps(modules())))
    assert not failed, "\n".join(f"{name}:\n{trace}" for name, trace in failed.items())


def test_importing_halo_loads_nothing_heavy() -> None:
    loaded = run(f"import sys, halo; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert loaded.strip() == "[]"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()
