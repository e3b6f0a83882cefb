"""A compiled model as files: library, header, C source, and a manifest with checksums."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from codegen import CSource
from halo.errors import HaloError
from halo.target import Target, host_target
from onnx_frontend.signature import Signature

FORMAT = 2
MANIFEST = "model.json"


class PackageError(HaloError):
    """A directory that holds no compiled model, or one that cannot be used here."""


@dataclass(frozen=True, slots=True)
class Source:
    """The C of a model: its header, and files by name, those of its large constants included."""

    header: str
    files: Mapping[str, bytes] = field(repr=False)

    @staticmethod
    def of(sources: Sequence[CSource], name: str) -> Source:
        """Return what `sources` are, of which the first becomes ``NAME.c``."""
        files: dict[str, bytes] = {}
        for i, source in enumerate(sources):
            files[f"{source.name if i else name}.c"] = source.text.encode()
            if source.blob:
                files[source.blob_name] = source.blob
            files.update(source.beside)
        return Source(sources[0].header, files)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What there is to know of a compiled model beside its machine code.

    Attributes
    ----------
    signature
        Inputs, outputs, symbols.
    declarations
        The C declarations of its functions.
    targets
        The machines it is for.
    checksums
        SHA-256 by file name.
    """

    signature: Signature
    declarations: tuple[str, ...]
    targets: tuple[Target, ...]
    checksums: Mapping[str, str] = field(default_factory=dict)

    def library(self, directory: Path) -> Path:
        """Return the path of the library in `directory`."""
        static = f"lib{self.signature.name}.a"
        return directory / (static if static in self.checksums else static[:-1] + "so")

    def to_json(self, checksums: Mapping[str, str]) -> str:
        """Return the manifest as text, for files with the given checksums."""
        data = {
            "format": FORMAT,
            "halo": _own_version(),
            "signature": self.signature.to_data(),
            "declarations": list(self.declarations),
            "targets": [
                {
                    "name": t.name,
                    "arch": t.machine,
                    "os": t.system,
                    "features": sorted(t.features),
                }
                for t in self.targets
            ],
            "files": dict(checksums),
        }
        return json.dumps(data, indent=1)


def _own_version() -> str:
    try:
        return version("halo-lang")
    except PackageNotFoundError:
        return "unknown"


def write_package(
    directory: Path, manifest: Manifest, library: Path, source: Source | Path
) -> tuple[Path, ...]:
    """Write a model to `directory` and return the paths of its files.

    Everything is written beside its place first. A new directory then appears whole; in an
    existing one files are replaced one by one, the manifest last, so that at every moment either
    the old model or the new one loads, or the checksums tell that neither does.

    Parameters
    ----------
    source
        The C, or the directory of a saved model to copy it from.
    """
    directory = directory.absolute()
    directory.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        names = _fill(stage, manifest, library, source)
        stage.chmod(0o755)
        if directory.exists():
            for name in names:
                os.replace(stage / name, directory / name)
        else:
            os.rename(stage, directory)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return tuple(directory / name for name in names)


def _fill(stage: Path, manifest: Manifest, library: Path, source: Source | Path) -> list[str]:
    name = manifest.signature.name
    own = stage / f"lib{name}{library.suffix}"
    shutil.copyfile(library, own)
    own.chmod(0o755 if library.suffix == ".so" else 0o644)
    if isinstance(source, Path):
        saved = read_package(source)
        source_library = saved.library(source).name
        for file in saved.checksums:
            if file != source_library:
                shutil.copyfile(source / file, stage / file)
    else:
        (stage / f"{name}.h").write_text(source.header, encoding="utf-8")
        for file, data in source.files.items():
            (stage / file).write_bytes(data)
    files = sorted(stage.iterdir())
    checksums = {f.name: _sha256(f) for f in files}
    (stage / MANIFEST).write_text(manifest.to_json(checksums), encoding="utf-8")
    return [*checksums, MANIFEST]


def read_package(directory: Path) -> Manifest:
    """Return the manifest of the model in `directory`, having checked its library.

    Raises
    ------
    PackageError
        No model, a damaged one, or one for another machine.
    """
    path = directory / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        manifest = _manifest(data)
    except FileNotFoundError:
        raise PackageError(
            f"{directory} holds no compiled model: there is no {MANIFEST}",
            hint="halo compile MODEL.onnx -o DIRECTORY makes one",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PackageError(f"{path} cannot be read: {error}", hint="compile it again") from None
    _check_library(directory, manifest)
    return manifest


def _manifest(data: Any) -> Manifest:
    if data["format"] != FORMAT:
        raise ValueError(f"it has format {data['format']}, this halo reads {FORMAT}")
    targets = tuple(
        Target.of(about["name"], about["arch"], about["os"], about["features"])
        for about in data["targets"]
    )
    signature = Signature.from_data(data["signature"])
    return Manifest(signature, tuple(data["declarations"]), targets, data["files"])


def _check_library(directory: Path, manifest: Manifest) -> None:
    library = manifest.library(directory)
    try:
        found = _sha256(library)
    except OSError as error:
        raise PackageError(
            f"{library} cannot be read: {error.strerror}", hint="compile it again"
        ) from None
    if found != manifest.checksums.get(library.name):
        raise PackageError(
            f"{library} is damaged: its checksum is not the one in {MANIFEST}",
            hint="compile it again",
        )
    host = host_target()
    for target in manifest.targets:
        if not target.is_native():
            raise PackageError(
                f"{library} is for {target.machine} under {target.system}, "
                f"this is {host.machine} under {host.system}"
            )
    missing = min((t.features - host.features for t in manifest.targets), key=len)
    if missing:
        raise PackageError(
            f"{library} needs a processor with {', '.join(sorted(missing))}",
            hint="compile it for this one, or for all: --target x86-64",
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
