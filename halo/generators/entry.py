"""The way to the command line, for scripts that register generators."""

from __future__ import annotations

import importlib
from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line on the generators that are registered, and exit.

    Parameters
    ----------
    args
        The words of the command; those of this process by default.
    """
    # Found when it is called: whoever only imports halo need not wait for click.
    importlib.import_module("halo.generators.command").command(args)
