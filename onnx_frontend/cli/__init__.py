"""The command `halo`.

Exit codes: 0 done; 2 something the user can mend, with one message; 70 a bug in halo.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import click

from halo.errors import HaloError
from onnx_frontend.cli.commands import halo

USER_ERROR, BUG = 2, 70


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command `arguments` and return its exit code."""
    try:
        code = halo.main(list(arguments), prog_name="halo", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return USER_ERROR
    except (click.Abort, KeyboardInterrupt):
        click.echo("halo: interrupted", err=True)
        return USER_ERROR
    except (HaloError, OSError) as error:
        click.echo(f"halo: {error}", err=True)
        return USER_ERROR
    except Exception:
        _report_bug(arguments)
        return BUG


def _report_bug(arguments: Sequence[str]) -> None:
    click.echo(traceback.format_exc(), err=True)
    click.echo(
        "halo: this is a bug in halo, not in what you did. Please report it with the lines above,\n"
        f"  the command (halo {' '.join(arguments)}) and, if you may, the model.",
        err=True,
    )
