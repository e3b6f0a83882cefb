"""Linking object files that LLVM made to a shared library, where something here can."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codegen.c_compiler import find_compiler
from halo.errors import CodegenError
from halo.target import Target


@dataclass(frozen=True, slots=True)
class Linker:
    """What links: a C compiler or a bare linker.

    Attributes
    ----------
    command
        The words that start it.
    options
        What it is told after the files.
    """

    command: tuple[str, ...]
    options: tuple[str, ...]

    def shared(self, members: Mapping[str, bytes]) -> bytes:
        """Return the shared library of object files.

        Raises
        ------
        CodegenError
            It does not start, or it failed.
        """
        with tempfile.TemporaryDirectory(prefix="halo-") as folder:
            for name, data in members.items():
                Path(folder, name).write_bytes(data)
            words = [*self.command, *members, "-o", "out.so", *self.options]
            try:
                done = subprocess.run(
                    words, cwd=folder, capture_output=True, text=True, check=False
                )
            except OSError as error:
                raise CodegenError(f"{words[0]} does not start: {error.strerror}") from None
            if done.returncode:
                raise CodegenError(f"{words[0]} cannot link: {done.stderr.strip()}")
            return Path(folder, "out.so").read_bytes()


# Idle threads of a pool live in the library: it must not be unmapped under them.
# What is missing in the code of others is told now, not when it is loaded; a bare linker cannot
# tell it from what the C library has.
_OF_COMPILERS = ("-shared", "-Wl,-z,nodelete", "-Wl,-z,defs", "-lm", "-pthread")
_OF_LINKERS = ("-shared", "-z", "nodelete")


def find_linker(target: Target) -> Linker | None:
    """Return what links for `target`, if there is anything.

    Of a bare linker the library takes the C library from the program that loads it.
    """
    try:
        return Linker(find_compiler(target).command, _OF_COMPILERS)
    except CodegenError:
        pass
    for name in ("ld.lld", "ld") if target.is_native() else ("ld.lld",):
        found = shutil.which(name)
        if found is not None:
            return Linker((found,), _OF_LINKERS)
    return None
