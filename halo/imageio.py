"""Images in files as arrays in the order of axes that Buffers have: ``import halo.imageio``.

A file holds the channels of a pixel side by side: its array has the shape (height, width,
channels), *interleaved*. `Buffer(array)` turns the axes around, so that ``b[x, y, c]`` needs an
array of shape (channels, height, width), *planar*. Needs Pillow, the extra ``images``.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np

from halo.errors import BufferError, CodegenError, user_location

_Array = np.ndarray[Any, np.dtype[Any]]
_MOST_CHANNELS = 4


def is_interleaved(im: Any) -> bool:
    """Whether `im` is of 3 dimensions with up to 4 channels side by side in memory."""
    a = np.asarray(im)
    return bool(a.ndim == 3 and a.shape[2] <= _MOST_CHANNELS and a.strides[2] == a.itemsize)


def copy_to_interleaved(im: Any) -> _Array:
    """Return a copy of `im`; of shape (height, width, channels) if it was planar."""
    a = np.asarray(im)
    planar = a.ndim == 3 and not is_interleaved(a)
    return np.array(np.moveaxis(a, 0, 2) if planar else a, order="C")


def copy_to_planar(im: Any) -> _Array:
    """Return a copy of `im`; of shape (channels, height, width) if it was interleaved."""
    a = np.asarray(im)
    return np.array(np.moveaxis(a, 2, 0) if is_interleaved(a) else a, order="C")


def imread(uri: str | Path | IO[bytes], format: str | None = None) -> _Array:
    """Return the image in a file: (height, width), or planar where it has channels.

    Parameters
    ----------
    uri
        The file, or where it is.
    format
        What it is written in, as ``png``, where the name does not say so.
    """
    with pillow().open(uri, formats=[format] if format else None) as opened:
        return copy_to_planar(np.asarray(opened))


def imwrite(uri: str | Path | IO[bytes], im: Any, format: str | None = None) -> None:
    """Write an image: an array or a Buffer, planar, interleaved or without channels.

    Raises
    ------
    BufferError
        It is nothing that an image file holds.
    """
    a = copy_to_interleaved(im)
    try:
        image = pillow().fromarray(a)
    except TypeError:
        raise BufferError(
            f"an array of {a.dtype} and shape {a.shape} is no image that a file holds",
            where=user_location(),
            hint="uint8 of one channel or of 3 or 4, for instance",
        ) from None
    image.save(uri, format=format)


def pillow() -> Any:
    """Return the module ``PIL.Image``.

    Raises
    ------
    CodegenError
        Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise CodegenError(
            "images in files need Pillow",
            where=user_location(),
            hint="pip install 'halo-lang[images]', or pass arrays: halo.Buffer(array)",
        ) from None
    return Image
