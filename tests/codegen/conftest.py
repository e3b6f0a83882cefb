"""What the tests of the back ends share: a private cache, kernels by hand, calls on arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import codegen
from halo.ir.expr import Cast, Expr, Ramp, Variable, i32, i64
from halo.ir.function import Dimension
from halo.ir.lowered import BufferArg, Constant, LoweredFunc, LoweredModule, ScalarArg
from halo.ir.stmt import For, ForKind, Stmt
from halo.ir.types import Int, Type
from halo.target import Target, host_target

Arrays = Mapping[str, tuple[Type, Any]]


class Kernels:
    """Builds, compiles and runs functions written in the IR by hand."""

    X = Variable(Int(32), "x")

    def __init__(self, target: Target) -> None:
        self.target = target

    def index(self, lanes: int = 1, offset: int = 0) -> Expr:
        """Return the place x*lanes + offset of an element, or of a dense vector."""
        x: Expr = Cast(Int(64), self.X)
        base = x * i64(lanes) + i64(offset) if lanes != 1 or offset else x
        return base if lanes == 1 else Ramp(base, i64(1), lanes)

    def loop(self, extent: int | Expr, body: Stmt, kind: ForKind = ForKind.SERIAL) -> Stmt:
        """Return a loop over x from 0."""
        n = i32(extent) if isinstance(extent, int) else extent
        return For("x", i32(0), n, kind, body, f"{kind.value} x")

    def function(
        self,
        body: Stmt,
        inputs: Mapping[str, Type],
        outputs: Mapping[str, Type],
        scalars: Mapping[str, Type] | None = None,
        name: str = "kernel",
    ) -> LoweredFunc:
        """Return a public function of one-dimensional buffers."""
        dims = (Dimension(),)
        args: tuple[BufferArg | ScalarArg, ...] = (
            *[ScalarArg(n, t) for n, t in (scalars or {}).items()],
            *[BufferArg(n, t, dims, False) for n, t in inputs.items()],
            *[BufferArg(n, t, dims, True) for n, t in outputs.items()],
        )
        return LoweredFunc(name, args, body)

    def module(
        self, *functions: LoweredFunc, constants: tuple[Constant, ...] = ()
    ) -> LoweredModule:
        return LoweredModule("test", functions, constants)

    def buffer(self, t: Type, array: Any) -> codegen.CBuffer:
        """Return the buffer of a numpy array, its last axis first."""
        dims = [
            (0, n, s // array.itemsize)
            for n, s in zip(reversed(array.shape), reversed(array.strides), strict=True)
        ]
        return codegen.make_buffer(array.ctypes.data, t, dims)

    def run(self, f: LoweredFunc, arrays: Mapping[str, Any], *scalars: Any, **how: Any) -> None:
        """Compile `f` and call it on `arrays`, by argument name."""
        library = codegen.compile_module(self.module(f), self.target)
        buffers = [self.buffer(a.type, arrays[a.name]) for a in f.args if isinstance(a, BufferArg)]
        library.call(f.name, *scalars, *buffers, **how)

    def text(self, f: LoweredFunc) -> str:
        """Return the C of `f` from its signature on."""
        source = codegen.emit_c(self.module(f), host_target()).text
        return source[source.index(f"int32_t {f.name}(") :]


BACKENDS = [""] if os.environ.get("HALO_BACKEND") else ["c", "llvm"]


@pytest.fixture(scope="session")
def plain_kernels() -> Kernels:
    """Kernels through the back end that is chosen without being named."""
    return Kernels(host_target())


@pytest.fixture(scope="session", params=BACKENDS)
def kernels(request: pytest.FixtureRequest) -> Kernels:
    """Kernels through each of the back ends, or through the one that the environment names."""
    return Kernels(Target("host-llvm") if request.param == "llvm" else host_target())


@pytest.fixture(scope="session")
def _cache_of_these(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True, scope="module")
def _strict_compiler(_cache_of_these: Path) -> Iterator[None]:
    """Warnings are errors in these files, and in none that the same worker runs after them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HALO_CACHE_DIR", str(_cache_of_these))
        patch.setenv(
            "HALO_CFLAGS", f"-Wall -Wextra -Werror -O2 {os.environ.get('HALO_CFLAGS', '')}"
        )
        yield


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test alone."""
    monkeypatch.setenv("HALO_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def same() -> Callable[[Any, Any], None]:
    """Bit for bit equality, any NaN equal to any other."""

    def check(got: Any, want: Any) -> None:
        np.testing.assert_array_equal(got, want)
        if got.dtype.kind == "f":
            finite = ~np.isnan(got)
            np.testing.assert_array_equal(np.signbit(got[finite]), np.signbit(want[finite]))

    return check
