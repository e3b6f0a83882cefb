"""ImageDecoder: images in the formats of files, which Python decodes before a library runs."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from PIL import Image

import onnx_frontend
from halo.errors import BufferError, CodegenError
from onnx_frontend import ModelError, UnsupportedOp

Array = np.ndarray[Any, np.dtype[Any]]
PICTURE = np.random.default_rng(3).integers(0, 256, (5, 7, 3)).astype(np.uint8)


def model(pixels: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(
        f"""<ir_version: 9, opset_import: ["" : 20]>
        p (uint8[n] x) => (uint8[h, w, c] pixels, float[h, w, c] y) {{
          pixels = ImageDecoder<pixel_format = "{pixels}">(x)
          f = Cast<to = 1>(pixels) s = Constant<value_float = 0.5>() y = Mul(f, s) }}"""
    )


def file_of(format: str, mode: str = "RGB") -> Array:
    out = io.BytesIO()
    Image.fromarray(PICTURE).convert(mode).save(out, format=format)
    return np.frombuffer(out.getvalue(), np.uint8)


@pytest.mark.parametrize("pixels", ["RGB", "BGR", "Grayscale"])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "BMP", "TIFF", "WEBP", "JPEG2000", "PPM"])
def test_files_become_pixels(pixels: str, format: str) -> None:
    x = file_of(format)
    want, half = ReferenceEvaluator(model(pixels)).run(None, {"x": x})
    made = onnx_frontend.compile(model(pixels)).run({"x": x})
    np.testing.assert_array_equal(made["pixels"], want)
    np.testing.assert_array_equal(made["y"], half)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1"])
def test_files_of_other_pixels_become_what_is_asked_for(mode: str) -> None:
    x = file_of("PNG", mode)
    made = onnx_frontend.compile(model("RGB")).run({"x": x})["pixels"]
    want = np.asarray(Image.open(io.BytesIO(x.tobytes())).convert("RGB"))
    np.testing.assert_array_equal(made, want)


def test_pixels_are_taken_as_they_are_also_from_a_saved_library(tmp_path: Path) -> None:
    compiled = onnx_frontend.compile(model("RGB"), shapes={"x": [900]})
    compiled.save(tmp_path)
    loaded = onnx_frontend.load(tmp_path)
    for x in (PICTURE, file_of("PNG")):
        np.testing.assert_array_equal(loaded.run({"x": x})["pixels"], PICTURE)
    assert "image RGB" in repr(loaded)


def test_what_is_no_image_is_refused() -> None:
    compiled = onnx_frontend.compile(model("RGB"))
    for x in (np.arange(50, dtype=np.uint8), np.zeros(0, np.uint8), file_of("PNG")[:60]):
        with pytest.raises(BufferError, match="'x': its bytes are no image"):
            compiled.run({"x": x})
    with pytest.raises(BufferError, match="got 2 dimensions"):
        compiled.run({"x": np.zeros((3, 4), np.uint8)})


def test_a_file_that_says_to_hold_more_than_pillow_decodes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled, x = onnx_frontend.compile(model("RGB")), file_of("PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", PICTURE.size // 9)  # twice as many are too many
    with pytest.raises(BufferError, match=r"can be decoded .*exceeds limit"):
        compiled.run({"x": x})


def test_without_pillow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, x = onnx_frontend.compile(model("RGB")), file_of("PNG")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(CodegenError, match="need Pillow"):
        compiled.run({"x": x})


def test_bytes_that_are_computed_are_refused() -> None:
    text = """<ir_version: 9, opset_import: ["" : 20]> p (uint8[n] x) => (uint8[h, w, c] y) {
        same = Identity(x) y = ImageDecoder(same) }"""
    with pytest.raises(UnsupportedOp, match="has no decoder"):
        onnx_frontend.compile(onnx.parser.parse_model(text))
    with pytest.raises(ModelError, match="pixel_format 'CMYK'"):
        onnx_frontend.compile(model("CMYK"))
