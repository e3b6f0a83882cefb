"""The command line of generators, with the options of Halide's."""

from __future__ import annotations

import importlib
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from halo.errors import HaloError
from halo.generators.context import GeneratorContext
from halo.generators.registry import find_generator, generator_names
from halo.lang.compile_files import compile_versions
from halo.lang.output_files import OutputFileType
from halo.lang.pipeline import Pipeline
from halo.target import Target


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-g", "generator", default="", metavar="NAME", help="The generator to run.")
@click.option("-o", "output", required=True, metavar="DIR", help="Where to write the files.")
@click.option(
    "-e",
    "emit",
    default="c_header,static_library",
    show_default=True,
    metavar="KIND,...",
    help="Kinds of files to write.",
)
@click.option("-f", "function", default="", metavar="NAME", help="Name of the C function.")
@click.option("-n", "base", default="", metavar="NAME", help="Name of the files.")
@click.option("-x", "endings", default="", metavar=".OLD=.NEW,...", help="Other file endings.")
@click.option("--load", multiple=True, metavar="FILE", help="A file or module with generators.")
@click.argument("params", nargs=-1, metavar="[target=TARGET,...] [PARAM=VALUE]...")
def command(
    generator: str,
    output: str,
    emit: str,
    function: str,
    base: str,
    endings: str,
    load: tuple[str, ...],
    params: tuple[str, ...],
) -> None:
    """Compile a generator: its pipeline, for one target or several, to files."""
    values = dict(_pair(p, "a parameter") for p in params)
    try:
        for source in load:
            _load(source)
        name = generator or _only_generator()
        targets = [Target(text) for text in values.pop("target", "host").split(",")]
        built = [_build(name, values, target) for target in targets]
        function = function or name
        paths = _paths(Path(output), base or function, emit, endings)
        if len(targets) == 1:
            pipeline, args = built[0]
            pipeline.compile_to(paths, args, function, targets[0])
        else:
            versions = [(t, *made) for t, made in zip(targets, built, strict=True)]
            compile_versions(versions, paths, function)
    except HaloError as error:
        raise click.ClickException(str(error)) from error
    for path in paths.values():
        click.echo(path)


def _build(name: str, values: Mapping[str, str], target: Target) -> tuple[Pipeline, list[Any]]:
    """Return the pipeline that a generator makes for `target`, and its inputs."""
    with GeneratorContext(target):
        made = find_generator(name)(dict(values))
        return made.build_pipeline(), made.input_arguments()


def _paths(folder: Path, base: str, emit: str, endings: str) -> dict[OutputFileType, Path]:
    """Return where each kind of file goes; the folder is made."""
    other = dict(_pair(e, "an ending") for e in endings.split(",") if e)
    kinds: dict[OutputFileType, Path] = {}
    for word in emit.split(","):
        if word not in OutputFileType.__members__:
            raise click.UsageError(
                f"there are no {word!r} files; kinds are {', '.join(OutputFileType.__members__)}"
            )
        kind = OutputFileType[word]
        kinds[kind] = folder / f"{base}{other.get(kind.value, kind.value)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"cannot make the folder {folder}: {error.strerror}") from error
    return kinds


def _pair(text: str, what: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise click.UsageError(f"{text!r} is no NAME=VALUE, as {what} is written")
    return name, value


def _load(source: str) -> None:
    try:
        if source.endswith(".py"):
            runpy.run_path(source, run_name="halo_generators")
        else:
            importlib.import_module(source)
    except (OSError, ImportError) as error:
        raise click.UsageError(f"cannot load {source}: {error}") from error


def _only_generator() -> str:
    names = generator_names()
    if len(names) != 1:
        raise click.UsageError(
            f"name a generator with -g: there are {', '.join(names) or 'none; --load a file'}"
        )
    return names[0]
