"""The threads of a parallel region wait for the next one, also after the last library is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import gc, os, time
import halo as hl

def compiled_and_dropped():
    x, y = hl.vars("x y")
    f = hl.Func("f")
    f[x, y] = x * y
    f.parallel(y)
    call = f.compile_to_callable([])
    call(hl.Buffer(hl.Int(32), [64, 64]))

def threads():
    return len(os.listdir("/proc/self/task"))

compiled_and_dropped()
gc.collect()
first = threads()
for _ in range(5):
    compiled_and_dropped()
    gc.collect()
    time.sleep(0.02)  # idle threads stop spinning, and go to sleep in the runtime
assert "libgomp" in open("/proc/self/maps").read()
assert threads() == first > 1, (first, threads())
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_dropping_every_library_leaves_the_runtime_of_its_idle_threads() -> None:
    gcc = {"HALO_BACKEND": "c", "CC": "gcc"}  # LLVM's threads are no library's
    environment = {**os.environ, **gcc, "HALO_NUM_THREADS": "2", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
