"""``halo schedule``: schedules as files."""

from __future__ import annotations

from pathlib import Path

import click

from halo import Func, Pipeline, Schedule
from halo.schedule.receipts import Receipts, Status
from onnx_frontend.cli.program import Program

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
STRICT = click.option("--strict", is_flag=True, help="A directive without effect is an error.")


@click.group("schedule")
def schedule() -> None:
    """Show, compare, check and apply schedules that are kept as JSON.

    A PROGRAM is FILE.py:NAME, where NAME is a Func or a Pipeline, or a function without arguments
    that returns one.
    """


@schedule.command("show")
@click.argument("source", metavar="FILE|PROGRAM")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, to be kept in a file.")
def show(source: str, as_json: bool) -> None:
    """Print a schedule, one directive a line: that of a file, or that of a PROGRAM."""
    found = _schedule_of(source)
    click.echo(found.to_json() if as_json else str(found) or "(no directives)")


def _schedule_of(source: str) -> Schedule:
    if Path(source).is_file():
        return Schedule.load(source)
    made: Schedule = Program().convert(source, None, None).schedule()
    return made


@schedule.command("diff")
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.pass_context
def diff(context: click.Context, old: Path, new: Path) -> None:
    """Print what changes from OLD to NEW; leave with 1 if anything does."""
    text = Schedule.load(old).diff(Schedule.load(new))
    if text:
        click.echo(text)
        context.exit(1)


@schedule.command("check")
@click.argument("file", type=FILE)
@click.argument("program", type=Program())
@STRICT
@click.pass_context
def check(context: click.Context, file: Path, program: Func | Pipeline, strict: bool) -> None:
    """Say what becomes of each directive in FILE in PROGRAM; exit code 1: one is refused."""
    receipts = program.check_schedule(Schedule.load(file))
    click.echo(str(receipts) or "(no directives)")
    if not _is_right(receipts, strict):
        context.exit(1)


def _is_right(receipts: Receipts, strict: bool) -> bool:
    found = {r.status for r in receipts}
    return Status.REFUSED not in found and not (strict and Status.WITHOUT_EFFECT in found)


@schedule.command("apply")
@click.argument("file", type=FILE)
@click.argument("program", type=Program())
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the C of the scheduled program to this file.",
)
@STRICT
def apply(file: Path, program: Func | Pipeline, output: Path | None, strict: bool) -> None:
    """Give the schedule in FILE to PROGRAM, and print the loops or write the C."""
    program.apply_schedule(Schedule.load(file), strict=strict)
    if output is None:
        program.print_loop_nest()
    else:
        program.compile_to_c(output)
        click.echo(f"wrote {output}")
