"""The files that a compilation writes: C, headers, LLVM IR, machine code, statements."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import codegen
from halo.errors import CodegenError, user_location
from halo.files import write_atomically
from halo.ir.function import Function, Image, Parameter
from halo.ir.lowered import LoweredModule
from halo.lang.driver import PathLike
from halo.lang.output_files import OutputFileType
from halo.lowering import Lowered, lower
from halo.pipeline.embed import constants_of
from halo.pipeline.parts import schedule_of
from halo.pipeline.request import c_name, count_values, make_request
from halo.target import Target

_KINDS = (
    OutputFileType.c_source,
    OutputFileType.c_header,
    OutputFileType.object,
    OutputFileType.static_library,
    OutputFileType.assembly,
    OutputFileType.llvm_assembly,
    OutputFileType.bitcode,
    OutputFileType.stmt,
    OutputFileType.conceptual_stmt,
    OutputFileType.schedule,
)


def compile_to_files(
    outputs: Sequence[Function],
    files: Mapping[OutputFileType, PathLike],
    args: Sequence[Image | Parameter],
    name: str,
    target: Target,
) -> None:
    """Write `files` of a function `name`, each whole or not at all.

    Raises
    ------
    CodegenError
        halo does not make one of them, there is no compiler, or a file cannot be written.
    """
    _check_kinds(files)
    none = [None] * count_values(outputs)
    lowered = lower(make_request(outputs, name, none, args, target))
    maker = _Maker(outputs, lowered, c_name(name), target)
    made = {Path(path): maker.make(kind, Path(path)) for kind, path in files.items()}
    for path, data in {**made, **maker.beside}.items():
        write_file(path, data)


def _check_kinds(files: Mapping[OutputFileType, PathLike]) -> None:
    for kind in files:
        if kind not in _KINDS:
            raise CodegenError(
                f"halo does not write {kind.name} files",
                where=user_location(),
                hint=f"it writes {', '.join(k.name for k in _KINDS)}",
            )


class _Maker:
    """Makes the bytes of each kind of file; `beside` are more files that some need."""

    def __init__(
        self, outputs: Sequence[Function], lowered: Lowered, name: str, target: Target
    ) -> None:
        self.outputs, self.lowered, self.target = outputs, lowered, target
        constants = constants_of(lowered)
        self.module = LoweredModule(name, (lowered.func,), constants)
        self.beside: dict[Path, bytes] = {}

    def make(self, kind: OutputFileType, path: Path) -> bytes:
        """Return what belongs into the file of `kind` at `path`."""
        match kind:
            case OutputFileType.stmt:
                return str(self.lowered.func.body).encode()
            case OutputFileType.conceptual_stmt:
                return str(self.lowered.loops).encode()
            case OutputFileType.schedule:
                return schedule_of(self.outputs).to_json().encode()
            case OutputFileType.c_header:
                return codegen.emit_header(self.module).encode()
            case OutputFileType.c_source:
                return self._source(path)
            case OutputFileType.llvm_assembly:
                return codegen.llvm_text(self.module, self.target)
            case OutputFileType.bitcode:
                return codegen.llvm_bitcode(self.module, self.target)
            case OutputFileType.assembly:
                return self._assembly()
            case _:
                code = self._object()
                library = kind is OutputFileType.static_library
                return codegen.make_archive({f"{self.module.name}.o": code}) if library else code

    def _assembly(self) -> bytes:
        if codegen.backend_of(self.target) == "llvm":
            return codegen.llvm_assembly(self.module, self.target)
        return codegen.compile_assembly(self._code(), self.target).read_bytes()

    def _object(self) -> bytes:
        if codegen.backend_of(self.target) == "llvm":
            return codegen.llvm_object(self.module, self.target)
        return codegen.compile_object(self._code(), self.target).read_bytes()

    def _code(self) -> codegen.CSource:
        return codegen.emit_c(self.module, self.target)

    def _source(self, path: Path) -> bytes:
        # The C names the file of its large constants, which lies beside it.
        source = codegen.emit_c(replace(self.module, name=path.stem), self.target)
        if source.blob:
            self.beside[path.with_name(source.blob_name)] = source.blob
        return source.text.encode()


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole.

    Raises
    ------
    CodegenError
        It cannot be written.
    """
    try:
        write_atomically(path, data)
    except OSError as error:
        raise CodegenError(
            f"cannot write {os.fspath(path)}: {error.strerror}", where=user_location()
        ) from error
