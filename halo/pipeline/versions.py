"""The files of a pipeline that is compiled for several targets at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import codegen
from halo.errors import CodegenError, user_location
from halo.ir.lowered import LoweredModule
from halo.lang.driver import ForTarget, PathLike
from halo.lang.output_files import OutputFileType
from halo.lowering import lower
from halo.pipeline.embed import constants_of
from halo.pipeline.files import write_file
from halo.pipeline.request import c_name, count_values, make_request
from halo.target import processor_name

_KINDS = (OutputFileType.c_header, OutputFileType.object, OutputFileType.static_library)


def compile_versions_to_files(
    versions: Sequence[ForTarget],
    files: Mapping[OutputFileType, PathLike],
    name: str,
    suffixes: Sequence[str] | None = None,
) -> None:
    """Write `files` of a function `name` that runs the version for the processor.

    Of several object files `suffixes` tells the names; the path given is that of the one that
    chooses.

    Raises
    ------
    HaloError
        The targets cannot be versions of one library.
    CodegenError
        halo does not make one of the files, a compiler is not there or fails, or a file cannot
        be written.
    """
    endings = _endings(versions, suffixes)
    for kind in files:
        if kind not in _KINDS:
            raise CodegenError(
                f"halo does not write {kind.name} files for several targets",
                where=user_location(),
                hint=f"it writes {', '.join(k.name for k in _KINDS)}; for others name one target",
            )
    made = codegen.compile_versions([(v.target, _lowered(v, name)) for v in versions])
    for kind, path in files.items():
        for each, data in _contents(kind, Path(path), made, endings).items():
            write_file(each, data)


def _contents(
    kind: OutputFileType, path: Path, made: codegen.VersionObjects, endings: Sequence[str]
) -> dict[Path, bytes]:
    """Return the files that one of `kind` at `path` stands for."""
    if kind is OutputFileType.c_header:
        return {path: made.header.encode()}
    named = {
        path.with_name(f"{path.stem}{ending}{OutputFileType.object.value}"): data
        for ending, data in zip(endings, made.objects, strict=True)
    }
    if kind is OutputFileType.object:
        return {**named, path: made.chooser}
    members = {**{p.name: data for p, data in named.items()}, f"{path.stem}.o": made.chooser}
    return {path: codegen.make_archive(members)}


def _endings(versions: Sequence[ForTarget], suffixes: Sequence[str] | None) -> list[str]:
    if suffixes is None:
        return [f"-{processor_name(v.target)}" for v in versions]
    if len(suffixes) != len(versions) or len({"", *suffixes}) != len(suffixes) + 1:
        raise CodegenError(
            f"{len(versions)} targets need as many different suffixes, which are not empty",
            where=user_location(),
            hint="leave them out, and the files are called after the targets",
        )
    return list(suffixes)


def _lowered(version: ForTarget, name: str) -> LoweredModule:
    nothing = [None] * count_values(version.outputs)
    request = make_request(version.outputs, name, nothing, version.args, version.target)
    lowered = lower(request)
    return LoweredModule(c_name(name), (lowered.func,), constants_of(lowered))
