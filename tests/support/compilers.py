"""The C compilers that tests try; one that is not installed is skipped by name."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

COMPILERS = ["gcc", "clang"]
QUIET = ("-Wall", "-Wextra", "-Werror", "-Wno-psabi", "-fPIC")
"""Strictest flags; -Wno-psabi is halo's own: no function with vector arguments is exported."""


@cache
def _works(name: str) -> bool:
    if shutil.which(name) is None:
        return False
    done = subprocess.run([name, "--version"], capture_output=True, check=False)
    return done.returncode == 0


def need(name: str) -> str:
    """Return `name`, a compiler; skip the test where it is not installed."""
    if not _works(name):
        pytest.skip(f"{name} is not installed")
    return name


def need_openmp(name: str, folder: Path) -> str:
    """Return `name`; skip the test where it has no OpenMP library to link with."""
    need(name)
    (folder / "openmp.c").write_text(
        "#include <omp.h>\nint f(void) { return omp_get_max_threads(); }\n"
    )
    words = [name, "-fopenmp", "-shared", "-fPIC", "openmp.c", "-o", "openmp.so"]
    if subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode:
        pytest.skip(f"{name} has no OpenMP library (Debian: libomp-dev)")
    return name


def complaints(compiler: str, flags: Sequence[str], file: Path, standard: str = "gnu11") -> str:
    """Compile `file` with the strictest flags; return all that `compiler` says, "" if nothing."""
    words = [compiler, *QUIET, f"-std={standard}", *flags, "-c", file.name, "-o", file.stem + ".o"]
    done = subprocess.run(words, cwd=file.parent, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    return said or ("" if done.returncode == 0 else f"{compiler} failed silently")
