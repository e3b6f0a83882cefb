"""Images in the formats of files, as inputs: Python decodes them before the library runs.

An input that an ImageDecoder reads is one of pixels for the compiled code, (height, width,
channels) of uint8. From Python it is given as the bytes of a file (uint8, one axis), or decoded.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from halo.errors import BufferError
from halo.imageio import pillow
from onnx_frontend.graph import Graph

Array = np.ndarray[Any, np.dtype[Any]]

CHANNELS = {"RGB": 3, "BGR": 3, "Grayscale": 1}
"""The formats of pixels that an ImageDecoder gives, and how many numbers a pixel has."""

_PREFIX = "image "


def encoding_of(pixels: str) -> str:
    """Return what `Tensor.encoding` and `Value.kind` are of an input decoded to such `pixels`."""
    return f"{_PREFIX}{pixels}"


def pixels_of(encoding: str | None) -> str | None:
    """Return the format of pixels that is encoded so; None if it is another encoding."""
    return encoding.removeprefix(_PREFIX) if encoding and encoding.startswith(_PREFIX) else None


def encoded_inputs(graph: Graph) -> Mapping[str, str]:
    """Return the format of pixels of each input that nothing but one ImageDecoder reads."""
    uses = graph.uses()
    names = {v.name for v in graph.inputs if v.kind == "tensor"}
    return {
        node.inputs[0]: str(node.attributes.get("pixel_format", "RGB"))
        for node in graph.nodes
        if not node.domain
        and node.op_type == "ImageDecoder"
        and node.inputs[0] in names
        and uses[node.inputs[0]] == 1
    }


def decoded(name: str, value: Array, pixels: str) -> Array:
    """Return the pixels (height, width, channels) of the image whose file has the bytes `value`.

    Raises
    ------
    BufferError
        Pillow cannot read it.
    """
    image = pillow()
    try:
        with image.open(io.BytesIO(value.astype(np.uint8).tobytes())) as opened:
            made = np.asarray(opened.convert("L" if pixels == "Grayscale" else "RGB"))
    except (OSError, SyntaxError, ValueError, image.DecompressionBombError) as error:
        raise BufferError(
            f"input {name!r}: its bytes are no image that can be decoded ({error})",
            hint="bytes of a JPEG, PNG, BMP, TIFF, WebP, JPEG 2000 or PNM file, or pixels: "
            f"uint8 of (height, width, {CHANNELS[pixels]})",
        ) from None
    if pixels == "Grayscale":
        return made[..., None]
    return made[..., ::-1] if pixels == "BGR" else made
