"""A line of text as a picture, and a recogniser's answer as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from PIL import Image, ImageDraw, ImageFont

Array = np.ndarray[Any, np.dtype[Any]]
HEIGHT = 48
"""Height of the pictures the recogniser was trained on, in pixels."""


def draw(text: str) -> Image.Image:
    """Return `text` in black on white, `HEIGHT` pixels high."""
    font = ImageFont.load_default(HEIGHT * 2 // 3)
    left, top, right, bottom = font.getbbox(text)
    margin = HEIGHT // 3
    picture = Image.new("RGB", (int(right - left) + 2 * margin, HEIGHT), "white")
    place = (margin - left, (HEIGHT - (bottom - top)) / 2 - top)
    ImageDraw.Draw(picture).text(place, text, font=font, fill="black")
    return picture


def to_input(picture: Image.Image) -> Array:
    """Return `picture` as the recogniser wants it: (1, 3, height, width), in [-1, 1]."""
    pixels = np.asarray(picture, np.float32) / 255
    return np.ascontiguousarray(((pixels - 0.5) / 0.5).transpose(2, 0, 1)[None])


def characters(model: Path) -> list[str]:
    """Return the character of each class; class 0 is the blank, the last one the space."""
    metadata = {p.key: p.value for p in onnx.load(model, load_external_data=False).metadata_props}
    return ["", *metadata["character"].splitlines(), " "]


def decode(scores: Array, alphabet: list[str]) -> str:
    """Return the text of the best path: repeats merged, blanks dropped (CTC, greedy).

    The margins of the picture read as spaces, which are dropped too.

    Parameters
    ----------
    scores
        (time, class) probabilities.
    """
    best = scores.argmax(axis=1)
    kept = [c for i, c in enumerate(best) if c and (i == 0 or c != best[i - 1])]
    return "".join(alphabet[c] for c in kept).strip()
