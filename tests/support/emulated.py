"""Running programs on processors that are not here, by qemu's user mode."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Cross:
    """The C compiler for another machine, and what runs its programs."""

    compiler: tuple[str, ...]
    emulator: tuple[str, ...]

    def run(self, folder: Path, *files: str) -> None:
        """Build a program of `files` in `folder` and run it there."""
        words = [*self.compiler, *files, "-static", "-fopenmp", "-lm", "-o", "program"]
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
        subprocess.run([*self.emulator, "./program"], cwd=folder, check=True, capture_output=True)


def need_arm() -> Cross:
    """Return how programs for 64-bit ARM are built and run; skip the test where they are not."""
    if shutil.which("qemu-aarch64") is None:
        pytest.skip("no qemu-aarch64 here (Debian: qemu-user)")
    if shutil.which("aarch64-linux-gnu-gcc") is None:
        pytest.skip("no aarch64-linux-gnu-gcc here (Debian: gcc-aarch64-linux-gnu)")
    return Cross(("aarch64-linux-gnu-gcc",), ("qemu-aarch64",))
