"""Kernels as a C program of their own, whose threads ThreadSanitizer watches.

No Python runs in it, and OpenMP is LLVM's, which tells ThreadSanitizer through Archer when threads
wait for each other. Three things are not as in a usual build, so that no race can hide:

* iterations go to threads in turn (``schedule(static, 1)``): as halo shares them out, a thread may
  be done with all before another has begun;
* memcpy tells what it touches: ThreadSanitizer leaves out vectors that are wider than 16 bytes or
  odd, and memcpy is how halo moves vectors;
* it is built for the oldest machine, where masked accesses are loops and not instructions that
  ThreadSanitizer does not know.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from pathlib import Path

import pytest
from batches import Case, Cases, emit
from compilers import need

from codegen.c_names import identifier
from codegen.c_types import type_value
from halo.ir.function import Image, Parameter
from halo.ir.stmt import For, Fork, ForKind
from halo.ir.substitute import walk
from halo.target import Target, host_target

MAIN = Path(__file__).with_suffix(".c")
FLAGS = ("-std=gnu11", "-O0", "-g", "-ffp-contract=off", "-fopenmp", "-fsanitize=thread")
QUIET = ("-Wno-psabi", "-Wno-pass-failed")
OPTIONS = {
    "TSAN_OPTIONS": "ignore_noninstrumented_modules=1:suppress_equal_addresses=0:history_size=7",
    "ARCHER_OPTIONS": "verbose=1",
}
ARCHER = "Archer detected OpenMP application with TSan"
MEMCPY = """
#include <string.h>
void __tsan_read_range(const void *p, unsigned long bytes);
void __tsan_write_range(void *p, unsigned long bytes);
#define memcpy(to, from, bytes) \\
    (__tsan_read_range(from, bytes), __tsan_write_range(to, bytes), \\
     __builtin_memcpy(to, from, bytes))
"""


def threaded(cases: Cases) -> dict[str, Case]:
    """Return those of `cases` that have a parallel loop, or branches."""

    def is_parallel(n: object) -> bool:
        return isinstance(n, Fork) or (isinstance(n, For) and n.kind is ForKind.PARALLEL)

    return {n: c for n, c in cases.items() if any(map(is_parallel, walk(c.lowered.func.body)))}


def run_watched(program: Path, *words: str) -> str | None:
    """Run `program`; return what it wrote to stderr, None where Archer does not watch it."""
    for prefix in ([], ["setarch", "-R"]):  # some kernels place memory where TSan has its own
        try:
            done = subprocess.run(
                [*prefix, str(program), *words],
                env={**os.environ, **OPTIONS},
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError:
            continue
        if ARCHER in done.stdout + done.stderr:
            assert done.returncode in (0, 66), done.stdout + done.stderr  # 66: it found something
            return done.stderr
    return None


def need_thread_sanitizer(folder: Path) -> None:
    """Skip the test where clang cannot watch the threads of OpenMP."""
    need("clang")
    file = folder / "none.c"
    file.write_text("int main(void) {\n#pragma omp parallel\n    {}\n    return 0;\n}\n")
    program = file.with_suffix("")
    words = ["clang", *FLAGS, str(file), "-o", str(program)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("clang has no ThreadSanitizer or no OpenMP (Debian: clang, libomp-dev)")
    if run_watched(program) is None:
        pytest.skip("libomp finds no Archer, libarcher.so (Debian: libomp-dev)")


def reports(
    cases: Cases, folder: Path, more: str = "", *, may_refuse: bool = False
) -> dict[str, str]:
    """Run `cases` on several threads; return what was found, by case.

    Parameters
    ----------
    more
        C that they call.
    may_refuse
        Whether they may end with an error, if it is the same on all numbers of threads: random
        schedules need more cells than there are, or break a promise.
    """
    target = Target("x86-64") if host_target().machine == "x86-64" else host_target()
    source = emit(cases, target)
    text, loops = re.subn(
        r"schedule\(dynamic, halo_chunk\(ctx, .*?\)\)(?= firstprivate|$)",
        "schedule(static, 1)",
        source.text,
        flags=re.M,
    )
    assert loops
    (folder / "kernels.c").write_text(text, encoding="utf-8")
    (folder / "kernels.h").write_text(source.header, encoding="utf-8")
    if source.blob:
        (folder / source.blob_name).write_bytes(source.blob)
    (folder / "memcpy.h").write_text(MEMCPY, encoding="utf-8")
    (folder / "more.c").write_text(f'#include "kernels.h"\n{more}', encoding="utf-8")
    table, inputs = _table(cases)
    table += f"enum {{ may_refuse = {int(may_refuse)} }};\n"
    (folder / "cases.h").write_text(table, encoding="utf-8")
    (folder / "inputs.bin").write_bytes(inputs)
    _build(folder)
    said = run_watched(folder / "races", str(folder / "inputs.bin"))
    assert said is not None
    parts = re.split(r"^KERNEL (.*)\n", said, flags=re.M)[1:]
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    assert found.keys() == cases.keys()
    return {name: text for name, text in found.items() if text.strip()}


def _build(folder: Path) -> None:
    files = ["kernels.c", "more.c", str(MAIN)]
    words = ["clang", *FLAGS, *QUIET, "-include", "memcpy.h", "-I.", *files, "-lm", "-o", "races"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]


def _table(cases: Cases) -> tuple[str, bytes]:
    """Return the C that calls each of `cases` with its inputs, and the memory of these."""
    memory = bytearray()
    calls, rows = [], []
    for i, (name, c) in enumerate(cases.items()):
        lines: list[str] = []
        words = [_argument(k, x, lines, memory) for k, x in enumerate(c.lowered.inputs)]
        lines.append(
            f"return {identifier(c.lowered.func.name)}({', '.join(['ctx', *words, 'out'])});"
        )
        body = "".join(f"    {line}\n" for line in lines)
        calls.append(
            f"static int32_t case_{i}(halo_context *ctx, const halo_buffer *out) {{\n{body}}}\n"
        )
        sizes = ", ".join(map(str, c.size))
        rows.append(
            f'    {{"{name}", case_{i}, {type_value(c.type)}, {len(c.size)}, {{{sizes}}}}},'
        )
    return "\n".join([*calls, "static const race_case cases[] = {", *rows, "};\n"]), bytes(memory)


def _argument(k: int, x: Image | Parameter, lines: list[str], memory: bytearray) -> str:
    """Return what input `k` is passed as; add what it needs to `lines` and `memory`."""
    if not isinstance(x, Image):
        return float(x.value).hex() if x.type.is_float() else str(int(x.value))
    b = x.buffer
    assert b is not None
    # The memory as it lies, so that strides may be of any sign.
    steps = [(e - 1) * s * b.type().bytes() for _, e, s in b.place()]
    before, after = -sum(s for s in steps if s < 0), sum(s for s in steps if s > 0)
    memory.extend(bytes(-len(memory) % 64))
    at = len(memory) + before
    memory.extend(ctypes.string_at(b.address - before, before + after + b.type().bytes()))
    dims = ", ".join(f"{{{m}, {e}, {s}}}" for m, e, s in b.place())
    lines.append(f"halo_dim dim_{k}[] = {{{dims}}};")
    lines.append(
        f"const halo_buffer in_{k} = "
        f"{{inputs + {at}, {type_value(b.type())}, {len(b.place())}, dim_{k}}};"
    )
    return f"&in_{k}"
