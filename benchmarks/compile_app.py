"""How long one app of the benchmarks takes to compile: milliseconds of CPU, as JSON.

    python benchmarks/compile_app.py NAME

Lowering, the C compiler and LLVM each from nothing but the loaded library, and Halide's compiler
in the process, where it is installed; each of them has compiled another program before. Times are
the best of three, of programs built anew; the C compiler's, of one.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from types import ModuleType
from unittest.mock import patch

from apps.app import App, find

import codegen
import halo
from halo.ir.lowered import LoweredModule
from halo.lang.arguments import as_arguments
from halo.lowering import lower
from halo.pipeline.embed import constants_of
from halo.pipeline.request import make_request

ROUNDS = 3


def built(app: App, hl: ModuleType) -> Callable[[], object]:
    """Return what compiles the scheduled program, made anew."""
    program = app.build(hl)
    app.schedule(hl, program)
    return program.compile


def lowered(app: App) -> LoweredModule:
    """Return `app` as what the back ends are given."""
    program = app.build(halo)
    app.schedule(halo, program)
    arguments = as_arguments(list(program.arguments))
    made = lower(make_request([program.output.function], "app", [None], arguments))
    return LoweredModule("app", (made.func,), constants_of(made))


def spent(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the milliseconds of CPU of the fastest call of `action`, other processes included."""
    return min(_once(action) for _ in range(rounds))


def _once(action: Callable[[], object]) -> float:
    start = _cpu()
    action()
    return 1e3 * (_cpu() - start)


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def compiled(module: LoweredModule, backend: str) -> None:
    """Compile `module`, with nothing in the cache."""
    target = halo.Target("host-llvm" if backend == "llvm" else "host")
    with tempfile.TemporaryDirectory() as cache, patch.dict("os.environ", HALO_CACHE_DIR=cache):
        codegen.compile_module(module, target)


def halide() -> ModuleType | None:
    """Return Halide, if it is installed."""
    try:
        import halide as found
    except ImportError:
        return None
    module: ModuleType = found
    return module


def measure(app: App) -> dict[str, float | None]:
    """Return the milliseconds of each part."""
    other = find("blur" if app.name != "blur" else "unsharp")
    warm = lowered(other)
    for backend in ("llvm", "c"):
        compiled(warm, backend)
    module = lowered(app)
    found: dict[str, float | None] = {
        "lowering": spent(lambda: lowered(app)),
        "c": spent(lambda: compiled(module, "c"), 1),
        "llvm": spent(lambda: compiled(module, "llvm")),
        "halide": None,
    }
    peer = halide()
    if peer is not None:
        built(other, peer)()
        found["halide"] = min(_once(built(app, peer)) for _ in range(ROUNDS))
    return found


if __name__ == "__main__":
    print(json.dumps(measure(find(sys.argv[1]))))
