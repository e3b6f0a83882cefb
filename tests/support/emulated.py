"""Running programs on processors that are not here, by qemu's user mode."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def need_x86(processor: str) -> tuple[str, ...]:
    """Return the words that run a program on an x86-64 `processor`; skip the test without qemu."""
    if shutil.which("qemu-x86_64") is None:
        pytest.skip("no qemu-x86_64 here (Debian: qemu-user)")
    return ("qemu-x86_64", "-cpu", processor)


def run_on_x86(program: Path, processor: str) -> str:
    """Return what `program` prints on an x86-64 `processor` that qemu knows."""
    words = [*need_x86(processor), str(program)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
