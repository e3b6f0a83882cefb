"""Finding the C compiler, and its flags."""

from __future__ import annotations

import functools
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from halo.errors import CodegenError, user_location
from halo.target import LEVELS, Target

_HINT = "install one with 'apt install gcc' or 'pip install ziglang', or name it in $CC"
_FLAGS = (
    "-std=gnu11",
    "-fPIC",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fvisibility=hidden",
    "-Wno-psabi",
)
# GCC at -O3 takes three times as long as this: it unrolls whole loop nests, and what it has
# unrolled it no longer vectorises, so that most code is slower as well.
_OPTIMIZE_GCC = ("-O2", "-ftree-vectorize", "-fvect-cost-model=dynamic", "-fpeel-loops")
# Clang at -O3 differs in that it takes loops of twice the size apart: whole rows of a tile, whose
# addresses then wait on the stack.
_OPTIMIZE = ("-O2",)
_FLAG_OF = {"sse4_1": "sse4.1", "sse4_2": "sse4.2", "bmi1": "bmi", "amx_tile": "amx-tile"}
"""Instruction sets whose flag is not their name without underscores."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C compiler that answered.

    Attributes
    ----------
    command
        The words that start it.
    version
        The first line of what it says about itself.
    openmp
        Whether ``-fopenmp`` works, libraries included.
    is_gcc
        Whether it is GCC itself, with all the flags of GCC.
    """

    command: tuple[str, ...]
    version: str
    openmp: bool
    is_gcc: bool = False

    def __str__(self) -> str:
        return f"{' '.join(self.command)} ({self.version})"


TRIPLES = {
    ("arm-64", "linux"): "aarch64-linux-gnu",
    ("x86-64", "linux"): "x86_64-linux-gnu",
    ("riscv-64", "linux"): "riscv64-linux-gnu",
    ("powerpc-64", "linux"): "powerpc64le-linux-gnu",
}
"""(machine, system) -> what GCC and LLVM call them."""


def find_compiler(target: Target | None = None) -> Compiler:
    """Return the C compiler: ``$CC``, cc, gcc, clang, or ziglang from the package index.

    For a machine or system that is not this one it is ``$CC`` if that makes code for it, or one
    of these whose name or option says so, as ``aarch64-linux-gnu-gcc``.

    Raises
    ------
    CodegenError
        There is none, or ``$CC`` does not start.
    """
    named, path = os.environ.get("CC", ""), os.environ.get("PATH", "")
    if target is None or target.is_native():
        return _find(named, path)
    return _find_cross(target.machine, target.system, named, path)


@functools.lru_cache(maxsize=8)
def _find_cross(machine: str, system: str, named: str, path: str) -> Compiler:
    triple = TRIPLES.get((machine, system), "")
    candidates: list[tuple[str, ...]] = []
    if triple:
        words = tuple(shlex.split(named))
        if words and _makes_code_for(words, triple, path):
            candidates.append(words)
        candidates += [
            (f"{triple}-gcc",),
            ("clang", f"--target={triple}"),
            *_zig("-target", triple),
        ]
    for command in candidates:
        found = _probe(command, path)
        if found is not None and _compiles(found.command):
            return found
    hint = "write the C with compile_to_c, and build it where it shall run"
    if triple:
        hint = (
            f"install one, such as 'apt install gcc-{triple}' or 'pip install ziglang', or name "
            f"it in $CC; or {hint}"
        )
    raise CodegenError(
        f"there is no C compiler here for {machine} under {system}",
        where=user_location(),
        hint=hint,
    )


def _makes_code_for(command: tuple[str, ...], triple: str, path: str) -> bool:
    where = shutil.which(command[0], path=path or os.defpath)
    if where is None:
        return False
    words = [where, *command[1:], "-dumpmachine"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    said = done.stdout.strip().split("-")
    return said[0] == triple.split("-")[0] and "linux" in said


@functools.lru_cache(maxsize=8)
def _find(named: str, path: str) -> Compiler:
    if named.strip():
        found = _probe(tuple(shlex.split(named)), path)
        if found is None:
            raise CodegenError(f"the C compiler $CC = '{named}' does not start", hint=_HINT)
        return found
    candidates: list[tuple[str, ...]] = [("cc",), ("gcc",), ("clang",)]
    candidates += _zig()
    for command in candidates:
        found = _probe(command, path)
        if found is not None:
            return found
    raise CodegenError("no C compiler found (looked for cc, gcc, clang)", hint=_HINT)


def _zig(*options: str) -> list[tuple[str, ...]]:
    if importlib.util.find_spec("ziglang") is None:
        return []
    return [(sys.executable, "-m", "ziglang", "cc", *options)]


def _probe(command: tuple[str, ...], path: str) -> Compiler | None:
    where = shutil.which(command[0], path=path or os.defpath)
    if where is None:
        return None
    full = (where, *command[1:])
    try:
        answer = subprocess.run(
            [*full, "--version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = (answer.stdout.splitlines() or ["unknown"])[0].strip()
    is_gcc = "Free Software Foundation" in answer.stdout
    return Compiler(full, version, _openmp_works(full), is_gcc)


def _openmp_works(command: tuple[str, ...]) -> bool:
    program = "#include <omp.h>\nint f(void) { return omp_get_max_threads(); }\n"
    return _builds(command, "-fopenmp", program)


def _compiles(command: tuple[str, ...]) -> bool:
    """Whether there is a C library for `command` to compile with."""
    return _builds(command, "-O1", "#include <stdlib.h>\nvoid f(void) { abort(); }\n")


def _builds(command: tuple[str, ...], flag: str, program: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="halo-") as folder:
        source = Path(folder, "t.c")
        source.write_text(program, encoding="ascii")
        words = [*command, flag, "-fPIC", "-shared", "-o", f"{folder}/t.so", str(source)]
        try:
            done = subprocess.run(words, capture_output=True, timeout=60, check=False)
        except (OSError, subprocess.SubprocessError):
            return False
    return done.returncode == 0


def extra_flags() -> tuple[str, ...]:
    """Return the flags that ``$HALO_CFLAGS`` adds."""
    return tuple(shlex.split(os.environ.get("HALO_CFLAGS", "")))


def compile_flags(compiler: Compiler, target: Target, threads: bool = True) -> tuple[str, ...]:
    """Return the flags that every file is compiled with."""
    openmp = ("-fopenmp",) if compiler.openmp and threads else ()
    optimize = _OPTIMIZE_GCC if compiler.is_gcc else _OPTIMIZE
    machine = (*machine_flags(target), *_tuning(compiler, target))
    return (*optimize, *_FLAGS, *machine, *openmp, *extra_flags())


def _tuning(compiler: Compiler, target: Target) -> tuple[str, ...]:
    """Return the flag for which processor instructions are chosen, where the default is worse.

    GCC takes a processor that is newer than itself for one of its relatives, whose registers may
    be fewer and narrower, and then spills to memory what need not be.
    """
    is_x86 = target.name == "host" and target.machine == "x86-64"
    return ("-mtune=generic",) if compiler.is_gcc and is_x86 else ()


def machine_flags(target: Target) -> tuple[str, ...]:
    """Return the flags that say which instructions there are."""
    if target.name == "host":
        return ("-march=native",)
    if target.name in LEVELS:
        return (f"-march={target.name}",)
    if target.machine == "arm-64":
        return ("-march=armv8-a+sve",) if "sve" in target.features else ("-march=armv8-a",)
    if target.machine != "x86-64":
        return ()
    words = [_FLAG_OF.get(f, f.replace("_", "")) for f in sorted(target.features)]
    return ("-march=x86-64", *(f"-m{w}" for w in words))


def link_flags(compiler: Compiler, threads: bool = True) -> tuple[str, ...]:
    """Return the flags that the library is linked with."""
    openmp = ("-fopenmp",) if compiler.openmp and threads else ()
    return ("-shared", "-fPIC", *openmp, *extra_flags(), "-lm")
