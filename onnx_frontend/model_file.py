"""Reading model files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from onnx_frontend.check_model import DEEPEST, check_model
from onnx_frontend.errors import ModelError, naming_file
from onnx_frontend.external_data import load_external_data
from onnx_frontend.local_functions import inline_local_functions
from onnx_frontend.regular_files import opened, read_part, size_of

ModelSource: TypeAlias = str | os.PathLike[str] | bytes | onnx.ModelProto

_LARGEST_FILE = (1 << 31) - 1
"""Bytes that protobuf reads."""


def load_model(source: ModelSource) -> onnx.ModelProto:
    """Return the model in a file, in bytes, or as it is; local functions are expanded.

    Raises
    ------
    ModelError
        There is no such file, it is no ONNX model, it is cut short, what is in it contradicts
        itself, or the files that hold its weights are not there or not in its directory.
    """
    if isinstance(source, onnx.ModelProto):
        return _complete(source, None)
    if isinstance(source, bytes):
        return _complete(_parse(source), None)
    path = Path(source)
    data = _read(path)
    with naming_file(file_of(source)):
        return _complete(_parse(data), path)


def file_of(source: ModelSource) -> str:
    """Return the file that a model comes from, for messages; nothing if it comes from none."""
    return str(Path(source)) if isinstance(source, (str, os.PathLike)) else ""


def _read(path: Path) -> bytes:
    try:
        with opened(path, str(path)) as file:
            size = size_of(file)
            if size > _LARGEST_FILE:
                raise ModelError(
                    f"{path} has {size} bytes, more than protobuf reads",
                    hint="weights that large lie in files of their own: "
                    "onnx.save(model, path, save_as_external_data=True)",
                )
            return read_part(file, 0, _LARGEST_FILE)
    except FileNotFoundError:
        raise ModelError(
            f"there is no file {path}", hint="check the path; it is relative to where you are"
        ) from None


def _parse(data: bytes) -> onnx.ModelProto:
    if not data:
        raise ModelError("empty, not an ONNX model", hint="fetch or export it again")
    try:
        return onnx.load_model_from_string(data)
    except DecodeError as error:
        raise ModelError(
            f"not an ONNX model, or cut short ({len(data)} bytes), or its bodies stand more than "
            f"{DEEPEST} deep in each other",
            hint="compare its size or checksum with the original; fetch or export it again",
        ) from error


def _complete(model: onnx.ModelProto, path: Path | None) -> onnx.ModelProto:
    if not model.HasField("graph") or not model.graph.output or not model.opset_import:
        raise ModelError(
            "no whole ONNX model: its graph, outputs or opset versions are missing",
            hint="fetch or export it again",
        )
    check_model(model)
    load_external_data(model, path)
    return inline_local_functions(model)
