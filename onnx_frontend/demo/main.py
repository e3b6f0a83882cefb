"""`halo demo`: read a line of text with a compiled model, then blur a picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from onnx_frontend.compiled_model import CompiledModel, load
from onnx_frontend.compiler import compile as compile_model
from onnx_frontend.demo.blur import Array, blur_both_ways
from onnx_frontend.demo.fetch import OCR, FetchError, fetch
from onnx_frontend.demo.text_line import characters, decode, draw, to_input

TEXT = "halo reads this line: 48 pixels high, compiled to C"
Echo = Callable[[str], None]


def main(directory: Path, echo: Echo = print) -> None:
    """Run the demo; what it makes goes to `directory`, what it finds to `echo`.

    Raises
    ------
    HaloError
        Something that the user can mend. No network is not an error: the text is left out.
    """
    directory.mkdir(parents=True, exist_ok=True)
    try:
        path = fetch(OCR)
    except FetchError as error:
        echo(f"The text recogniser is left out: {error}\n")
    else:
        read_text(path, directory, echo)
    blur_picture(directory, echo)


def read_text(model: Path, directory: Path, echo: Echo) -> str:
    """Compile the recogniser `model`, draw `TEXT`, read it; return what was read."""
    echo(f"Reading a line of text with {OCR.member.rpartition('/')[2]} ({OCR.requirement})")
    start = time.perf_counter()
    # Any number of lines of any width; the height is the one it was trained on.
    shapes = {"x": ("lines", 3, 48, "width")}
    compiled = compile_model(model, shapes=shapes, name="ocr")
    files = compiled.save(directory / "ocr")
    built = time.perf_counter() - start
    picture = draw(TEXT)
    picture.save(directory / "line.png")
    reader = load(directory / "ocr")
    read, milliseconds = _read(reader, to_input(picture), characters(model))
    echo(f"  read      {read!r}")
    echo(f"  expected  {TEXT!r}{'' if read == TEXT else '   <- differs'}")
    echo(f"  compiled in {built:.1f} s, read in {milliseconds:.1f} ms")
    echo(f"  library   {', '.join(f.name for f in files)} in {directory / 'ocr'}")
    echo(f"  picture   {directory / 'line.png'}\n")
    return read


def _read(reader: CompiledModel, pixels: Array, alphabet: list[str]) -> tuple[str, float]:
    name, result = reader.signature.inputs[0].name, reader.signature.outputs[0].name
    scores = reader.run({name: pixels})[result]
    times = []
    for _ in range(5):
        start = time.perf_counter()
        scores = reader.run({name: pixels})[result]
        times.append(time.perf_counter() - start)
    return decode(scores[0], alphabet), min(times) * 1000


def blur_picture(directory: Path, echo: Echo) -> None:
    """Blur a drawn picture and save both."""
    before = _picture(1536, 1024)
    result = blur_both_ways(before)
    Image.fromarray(before).save(directory / "before.png")
    Image.fromarray(result.picture).save(directory / "after.png")
    echo("A 3x3 blur of a picture of 1536x1024, written in the language")
    echo(f"  as it stands {result.naive_ms:.2f} ms, scheduled {result.scheduled_ms:.2f} ms")
    echo(f"  pictures  {directory / 'before.png'}, {directory / 'after.png'}")


def _picture(width: int, height: int) -> Array:
    """Return rings of colour with noise, the sort of picture that a blur calms down."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    r = np.hypot(x - width / 2, y - height / 2)
    waves = [np.sin(r / (9 + 4 * c)) * 90 + 128 for c in range(3)]
    noise = np.random.default_rng(0).normal(0, 30, (height, width, 3))
    return np.clip(np.stack(waves, axis=-1) + noise, 0, 255).astype(np.uint8)
