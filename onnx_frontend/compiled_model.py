"""A compiled model: run it, save it, load it again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from codegen import (
    AllocationError,
    CBuffer,
    CSource,
    ForeignLibrary,
    Library,
    StaticLibrary,
    make_buffer,
)
from halo.ir.types import Int
from halo.ops.text import TEXT
from halo.target import Target
from onnx_frontend.package import Manifest, Source, read_package, write_package
from onnx_frontend.signature import Array, Port, Signature
from onnx_frontend.text_arrays import from_bytes

Code = Library | StaticLibrary | ForeignLibrary
"""The functions of a model."""


@dataclass(frozen=True, slots=True)
class CompileReport:
    """What a compilation did.

    Attributes
    ----------
    kernels, distinct
        Kernels that a run calls, and how many different ones they are.
    import_s, lower_s, build_s
        Seconds spent on reading the model, on lowering, on the C compiler or LLVM.
    cached
        Whether the model had been compiled before and was found in the cache.
    """

    kernels: int
    distinct: int
    import_s: float
    lower_s: float
    build_s: float
    cached: bool = False

    def __str__(self) -> str:
        if self.cached:
            return f"{self.kernels} kernels; found in the cache in {self.import_s:.1f} s"
        return (
            f"{self.kernels} kernels, {self.distinct} of them different; import "
            f"{self.import_s:.1f} s, lowering {self.lower_s:.1f} s, code {self.build_s:.1f} s"
        )


class CompiledModel:
    """A model as machine code. May run in several threads at once.

    Attributes
    ----------
    signature
        Its inputs, outputs and symbols.
    targets
        The machines it is for.
    report
        What the compilation did; None for a loaded model.
    """

    def __init__(
        self,
        signature: Signature,
        library: Code,
        declarations: tuple[str, ...],
        targets: tuple[Target, ...],
        source: Callable[[], tuple[CSource, ...]] | Path,
        report: CompileReport | None = None,
    ) -> None:
        self.signature = signature
        self.targets = targets
        self.report = report
        self._library = library
        self._declarations = declarations
        self._source = source

    def run(self, inputs: Mapping[str, Any], *, threads: int | None = None) -> dict[str, Any]:
        """Run the model.

        Parameters
        ----------
        inputs
            An array for each input, of its element type and rank; any strides. For a sequence of
            which only a run tells the length (`Signature.sequences`) a list of arrays. None, or
            nothing, for an optional one that is not there (`Signature.optionals`).
        threads
            How many threads to use; None: what the machine and environment allow.

        Returns
        -------
        dict
            A new array for each output; for such a sequence a list of them, for an optional value
            that is absent None (`Signature.optionals`).

        Raises
        ------
        BufferError
            An input is missing, unknown, or does not fit; the message names it.
        CodegenError
            It is for another machine.
        """
        return self.signature.join(self.run_ports(inputs, threads=threads))

    def run_ports(
        self, inputs: Mapping[str, Any], *, threads: int | None = None
    ) -> dict[str, Array]:
        """Run the model as `run` does, and return an array for each output of its C function.

        Of a sequence of which only a run tells the length these are all cells, one tensor behind
        the other, and the shapes of the tensors: ``name[data]`` and ``name[shapes]``. Beside an
        optional value there is a bool, ``name[there]``; where it is false, the others mean nothing.
        """
        signature = self.signature
        arrays = signature.prepare(inputs)
        symbols = signature.bind(arrays)
        shapes = signature.output_shapes(symbols) if signature.outputs_are_known else []
        # The function that tells sizes also tells what is wrong with the inputs' sizes.
        if not signature.outputs_are_known or min((0, *chain(*shapes))) < 0:
            shapes = self._output_shapes(arrays)
        results = list(map(_room, signature.outputs, shapes))
        ports = (*signature.inputs, *signature.outputs)
        buffers = [_buffer(p, a) for p, a in zip(ports, [*arrays, *results], strict=True)]
        self._library.call(signature.name, *buffers, threads=threads)
        return {
            p.name: from_bytes(a) if p.encoding == TEXT else a
            for p, a in zip(signature.outputs, results, strict=True)
        }

    def workspace_bytes(self, inputs: Mapping[str, Any]) -> int:
        """Return how much memory a run on `inputs` takes for intermediates."""
        return self._sizes(self.signature.prepare(inputs))[0]

    def _sizes(self, arrays: list[Array]) -> list[int]:
        """Return what the sizes function tells: bytes of workspace, then the outputs' extents."""
        rank = sum(len(p.shape) for p in self.signature.outputs)
        sizes = np.zeros(1 + rank, np.int64)
        port = Port("sizes", "sizes", Int(64), (sizes.size,))
        buffers = [_buffer(p, a) for p, a in zip(self.signature.inputs, arrays, strict=True)]
        self._library.call(f"{self.signature.name}_sizes", *buffers, _buffer(port, sizes))
        return [int(n) for n in sizes]

    def _output_shapes(self, arrays: list[Array]) -> list[tuple[int, ...]]:
        extents = iter(self._sizes(arrays)[1:])
        return [tuple(next(extents) for _ in port.shape) for port in self.signature.outputs]

    def save(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write the library, its header, its C source and what `load` needs; return the paths.

        The library is a static one where LLVM compiled it and nothing here links.

        Files of an earlier save are replaced, each at once; other files are left alone.
        """
        manifest = Manifest(self.signature, self._declarations, self.targets)
        if isinstance(self._source, Path):
            origin: Source | Path = self._source
        else:
            origin = Source.of(self._source(), self.signature.name)
        return write_package(Path(directory), manifest, self._library.path, origin)

    def __repr__(self) -> str:
        ins = "; ".join(p.describe() for p in self.signature.inputs)
        outs = "; ".join(p.describe() for p in self.signature.outputs)
        return f"<CompiledModel {self.signature.name}: {ins} -> {outs}>"


def load(directory: str | os.PathLike[str]) -> CompiledModel:
    """Return the model that `CompiledModel.save` wrote; needs no compiler and no linker.

    Raises
    ------
    PackageError
        The directory holds no model, a file of it is damaged, or it was built for a machine with
        instructions that this one does not have.
    """
    path = Path(directory)
    manifest = read_package(path)
    library = load_library(
        manifest.library(path).absolute(), manifest.declarations, manifest.targets[0]
    )
    return CompiledModel(manifest.signature, library, manifest.declarations, manifest.targets, path)


def load_library(path: Path, declarations: Sequence[str], target: Target) -> Code:
    """Return the functions of a shared or static library for `target`."""
    if not target.is_native():
        return ForeignLibrary(path, target, declarations)
    return (StaticLibrary if path.suffix == ".a" else Library)(path, declarations)


def _room(port: Port, shape: Sequence[int]) -> Array:
    """Return an array for an output."""
    try:
        return np.empty(shape, port.dtype)
    except MemoryError:
        text = "x".join(map(str, shape))
        raise AllocationError(f"no memory for output '{port.name}', which is {text}") from None


def _buffer(port: Port, array: Array) -> CBuffer:
    """Return a C-contiguous array as a buffer."""
    dims: list[tuple[int, int, int]] = []
    stride = 1  # not the array's own: numpy gives an empty one any
    for extent in reversed(array.shape):
        dims.append((0, extent, stride))
        stride *= extent
    return make_buffer(array.ctypes.data, port.type, dims)
