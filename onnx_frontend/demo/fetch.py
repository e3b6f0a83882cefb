"""Fetch a trained model out of a package of the index, pinned by checksum, and keep it."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from halo.errors import HaloError
from halo.files import write_atomically


class FetchError(HaloError):
    """A model that could not be fetched, or is not the one that was pinned."""


@dataclass(frozen=True, slots=True)
class PinnedModel:
    """A file inside a package, and what both must hash to.

    Attributes
    ----------
    requirement
        The package, with its version.
    wheel_sha256
        None where the wheel differs by platform; the file's own hash decides then.
    member
        The file in it.
    sha256
        Of the model.
    inside
        Where `member` is an archive, compressed by tar and gzip: the file in that.
    has_wheel
        If not, the package comes as source, and pip runs its setup to learn what it is.
    """

    requirement: str
    wheel_sha256: str | None
    member: str
    sha256: str
    inside: str | None = None
    has_wheel: bool = True


OCR = PinnedModel(
    requirement="rapidocr-onnxruntime==1.4.4",
    wheel_sha256="971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
    member="rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx",
    sha256="48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
)
"""PP-OCRv4 text recognition (SVTR, CTC), Apache-2.0."""


def cache_directory() -> Path:
    """Return where models are kept: halo/models in the user's cache directory."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "halo" / "models"


def fetch(model: PinnedModel) -> Path:
    """Return the path of `model`, fetched through pip unless it is already there.

    Raises
    ------
    FetchError
        pip cannot fetch it (no network, say), or a checksum differs.
    """
    kept = cache_directory() / f"{model.sha256[:16]}-{Path(model.inside or model.member).name}"
    if kept.is_file() and _sha256(kept.read_bytes()) == model.sha256:
        return kept
    with tempfile.TemporaryDirectory(prefix="halo-fetch-") as folder:
        data = _read(_download(model, Path(folder)).read_bytes(), model.member)
    if model.inside is not None:
        data = _read(data, model.inside)
    if _sha256(data) != model.sha256:
        raise FetchError(f"{model.member} of {model.requirement} is not the file that was pinned")
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomically(kept, data, 0o600)
    return kept


def _download(model: PinnedModel, folder: Path) -> Path:
    # pip checks the wheel against the hash; an index that serves another file is refused.
    pins = folder / "requirements.txt"
    pinned = model.wheel_sha256 is not None
    digest = f" --hash=sha256:{model.wheel_sha256}" if pinned else ""
    pins.write_text(f"{model.requirement}{digest}\n", encoding="ascii")
    form = "--only-binary" if model.has_wheel else "--no-binary"
    options = ["--no-deps", form, ":all:", "--quiet", "--disable-pip-version-check"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        *options,
        *(["--require-hashes"] if pinned else []),
    ]
    command += ["--retries", "1", "--timeout", "15", "-r", str(pins), "-d", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [f for f in folder.iterdir() if f != pins]
    if run.returncode or len(found) != 1:
        lines = [line for line in run.stderr.splitlines() if "ERROR" in line]
        raise FetchError(
            f"{model.requirement} could not be fetched: "
            f"{lines[0].removeprefix('ERROR: ') if lines else 'pip failed'}",
            hint="it needs the network, once; check the connection or pip's index settings",
        )
    return found[0]


def _read(archive: bytes, member: str) -> bytes:
    """Return a file of a wheel, or of an archive by tar and gzip."""
    data = io.BytesIO(archive)
    if zipfile.is_zipfile(data):
        with zipfile.ZipFile(data) as wheel:
            return wheel.read(member)
    data.seek(0)
    with tarfile.open(fileobj=data, mode="r:gz") as packed:
        file = packed.extractfile(member)
        assert file is not None
        return file.read()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
