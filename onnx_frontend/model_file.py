"""Reading model files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import inliner

from onnx_frontend.errors import ModelError

ModelSource: TypeAlias = str | os.PathLike[str] | bytes | onnx.ModelProto


def load_model(source: ModelSource) -> onnx.ModelProto:
    """Return the model in a file, in bytes, or as it is; local functions are expanded.

    Raises
    ------
    ModelError
        There is no such file, it is no ONNX model, it is cut short, or the files that hold its
        weights are not there.
    """
    if isinstance(source, onnx.ModelProto):
        return _complete(source, "the model given")
    if isinstance(source, bytes):
        return _complete(_parse(source, "the bytes given"), "the bytes given")
    path = Path(source)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ModelError(
            f"there is no file {path}", hint="check the path; it is relative to where you are"
        ) from None
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    model = _complete(_parse(data, str(path)), str(path))
    return _with_external_data(model, path)


def _parse(data: bytes, where: str) -> onnx.ModelProto:
    if not data:
        raise ModelError(f"{where}: empty, not an ONNX model", hint="fetch or export it again")
    try:
        return onnx.load_model_from_string(data)
    except DecodeError as error:
        raise ModelError(
            f"{where}: not an ONNX model, or cut short ({len(data)} bytes)",
            hint="compare its size or checksum with the original; fetch or export it again",
        ) from error


def _complete(model: onnx.ModelProto, where: str) -> onnx.ModelProto:
    if not model.HasField("graph") or not model.graph.output or not model.opset_import:
        raise ModelError(
            f"{where}: no whole ONNX model: its graph, outputs or opset versions are missing",
            hint="fetch or export it again",
        )
    return inliner.inline_local_functions(model) if model.functions else model


def _with_external_data(model: onnx.ModelProto, path: Path) -> onnx.ModelProto:
    try:
        onnx.load_external_data_for_model(model, str(path.parent))
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise ModelError(
            f"{path}: its weights lie in another file that cannot be read: {error}",
            hint="keep the files that came with the model beside it",
        ) from error
    return model
