"""Running Python with address and undefined-behaviour sanitizers in the code that halo builds.

As a program, ``sanitized.py 'the table'``, ``'a third of the table'``, ``random FIRST END
SCHEDULES`` and ``broken address|overflow`` run kernels and print each one's name first, so that the
last name is the guilty one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SUPPORT = Path(__file__).resolve().parent
ROOT = SUPPORT.parents[1]
FLAGS = "-fsanitize=address,undefined -fno-sanitize-recover=undefined -g"
OPTIONS = {
    # Python frees little when it ends, and its own allocator hides the small blocks.
    "ASAN_OPTIONS": "detect_leaks=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "HALO_KEEP_MB": "0",  # each allocation is a block of its own
}


def sanitizer_runtimes() -> list[str]:
    """Return gcc's libraries that Python must be started with; empty where there are none."""
    found = []
    for name in ("libasan.so", "libubsan.so"):
        words = ["gcc", f"-print-file-name={name}"]
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=True)
        except (OSError, subprocess.SubprocessError):
            return []
        path = done.stdout.strip()
        if not os.path.isabs(path):  # gcc answers with the bare name what it does not have
            return []
        found.append(path)
    return found


def run_python(
    arguments: Sequence[str | Path], cache: Path, *, threads: int = 2, optimise: str = "-O0"
) -> subprocess.CompletedProcess[str]:
    """Run Python on `arguments` in a process in which all that gcc builds is watched.

    The compiler itself is started without the sanitizers, which would only slow it down.
    `optimise` is the level at which it compiles.
    """
    compiler = cache / "bin" / "gcc"
    compiler.parent.mkdir(parents=True, exist_ok=True)
    start = f"unset LD_PRELOAD\nexec {shutil.which('gcc')}"
    compiler.write_text(f'#!/bin/sh\n{start} "$@" {FLAGS} {optimise}\n', encoding="ascii")
    compiler.chmod(0o700)
    environment = {
        **os.environ,
        **OPTIONS,
        "LD_PRELOAD": " ".join(sanitizer_runtimes()),
        "CC": str(compiler),
        "PATH": os.pathsep.join([str(compiler.parent), os.environ["PATH"]]),
        "HALO_CACHE_DIR": str(cache),
        "HALO_NUM_THREADS": str(threads),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(SUPPORT)]),
    }
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _main(words: Sequence[str]) -> None:
    # Imported here: who only starts such a process need not load halo.
    import batches

    match words:
        case ["the table"]:
            batches.run_all(batches.table_cases())
        case ["a third of the table"]:
            batches.run_all(batches.third(batches.table_cases()))
        case ["random", first, end, schedules]:
            seeds = range(int(first), int(end))
            batches.run_all(batches.random_cases(seeds, int(schedules)))
        case ["broken", kind]:
            batches.run_broken(kind)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    _main(sys.argv[1:])
