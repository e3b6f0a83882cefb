"""What the machine can do at most, measured by `limits.c`."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("limits.c")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits for a number of threads.

    Attributes
    ----------
    flops
        Float32 operations per second, two for each fused multiply-add.
    copy, stream
        Bytes per second, read and written together, that a copy of a large array moves with
        ordinary stores and with stores around the caches.
    """

    flops: float
    copy: float
    stream: float

    def or_better(self, other: Limits) -> Limits:
        """Return the larger of each."""
        own, others = asdict(self), asdict(other)
        return Limits(**{name: max(x, others[name]) for name, x in own.items()})


def measure_limits(threads: int) -> Limits:
    """Measure the limits with `threads` threads."""
    command = [str(_program()), str(threads)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    flops, copy, stream = (float(word) * 1e9 for word in text.split())
    return Limits(flops, copy, stream)


@functools.cache
def _program() -> Path:
    """Build `limits.c` with ``$CC`` or cc."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = Path(folder, "limits")
    options = ["-O3", "-march=native", "-fopenmp", "-ffp-contract=fast"]
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, *options, str(SOURCE), "-o", str(program)], check=True)
    return program
