"""Programs named on the command line: a Func or Pipeline in a Python file."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from halo import Func, Pipeline


class Program(click.ParamType[Func | Pipeline]):
    """``FILE.py:NAME``: a Func or Pipeline, or a function without arguments that returns one."""

    name = "FILE.py:NAME"

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> Func | Pipeline:
        """Run the file and return what it calls `NAME`."""
        if isinstance(value, (Func, Pipeline)):
            return value
        file, colon, name = str(value).rpartition(":")
        if not colon or not name.isidentifier():
            self.fail(f"{value!r} is not of the form FILE.py:NAME", param, context)
        path = Path(file)
        if not path.is_file():
            self.fail(f"there is no file {file}", param, context)
        found = getattr(_run(path), name, None)
        if callable(found) and not isinstance(found, (Func, Pipeline)):
            found = found()
        if not isinstance(found, (Func, Pipeline)):
            what = "nothing" if found is None else repr(found)
            self.fail(f"{name} in {file} is {what}, not a Func or Pipeline", param, context)
        return found


def _run(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("halo_program", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except Exception:
        lines = traceback.format_exc(limit=-3)
        raise click.ClickException(f"{path} does not run:\n{lines}") from None
    finally:
        sys.path.pop(0)
    return module
