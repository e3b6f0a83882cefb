"""Options of the command line: shapes and inputs as ``name=value`` pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import click
import numpy as np

from onnx_frontend.signature import Array, Port, Signature


def parse_pairs(option: str, values: Sequence[str]) -> dict[str, str]:
    """Return ``name=value`` texts as a mapping.

    Raises
    ------
    click.BadParameter
        A text without ``=``, or a name given twice.
    """
    pairs: dict[str, str] = {}
    for text in values:
        name, equals, value = text.rpartition("=")
        if not equals or not name or not value:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint=option)
        if name in pairs:
            raise click.BadParameter(f"{name!r} is given twice", param_hint=option)
        pairs[name] = value
    return pairs


def parse_shape(text: str, option: str = "--shape") -> tuple[int, ...]:
    """Return ``1x3x48x320`` as a tuple of ints.

    Raises
    ------
    click.BadParameter
        It is no such text.
    """
    try:
        shape = tuple(int(part) for part in text.split("x"))
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise click.BadParameter(f"{text!r} is not a shape such as 1x3x48x320", param_hint=option)
    return shape


def parse_shapes(values: Sequence[str]) -> dict[str, tuple[int, ...]] | None:
    """Return ``x=1x3x48x320`` texts as shapes by input name; None if there are none."""
    shapes = {name: parse_shape(text) for name, text in parse_pairs("--shape", values).items()}
    return shapes or None


def parse_values(texts: Sequence[str]) -> dict[str, Array] | None:
    """Return ``n=3``, ``axes=2,``, ``x=file.npy`` texts as arrays by input name; None for none.

    Raises
    ------
    click.BadParameter
        A text is none of these, or a file cannot be read.
    """
    pairs = parse_pairs("--value", texts)
    return {name: _value(name, text) for name, text in pairs.items()} or None


def _value(name: str, text: str) -> Array:
    if text.endswith(".npy"):
        return _load(name, Path(text), "--value")
    *front, last = text.split(",")
    parts = [*front, last] if last else front
    try:
        numbers = np.array([float(p) if set(p) & set(".en") else int(p) for p in parts])
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is neither numbers such as 1,3,8,8 nor a file.npy", param_hint="--value"
        ) from None
    return numbers if front else numbers.reshape(())


def load_inputs(signature: Signature, values: Sequence[str], seed: int) -> dict[str, Array]:
    """Return the input arrays that ``name=file.npy``, ``name=random[:SHAPE]`` texts ask for."""
    ports = {p.name: p for p in signature.inputs}
    pairs = parse_pairs("--input", values)
    signature.check_names(pairs)
    generator = np.random.default_rng(seed)
    arrays: dict[str, Array] = {}
    for name, value in pairs.items():
        kind, _, shape = value.partition(":")
        if kind == "random":
            arrays[name] = _random(ports[name], shape, generator)
        else:
            arrays[name] = _load(name, Path(value))
    return arrays


def load_arrays(values: Sequence[str]) -> dict[str, Array]:
    """Return the arrays that ``name=file.npy`` and ``file.npz`` texts name.

    Raises
    ------
    click.BadParameter
        A text is neither, a file cannot be read, or a name is given twice.
    """
    archives = [text for text in values if "=" not in text and text.endswith(".npz")]
    pairs = parse_pairs("--input", [text for text in values if text not in archives])
    arrays = {name: _load(name, Path(value)) for name, value in pairs.items()}
    for text in archives:
        try:
            with np.load(text, allow_pickle=False) as archive:
                found = {name: archive[name] for name in archive.files}
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            raise click.BadParameter(
                f"{text} cannot be read as .npz: {error}", param_hint="--input"
            ) from None
        for name in found.keys() & arrays.keys():
            raise click.BadParameter(f"{name!r} is given twice", param_hint="--input")
        arrays |= found
    return arrays


def _load(name: str, path: Path, option: str = "--input") -> Array:
    try:
        loaded: Any = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise click.BadParameter(
            f"{name}: {path} cannot be read as .npy: {error}", param_hint=option
        ) from None
    if not isinstance(loaded, np.ndarray):
        raise click.BadParameter(f"{name}: {path} holds several arrays", param_hint=option)
    return loaded


def _random(port: Port, text: str, generator: np.random.Generator) -> Array:
    """Return floats in [-1, 1), integers in [0, 100), random bools."""
    shape = parse_shape(text, "--input") if text else _known_shape(port)
    dtype = port.type.dtype
    if port.type.is_float():
        return generator.uniform(-1, 1, shape).astype(dtype)
    high = 2 if port.type.is_bool() else 100
    return generator.integers(0, high, shape).astype(dtype)


def _known_shape(port: Port) -> tuple[int, ...]:
    sizes = [d for d in port.shape if isinstance(d, int)]
    if len(sizes) != len(port.shape):
        raise click.BadParameter(
            f"{port.describe()} has no fixed shape: give it one, "
            f"--input {port.name}=random:{'x'.join('8' for _ in port.shape)}",
            param_hint="--input",
        )
    return tuple(sizes)


def totals(sizes: Mapping[str, int]) -> str:
    """Return file sizes as lines of text."""
    width = max((len(n) for n in sizes), default=0)
    return "\n".join(f"  {name:<{width}}  {human(size)}" for name, size in sizes.items())


def human(size: int) -> str:
    """Return a number of bytes for people."""
    for unit, scale in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} B"
