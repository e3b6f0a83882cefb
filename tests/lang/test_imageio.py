"""Images in files: planar arrays in, planar arrays out."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo import imageio

pytest.importorskip("PIL")


def picture(*shape: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return (np.arange(np.prod(shape)) % 251).astype(np.uint8).reshape(shape)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("layout", ["planar", "interleaved", "buffer"])
def test_what_is_written_is_read(channels: int, layout: str, tmp_path: Path) -> None:
    planar = picture(channels, 9, 11)
    image: Any = {
        "planar": planar,
        "interleaved": np.ascontiguousarray(np.moveaxis(planar, 0, 2)),
        "buffer": hl.Buffer(planar),
    }[layout]
    imageio.imwrite(tmp_path / "image.png", image)
    np.testing.assert_array_equal(imageio.imread(tmp_path / "image.png"), planar)


def test_an_image_without_channels_keeps_its_shape() -> None:
    stream = io.BytesIO()
    imageio.imwrite(stream, picture(5, 7), format="png")
    stream.seek(0)
    np.testing.assert_array_equal(imageio.imread(stream, "png"), picture(5, 7))


def test_x_of_a_buffer_goes_along_a_line_of_the_image(tmp_path: Path) -> None:
    pixels = np.zeros((2, 5, 3), np.uint8)
    pixels[1, 4, 2] = 200
    imageio.imwrite(tmp_path / "image.png", pixels)
    b = hl.Buffer(imageio.imread(tmp_path / "image.png"))
    assert (b.width(), b.height(), b.channels()) == (5, 2, 3)
    assert b[4, 1, 2] == 200


def test_copies_are_copies() -> None:
    planar = picture(3, 9, 11)
    interleaved = imageio.copy_to_interleaved(planar)
    assert interleaved.shape == (9, 11, 3) and imageio.is_interleaved(interleaved)
    assert not imageio.is_interleaved(planar)
    for again in (imageio.copy_to_planar(planar), imageio.copy_to_planar(interleaved)):
        np.testing.assert_array_equal(again, planar)
        assert not np.shares_memory(again, planar)


def test_an_array_that_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(hl.BufferError, match=r"float64 and shape .* is no image"):
        imageio.imwrite(tmp_path / "image.png", np.zeros((3, 9, 11)))


def test_without_pillow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(hl.HaloError, match=r"need Pillow\n.*halo-lang\[images\]"):
        imageio.imread("image.png")
