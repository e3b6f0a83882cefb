"""The data of tensors that lies in files beside the model.

A model comes from anywhere, so it must not say which files of this machine are read: only regular
files in the model's own directory, or below it, are. Symbolic links are followed as long as they
stay there. Where the model itself is a link, what lies beside its target counts as beside it, too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path, PurePosixPath

import onnx

from onnx_frontend.errors import ModelError, quoted
from onnx_frontend.proto_graphs import tensors_of
from onnx_frontend.regular_files import opened, read_part, size_of
from onnx_frontend.tensor_data import bits_of, check_dims

_KEYS = frozenset({"location", "offset", "length", "checksum", "basepath"})
_HINT = "keep the files that came with the model beside it, under the names that it has for them"


@dataclass(frozen=True, slots=True)
class _Part:
    """Where the bytes of a tensor lie: `length` is None up to the end of the file."""

    location: str
    offset: int
    length: int | None


def load_external_data(model: onnx.ModelProto, path: Path | None) -> None:
    """Put the data that lies in other files into the tensors of `model`, in place.

    Each tensor is read by itself, and only after it is known that the file has its bytes, so memory
    is taken for what the tensors hold and no more.

    Parameters
    ----------
    path
        The model's file; None if it is not known, and nothing can lie beside it.

    Raises
    ------
    ModelError
        A file is not in the model's directory, is missing, no regular file or too short, or what
        the tensor says of it makes no sense.
    """
    for tensor in _external(model):
        title = f"the data of tensor {quoted(tensor.name)}"
        part = _part_of(tensor, title)
        if tensor.HasField("raw_data"):
            raise ModelError(f"{title} is given twice, in raw_data and in {quoted(part.location)}")
        if path is None:
            raise ModelError(
                f"{title} lies in another file, {quoted(part.location)}",
                hint="give the path of the model instead, or load it by onnx.load(path)",
            )
        data = _read(part, _bytes_of(tensor, title), path, title)
        del tensor.external_data[:]
        tensor.data_location = onnx.TensorProto.DEFAULT
        tensor.raw_data = data


def _external(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    return (t for t in tensors_of(model) if t.data_location == onnx.TensorProto.EXTERNAL)


def _part_of(tensor: onnx.TensorProto, title: str) -> _Part:
    entries: dict[str, str] = {}
    for entry in tensor.external_data:
        if entry.key in entries:
            raise ModelError(f"{title}: {quoted(entry.key)} is given twice of its file")
        if entry.key in _KEYS:
            entries[entry.key] = entry.value
    if not entries.get("location"):
        raise ModelError(f"{title} lies in another file, which is not named")
    return _Part(entries["location"], _number(entries, "offset", title) or 0,
                 _number(entries, "length", title))  # fmt: skip


def _number(entries: Mapping[str, str], key: str, title: str) -> int | None:
    text = entries.get(key)
    if text is None:
        return None
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,19}", text, re.ASCII):
        raise ModelError(f"{title}: its {key} in the file is {quoted(text)}, no number of bytes")
    return int(text)


def _bytes_of(tensor: onnx.TensorProto, title: str) -> int:
    """Return how many bytes the dimensions and the type ask for."""
    check_dims(tensor)
    bits = bits_of(tensor.data_type)
    if bits is None:
        raise ModelError(f"{title}: elements of type {tensor.data_type} do not lie in files")
    return (int(prod(tensor.dims)) * bits + 7) // 8


def _read(part: _Part, wanted: int, path: Path, title: str) -> bytes:
    file = _find(part.location, path, title)
    with opened(file, f"{title}: {file}") as handle:
        there = size_of(handle)
        length = wanted if part.length is None else part.length
        if length != wanted:
            raise ModelError(
                f"{title}: it has {length} bytes in {file}, but its dimensions and type ask for "
                f"{wanted}"
            )
        if part.offset + length > there:
            raise ModelError(
                f"{title}: its bytes {part.offset} to {part.offset + length} lie beyond the end of "
                f"{file}, which has {there}",
                hint="compare its size or checksum with the original; fetch it again",
            )
        data = read_part(handle, part.offset, length)
    if len(data) < length:
        raise ModelError(f"{title}: {file} became shorter while it was read")
    return data


def _find(location: str, path: Path, title: str) -> Path:
    """Return the real path of a file that lies in the model's directory, or below it."""
    named = f"{title} lies in {quoted(location)}"
    if not isinstance(location, str) or "\0" in location:
        raise ModelError(f"{named}, which is no name of a file")
    relative = PurePosixPath(location)
    if relative.is_absolute() or ".." in relative.parts:
        raise ModelError(
            f"{named}, outside the model's directory: such files are not read", hint=_HINT
        )
    try:
        own = os.path.realpath(path.parent, strict=True)
        beside = os.path.dirname(os.path.realpath(path, strict=True))
        real = os.path.realpath(path.parent / relative, strict=True)
    except FileNotFoundError:
        raise ModelError(
            f"{named}, but there is no such file in {path.parent}", hint=_HINT
        ) from None
    except OSError as error:
        raise ModelError(f"{named}, which cannot be read: {error.strerror}", hint=_HINT) from None
    if not any(_is_below(real, directory) for directory in (own, beside)):
        raise ModelError(
            f"{named}, a link to {real} outside the model's directory: such files are not read",
            hint=_HINT,
        )
    return Path(real)


def _is_below(path: str, directory: str) -> bool:
    return os.path.commonpath((path, directory)) == directory
