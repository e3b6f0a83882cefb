"""The best schedules known for the apps of the benchmarks, one module for each app.

Each has one function, `schedule`, which takes the app as it was written and gives directives. The
modules bear the names of those in ``benchmarks/apps``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from halo import Func


class Program(Protocol):
    """An app as it was written: the Func asked for, its arguments, the Funcs in between by name."""

    @property
    def output(self) -> Func: ...

    @property
    def arguments(self) -> Sequence[Any]: ...

    @property
    def funcs(self) -> Mapping[str, Any]: ...


def schedule_app(name: str, app: Program) -> bool:
    """Give `app` the directives of the module `name`; return whether there is one."""
    module = f"{__name__}.{name}"
    if find_spec(module) is None:
        return False
    import_module(module).schedule(app)
    return True


__all__ = ["Program", "schedule_app"]
