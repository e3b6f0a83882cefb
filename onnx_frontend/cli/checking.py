"""``halo check`` and ``halo reduce``: is a compiled model right, and if not, where is it wrong?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from onnx_frontend.check_text import check_text
from onnx_frontend.checking import check_model
from onnx_frontend.cli.options import load_arrays, parse_shapes
from onnx_frontend.cli.progress import Bars
from onnx_frontend.comparing import Tolerance
from onnx_frontend.reduced_files import write_reduction
from onnx_frontend.reducing import reduce_model
from onnx_frontend.reference import REFERENCES

_F = TypeVar("_F", bound=Callable[..., Any])

_OPTIONS = (
    click.argument("model", type=click.Path(path_type=Path)),
    click.option(
        "--input",
        "inputs",
        multiple=True,
        metavar="NAME=FILE.npy|FILE.npz",
        help="An input array, or a file of several by name. Others are random.",
    ),
    click.option(
        "--shape",
        "shapes",
        multiple=True,
        metavar="NAME=1x3x48x320|SIZE=16",
        help="Fix the shape of an input; or say how large a symbolic size is in random inputs "
        "(2 where it is the first axis, else 16).",
    ),
    click.option("--seed", default=0, show_default=True, help="For random inputs."),
    click.option("--rtol", default=1e-3, show_default=True, type=click.FloatRange(min=0)),
    click.option("--atol", default=1e-4, show_default=True, type=click.FloatRange(min=0)),
    click.option(
        "--reference",
        default="onnx",
        show_default=True,
        type=click.Choice(REFERENCES),
        help="What is right: the evaluator of the ONNX standard, or onnxruntime.",
    ),
)


def _with_options(function: _F) -> _F:
    """Give a command the model, its inputs, and what is right."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command("check")
@_with_options
@click.option(
    "--dump-all",
    "dump",
    default=None,
    type=click.Path(path_type=Path, file_okay=False),
    help="Write every tensor to this directory: halo/NAME.npy and reference/NAME.npy.",
)
@click.option("--top", default=10, show_default=True, help="How many tensors to list.")
@click.pass_context
def check(
    context: click.Context,
    model: Path,
    inputs: tuple[str, ...],
    shapes: tuple[str, ...],
    seed: int,
    rtol: float,
    atol: float,
    reference: str,
    dump: Path | None,
    top: int,
) -> None:
    """Run MODEL and compare each of its tensors with a reference.

    Tells the first node whose result differs by more than atol + rtol * |reference|. Leaves with 1
    if there is one.
    """
    with Bars() as progress:
        report = check_model(
            model,
            load_arrays(inputs),
            shapes=parse_shapes(shapes),
            tolerance=Tolerance(rtol, atol),
            reference=reference,
            seed=seed,
            dump=dump,
            progress=progress,
        )
    click.echo(check_text(report, top))
    if report.first_wrong is not None:
        context.exit(1)


@click.command("reduce")
@_with_options
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory to write the reduced model, its data and a test to.",
)
@click.option(
    "--timeout",
    default=300.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds after which compiling and running a model counts as a crash.",
)
def reduce(
    model: Path,
    inputs: tuple[str, ...],
    shapes: tuple[str, ...],
    seed: int,
    rtol: float,
    atol: float,
    reference: str,
    output: Path,
    timeout: float,
) -> None:
    """Shrink MODEL, which fails, to the smallest model that fails in the same way.

    It fails when an answer is wrong, when halo refuses it, or when compiling or running it crashes.
    """
    reduction = reduce_model(
        model,
        load_arrays(inputs),
        shapes=parse_shapes(shapes),
        tolerance=Tolerance(rtol, atol),
        reference=reference,
        seed=seed,
        timeout=timeout,
        told=lambda line: click.echo(f"  {line}"),
    )
    for node in reduction.case.model.graph.node:
        reads = [
            f"{n}: {a.dtype}[{', '.join(map(str, a.shape))}]"
            for n in node.input
            if (a := reduction.case.inputs.get(n)) is not None
        ]
        click.echo(f"{node.op_type} node '{node.name}' {'; '.join(reads)}".rstrip())
    click.echo(f"{reduction.failure.kind}: {reduction.failure.message}")
    write_reduction(reduction, output)
    click.echo(f"wrote {output}: model.onnx, test_data_set_0, test_reduced.py")
