"""Static libraries: archives of object files, made by ``ar`` where it is named or needed."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from codegen.elf_archive import elf_archive, is_elf
from halo.errors import CodegenError


def make_archive(members: Mapping[str, bytes]) -> bytes:
    """Return a static library with object files, each under the name that is its key.

    Archives of ELF files are written here, unless ``$AR`` names an archiver.

    Raises
    ------
    CodegenError
        There is no ``ar``, or it failed.
    """
    if all(map(is_elf, members.values())) and not os.environ.get("AR", "").strip():
        return elf_archive(members)
    command = _find_ar()
    with tempfile.TemporaryDirectory(prefix="halo-") as folder:
        for name, data in members.items():
            Path(folder, name).write_bytes(data)
        # D: no times and owners, so that the same code gives the same file.
        words = [*command, "rcsD", "out.a", *members]
        try:
            done = subprocess.run(
                words, cwd=folder, capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise CodegenError(f"{command[0]} does not run: {error}") from error
        if done.returncode:
            raise CodegenError(f"{command[0]} failed with code {done.returncode}: {done.stderr}")
        return Path(folder, "out.a").read_bytes()


def _find_ar() -> tuple[str, ...]:
    named = os.environ.get("AR", "").strip()
    candidates = [tuple(shlex.split(named))] if named else [("ar",), ("llvm-ar",)]
    for command in candidates:
        where = shutil.which(command[0])
        if where is not None:
            return (where, *command[1:])
    if not named and importlib.util.find_spec("ziglang") is not None:
        return (sys.executable, "-m", "ziglang", "ar")
    raise CodegenError(
        f"the archiver $AR = '{named}' does not start" if named else "there is no ar here",
        hint="it comes with the C compiler: 'apt install binutils'; $AR names another",
    )
