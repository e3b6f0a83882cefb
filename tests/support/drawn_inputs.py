"""Inputs for trained models, drawn at random but of the kind that each was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import ascii_letters, digits
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Array = np.ndarray[Any, np.dtype[Any]]
Random = np.random.Generator
Shape = tuple[int, ...]


def draw_input(rng: Random, how: Mapping[str, Any], dtype: np.dtype[Any]) -> Array:
    """Return an array as `how` says: what to ``make`` (see `MAKERS`), its ``shape``, and more."""
    rest = {k: v for k, v in how.items() if k not in ("make", "shape")}
    made = MAKERS[how["make"]](rng, tuple(how["shape"]), **rest)
    return np.ascontiguousarray(np.asarray(made).astype(dtype)).reshape(how["shape"])


def noise(rng: Random, shape: Shape, scale: float = 1.0) -> Array:
    """Return normally distributed values."""
    return rng.normal(size=shape) * scale


def uniform(rng: Random, shape: Shape, low: float, high: float) -> Array:
    """Return values in [low, high)."""
    return rng.uniform(low, high, shape)


def whole(rng: Random, shape: Shape, low: int, high: int) -> Array:
    """Return integers in [low, high)."""
    return rng.integers(low, high, shape)


def fill(rng: Random, shape: Shape, value: float) -> Array:
    """Return one value everywhere."""
    return np.full(shape, value)


def mask(rng: Random, shape: Shape, behind: int) -> Array:
    """Return for each row of a batch which places are there: `behind` is what stands in front.

    Rows end at different places, the first row at the last one.
    """
    ends = [max(1, shape[1] - 2 * row) for row in range(shape[0])]
    there = np.arange(shape[1]) < np.array(ends)[:, None]
    return np.where(there, behind, 1 - behind)


def one_hot(rng: Random, shape: Shape) -> Array:
    """Return a 1 at a random place of the last axis, and zeros."""
    places = rng.integers(0, shape[-1], shape[:-1])
    return np.eye(shape[-1])[places]


def sound(rng: Random, shape: Shape, amplitude: float) -> Array:
    """Return something like a voice at 16 kHz along the last axis: harmonics, swelling, noise."""
    time = np.arange(shape[-1]) / 16000
    pitch = rng.uniform(90, 250, (*shape[:-1], 1))
    swell = np.sin(2 * np.pi * 3 * time + pitch) ** 2
    wave = sum(np.sin(2 * np.pi * n * pitch * time) / n for n in range(1, 12))
    return amplitude * (swell * wave / 3 + 0.02 * rng.normal(size=shape))


def picture(
    rng: Random, shape: Shape, low: float, high: float, channels_last: bool = False
) -> Array:
    """Return pictures: soft colours with sharp dark strokes, as a page or a photograph has."""
    batch, channels, height, width = shape
    if channels_last:
        batch, height, width, channels = shape
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    made = np.empty((batch, channels, height, width))
    for plane in made.reshape(-1, height, width):
        a, b, c = rng.uniform(0, 6, 3)
        plane[:] = 0.75 + 0.25 * np.sin(a * x + b * y + c)
    for n in range(batch):
        for _ in range(12):
            top, left = rng.integers(0, height), rng.integers(0, width)
            tall, wide = rng.integers(1, height // 3 + 2), rng.integers(1, width // 9 + 2)
            made[n, :, top : top + tall, left : left + wide] *= rng.uniform(0, 0.4)
    made = low + (high - low) * made
    return made.transpose(0, 2, 3, 1) if channels_last else made


def text(rng: Random, shape: Shape, low: float, high: float, height: int) -> Array:
    """Return pictures of dark letters on a light ground, in lines of `height` pixels."""
    batch, channels, tall, wide = shape
    font = ImageFont.load_default(height * 2 // 3)
    made = np.empty((batch, tall, wide))
    for n in range(batch):
        page = Image.new("L", (wide, tall), 255)
        for top in range(0, tall - height // 2, height):
            letters = rng.choice(list(ascii_letters + digits + "   "), 2 * wide // height)
            ImageDraw.Draw(page).text((height // 4, top), "".join(letters), font=font, fill=0)
        made[n] = np.asarray(page) / 255
    return np.repeat(low + (high - low) * made[:, None], channels, axis=1)


MAKERS: dict[str, Callable[..., Array]] = {
    f.__name__: f for f in (noise, uniform, whole, fill, mask, one_hot, sound, picture, text)
}
"""What can be drawn, by name."""
