"""Running programs on processors that are not here, by qemu's user mode."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


def _need_emulator(name: str) -> None:
    """Skip the test unless `name` is here and can run programs."""
    if shutil.which(name) is None:
        pytest.skip(f"no {name} here (Debian: qemu-user)")
    if "libasan" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip(f"the map of memory that a sanitizer makes is more than {name} can hold")


def need_x86(processor: str) -> tuple[str, ...]:
    """Return the words that run a program on an x86-64 `processor`; skip the test without qemu."""
    _need_emulator("qemu-x86_64")
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
    _need_emulator("qemu-aarch64")
    if shutil.which("aarch64-linux-gnu-gcc") is None:
        pytest.skip("no aarch64-linux-gnu-gcc here (Debian: gcc-aarch64-linux-gnu)")
    return Cross(("aarch64-linux-gnu-gcc",), ("qemu-aarch64",))
