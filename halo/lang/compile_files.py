"""Compiling to files: the methods that Func and Pipeline share."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from halo.errors import CodegenError, user_location
from halo.ir.function import Function
from halo.lang.arguments import as_arguments
from halo.lang.driver import ForTarget, PathLike, get_driver
from halo.lang.output_files import OutputFileType, StmtOutputFormat
from halo.target import Target, target_or_default

Arguments = Sequence[Any] | None


class FileMethods:
    """Ways to write what the compiler makes of some outputs.

    All take `arguments`, the ImageParams and Params in the order that the compiled function takes
    them, before the outputs; without, those that `infer_arguments` finds. Buffers that are not
    among them become part of the code. `fn_name` is the name of the C function, that of the first
    output by default; `target` the machine to compile for, this one by default. Each file
    appears whole or not at all.

    Raises
    ------
    DefinitionError
        An input is missing in `arguments`.
    CodegenError
        The compiler is not there or fails, or a file cannot be written.
    """

    __slots__ = ()

    def _checked(self) -> list[Function]:
        """Return the Functions to compute, all of them defined."""
        raise NotImplementedError

    def compile_to(
        self,
        outputs: Mapping[OutputFileType, PathLike],
        arguments: Arguments = None,
        fn_name: str = "",
        target: Target | None = None,
    ) -> None:
        """Write files of several kinds, each to its path."""
        functions = self._checked()
        given = None if arguments is None else as_arguments(arguments)
        name = fn_name or functions[0].name
        get_driver().compile_to(functions, outputs, given, name, target)

    def compile_to_c(
        self,
        filename: PathLike,
        arguments: Arguments = None,
        fn_name: str = "",
        target: Target | None = None,
    ) -> None:
        """Write C that computes this into buffers; large constants go to a file beside it."""
        self.compile_to({OutputFileType.c_source: filename}, arguments, fn_name, target)

    def compile_to_header(
        self,
        filename: PathLike,
        arguments: Arguments = None,
        fn_name: str = "",
        target: Target | None = None,
    ) -> None:
        """Write the header, for C and C++."""
        self.compile_to({OutputFileType.c_header: filename}, arguments, fn_name, target)

    def compile_to_object(
        self,
        filename: PathLike,
        arguments: Arguments = None,
        fn_name: str = "",
        target: Target | None = None,
    ) -> None:
        """Write an object file, to be linked with ``-fopenmp -lm`` (one of LLVM: ``-pthread``)."""
        self.compile_to({OutputFileType.object: filename}, arguments, fn_name, target)

    def compile_to_assembly(
        self,
        filename: PathLike,
        arguments: Arguments = None,
        fn_name: str = "",
        target: Target | None = None,
    ) -> None:
        """Write assembly, to be read."""
        self.compile_to({OutputFileType.assembly: filename}, arguments, fn_name, target)

    def compile_to_file(
        self,
        filename_prefix: PathLike,
        arguments: Arguments = None,
        fn_name: str = "",
        target: Target | None = None,
    ) -> None:
        """Write ``PREFIX.o`` and ``PREFIX.h``."""
        kinds = (OutputFileType.object, OutputFileType.c_header)
        self.compile_to(_beside(filename_prefix, kinds), arguments, fn_name, target)

    def compile_to_static_library(
        self,
        filename_prefix: PathLike,
        arguments: Arguments = None,
        fn_name: str = "",
        target: Target | None = None,
    ) -> None:
        """Write ``PREFIX.a``, to be linked with ``-fopenmp -lm``, and ``PREFIX.h``."""
        kinds = (OutputFileType.static_library, OutputFileType.c_header)
        self.compile_to(_beside(filename_prefix, kinds), arguments, fn_name, target)

    def compile_to_lowered_stmt(
        self,
        filename: PathLike,
        arguments: Arguments = None,
        fmt: StmtOutputFormat = StmtOutputFormat.Text,
        target: Target | None = None,
    ) -> None:
        """Write the lowered statement as text."""
        html = fmt is StmtOutputFormat.HTML
        kind = OutputFileType.stmt_html if html else OutputFileType.stmt
        self.compile_to({kind: filename}, arguments, "", target)

    def compile_to_conceptual_stmt(
        self,
        filename: PathLike,
        arguments: Arguments = None,
        fmt: StmtOutputFormat = StmtOutputFormat.Text,
        target: Target | None = None,
    ) -> None:
        """Write the loops before memory is flat, as text."""
        html = fmt is StmtOutputFormat.HTML
        kind = OutputFileType.conceptual_stmt_html if html else OutputFileType.conceptual_stmt
        self.compile_to({kind: filename}, arguments, "", target)

    def compile_to_llvm_assembly(
        self,
        filename: PathLike,
        arguments: Arguments = None,
        fn_name: str = "",
        target: Target | None = None,
    ) -> None:
        """Write LLVM IR as text, optimised, with what it needs of halo's runtime."""
        self.compile_to({OutputFileType.llvm_assembly: filename}, arguments, fn_name, target)

    def compile_to_bitcode(
        self,
        filename: PathLike,
        arguments: Arguments = None,
        fn_name: str = "",
        target: Target | None = None,
    ) -> None:
        """Write LLVM IR as bitcode; see `compile_to_llvm_assembly`."""
        self.compile_to({OutputFileType.bitcode: filename}, arguments, fn_name, target)

    def compile_to_module(self, *arguments: Any, **more: Any) -> None:
        """Refused: a pipeline is one function, which `compile_to` writes."""
        raise CodegenError(
            "halo does not compile to a module",
            where=user_location(),
            hint="compile_to writes files of many kinds",
        )

    def compile_to_multitarget_static_library(
        self,
        filename_prefix: PathLike,
        arguments: Arguments,
        targets: Sequence[Target],
        fn_name: str = "",
    ) -> None:
        """Write ``PREFIX.a`` with code for each target, and ``PREFIX.h``.

        Its function runs the best code for the processor that it finds itself on.
        """
        kinds = (OutputFileType.static_library, OutputFileType.c_header)
        self._compile_versions(_beside(filename_prefix, kinds), arguments, targets, fn_name)

    def compile_to_multitarget_object_files(
        self,
        filename_prefix: PathLike,
        arguments: Arguments,
        targets: Sequence[Target],
        suffixes: Sequence[str] | None = None,
        fn_name: str = "",
    ) -> None:
        """Write an object file for each target, one that chooses among them, and ``PREFIX.h``.

        They are called PREFIX, a suffix, which is "-TARGET" by default, and ``.o``; that which
        chooses is ``PREFIX.o``.
        """
        kinds = (OutputFileType.object, OutputFileType.c_header)
        files = _beside(filename_prefix, kinds)
        self._compile_versions(files, arguments, targets, fn_name, suffixes)

    def _compile_versions(
        self,
        files: Mapping[OutputFileType, PathLike],
        arguments: Arguments,
        targets: Sequence[Target],
        fn_name: str,
        suffixes: Sequence[str] | None = None,
    ) -> None:
        name = fn_name or self._checked()[0].name
        compile_versions([(t, self, arguments) for t in targets], files, name, suffixes)


def compile_versions(
    versions: Sequence[tuple[Target, FileMethods, Arguments]],
    files: Mapping[OutputFileType, PathLike],
    fn_name: str,
    suffixes: Sequence[str] | None = None,
) -> None:
    """Write files of a function that runs the best of `versions`: target, outputs, arguments."""
    known = [
        ForTarget(
            target_or_default(target), made._checked(), None if args is None else as_arguments(args)
        )
        for target, made, args in versions
    ]
    get_driver().compile_versions(known, files, fn_name, suffixes)


def _beside(prefix: PathLike, kinds: Sequence[OutputFileType]) -> dict[OutputFileType, PathLike]:
    return {kind: f"{os.fspath(prefix)}{kind.value}" for kind in kinds}
