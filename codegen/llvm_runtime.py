"""The runtime that LLVM IR calls: written in C, kept as LLVM IR, so that no compiler is needed.

``make runtime`` makes the IR anew, with clang.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from functools import cache
from pathlib import Path

from codegen.c_compiler import TRIPLES
from codegen.llvm_machine import llvm
from halo.errors import CodegenError
from halo.target import WITH_LLVM

_FOLDER = Path(__file__).parent / "runtime"
_SOURCE = _FOLDER / "llvm" / "llvm_runtime.c"
_FLAGS = (
    *("-std=gnu11", "-O2", "-fopenmp", "-fno-pic", "-ffreestanding", "-Wall", "-Wextra"),
    *("-fno-vectorize", "-fno-slp-vectorize", "-fno-unroll-loops", "-fno-builtin"),
)


def _file(machine: str, system: str) -> Path:
    return _FOLDER / "llvm" / f"{machine}-{system}.ll"


@cache
def runtime_ir(machine: str, system: str) -> str:
    """Return the runtime for a machine as LLVM IR.

    Raises
    ------
    CodegenError
        There is none for it.
    """
    try:
        return _file(machine, system).read_text(encoding="ascii")
    except OSError:
        raise CodegenError(
            f"the LLVM back end has no runtime for {machine} under {system}",
            hint="take the C back end: install a C compiler and leave out HALO_BACKEND=llvm",
        ) from None


def sources_digest() -> str:
    """Return the hash of all the C that the runtime is made of."""
    h = hashlib.sha256(" ".join(_FLAGS).encode())
    named = re.findall(r'#include "(?:\.\./)?(\w+\.h)"', _SOURCE.read_text(encoding="ascii"))
    for name in sorted({*named, "omp.h", _SOURCE.name}):
        own = _FOLDER / "llvm" / name
        h.update((own if own.exists() else _FOLDER / name).read_bytes())
    return h.hexdigest()


def made_digest(machine: str, system: str) -> str:
    """Return the hash of the C that the kept IR was made of."""
    return runtime_ir(machine, system).split("\n", 1)[0].split()[-1]


def make_runtime(machine: str, system: str) -> str:
    """Return the IR that clang makes of the C now, without what only one LLVM understands."""
    words = ["clang", f"--target={TRIPLES[machine, system]}", *_FLAGS]
    words += ["-I", str(_FOLDER / "llvm"), "-c", "-emit-llvm", "-o", "-"]
    made = subprocess.run([*words, str(_SOURCE)], capture_output=True, check=True)
    text = str(llvm().parse_bitcode(made.stdout, llvm().create_context()))
    text = re.sub(r"^(; .*|source_filename.*|attributes .*|target .*|!.*)\n", "", text, flags=re.M)
    text = "".join(line if ' c"' in line else _plain(line) for line in text.splitlines(True))
    # Only what emitted code calls is seen from outside.
    text = re.sub(r"^define (?!internal)(?!.*@halo_rt_)", "define internal ", text, flags=re.M)
    text = text.replace(" = common global", " = internal global")
    text = re.sub(r"\n\n+", "\n\n", text)
    return f"; made by codegen/llvm_runtime.py from C with the sha256 {sources_digest()}\n{text}"


def _plain(line: str) -> str:
    """Return `line` without attributes, which differ from one LLVM to the next."""
    if "@llvm.lifetime." in line:
        return ""
    for pattern in (
        r", ![\w.]+ !\d+",
        r" #\d+",
        r" (local_)?unnamed_addr",
        r" (dso_local|nounwind|noundef|nonnull|readonly|readnone|writeonly|returned|immarg)\b",
        r" (captures|dereferenceable|dereferenceable_or_null|initializes|range)\([^)]*\)",
        r" (inbounds|nocapture)\b",
    ):
        line = re.sub(pattern, "", line)
    return line


def write_runtimes() -> None:
    """Make the runtime for each machine anew and keep it."""
    for machine, system in sorted(WITH_LLVM):
        _file(machine, system).write_text(make_runtime(machine, system), encoding="ascii")
