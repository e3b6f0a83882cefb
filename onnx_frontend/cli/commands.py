"""The commands, thin layers of click over the library."""

from __future__ import annotations

import importlib
import importlib.util
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from halo.errors import HaloError
from halo.target import Target
from onnx_frontend.cli.checking import check, reduce
from onnx_frontend.cli.options import human, load_inputs, parse_shapes, parse_values, totals
from onnx_frontend.cli.progress import Bars
from onnx_frontend.cli.schedules import schedule
from onnx_frontend.compiled_model import CompiledModel, load
from onnx_frontend.compiler import compile as compile_model
from onnx_frontend.inspect_model import inspect_model

SHAPE = click.option(
    "--shape",
    "shapes",
    multiple=True,
    metavar="NAME=1x3x48x320",
    help="Fix the shape of an input. May be repeated.",
)
VALUE = click.option(
    "--value",
    "values",
    multiple=True,
    metavar="NAME=NUMBER,...|FILE.npy",
    help="Fix the value of an input; the compiled model is not given it. '2,' is a vector of one.",
)
TARGET = click.option(
    "--target",
    default="host",
    show_default=True,
    help="host, x86-64[-v2|-v3|-v4], aarch64-linux; of x86-64-v2,x86-64-v4 the better one runs.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="halo-lang", prog_name="halo")
def halo() -> None:
    """Compile trained ONNX models to shared libraries with a C header; handle schedules."""


@halo.command("compile")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory to write the library, header and source to.",
)
@click.option("--name", default=None, help="Name of the library and its function in C.")
@SHAPE
@VALUE
@TARGET
def compile_command(
    model: Path,
    output: Path,
    name: str | None,
    shapes: tuple[str, ...],
    values: tuple[str, ...],
    target: str,
) -> None:
    """Compile MODEL to a shared library, its header and its C source."""
    start = time.perf_counter()
    compiled = _compile(model, shapes, values, target, name)
    files = compiled.save(output)
    click.echo(f"{compiled.signature.name} in {output}")
    click.echo(totals({file.name: file.stat().st_size for file in files}))
    _echo_ports(compiled)
    click.echo(f"  {compiled.report}")
    click.echo(f"  {time.perf_counter() - start:.1f} s")


@halo.command("run")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=FILE.npy|random[:SHAPE]",
    help="An input array. Once per input of the model.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory to write the outputs to, one .npy each.",
)
@click.option("--seed", default=0, show_default=True, help="For random inputs.")
@SHAPE
@VALUE
@TARGET
def run_command(
    model: Path,
    inputs: tuple[str, ...],
    output: Path,
    seed: int,
    shapes: tuple[str, ...],
    values: tuple[str, ...],
    target: str,
) -> None:
    """Run MODEL: a directory that `halo compile` wrote, or an .onnx file."""
    compiled = load(model) if model.is_dir() else _compile(model, shapes, values, target, None)
    arrays = load_inputs(compiled.signature, inputs, seed)
    start = time.perf_counter()
    results = compiled.run_ports(arrays)
    elapsed = time.perf_counter() - start
    output.mkdir(parents=True, exist_ok=True)
    for port in compiled.signature.outputs:
        array = results[port.name]
        path = output / f"{port.identifier}.npy"
        np.save(path, array)
        shape = "x".join(str(n) for n in array.shape) or "scalar"
        click.echo(f"{port.name}: {array.dtype} {shape} -> {path} ({human(array.nbytes)})")
    click.echo(f"{elapsed * 1000:.1f} ms")


@halo.command("inspect")
@click.argument("model", type=click.Path(path_type=Path))
@SHAPE
def inspect_command(model: Path, shapes: tuple[str, ...]) -> None:
    """Show the inputs, outputs and operators of MODEL, and whether it can be compiled."""
    click.echo(inspect_model(model, parse_shapes(shapes)).text())


@halo.command("demo")
@click.option(
    "--directory",
    default=Path("build/demo"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the files go.",
)
def demo_command(directory: Path) -> None:
    """Compile a text recogniser, read a line of text with it, then blur a picture."""
    if importlib.util.find_spec("PIL") is None:
        raise HaloError(
            "the demo draws with Pillow, which is not installed",
            hint="pip install 'halo-lang[demo]'",
        )
    # Pillow is an extra, so what needs it is imported once it is known to be there.
    demo: Any = importlib.import_module("onnx_frontend.demo.main")
    demo.main(directory, click.echo)


def _compile(
    model: Path, shapes: tuple[str, ...], values: tuple[str, ...], target: str, name: str | None
) -> CompiledModel:
    with Bars() as progress:
        return compile_model(
            model,
            shapes=parse_shapes(shapes),
            values=parse_values(values),
            target=_targets(target),
            name=name,
            progress=progress,
        )


def _targets(text: str) -> Target | list[Target]:
    made = [Target.parse(word) for word in text.split(",")]
    return made if len(made) > 1 else made[0]


def _echo_ports(compiled: CompiledModel) -> None:
    for port in compiled.signature.inputs:
        click.echo(f"  input   {port.describe()}")
    for port in compiled.signature.outputs:
        click.echo(f"  output  {port.describe()}")


halo.add_command(check)
halo.add_command(reduce)
halo.add_command(schedule)
