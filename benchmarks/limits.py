"""What the machine can do at most, measured by `limits.c`."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
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


def measure_limits(threads: int) -> Limits:
    """Build `limits.c` with ``$CC`` or cc and run it with `threads` threads."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "limits")
        options = ["-O3", "-march=native", "-fopenmp", "-ffp-contract=fast"]
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, *options, str(SOURCE), "-o", str(program)], check=True)
        command = [str(program), str(threads)]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    flops, copy, stream = (float(word) * 1e9 for word in text.split())
    return Limits(flops, copy, stream)
