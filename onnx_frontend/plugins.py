"""What other packages add: who it is that adds, and the entry points that bring it in.

A package names a module in ``halo.onnx_operators`` or ``halo.onnx_passes``; the module registers
what it has by decorators (`onnx_frontend.operator`, `onnx_frontend.graph_pass`) when it is
imported, which happens once, before the first model is read.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from halo.errors import HaloError, SourceLocation, is_own_file
from onnx_frontend.errors import PluginError

OPERATORS, PASSES = "halo.onnx_operators", "halo.onnx_passes"
"""The groups of entry points."""

_OWN = f"{__package__}."
_packages: dict[str, str] = {}
"""Module that an entry point names -> the installed package that it comes from."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something that was added comes from.

    Attributes
    ----------
    plugin
        The package or program: the first part of its module's name.
    where
        The line at which the function begins.
    function
        Its module and its name there.
    package
        What to uninstall: the installed package with its version, if there is one.
    """

    plugin: str
    where: SourceLocation
    function: tuple[str, str]
    package: str = ""

    def __str__(self) -> str:
        module, name = self.function
        installed = f", installed with {self.package}" if self.package else ""
        return f"plugin {self.plugin} ({name} in {module}, {self.where}{installed})"


def origin_of(function: Callable[..., Any]) -> Origin | None:
    """Return where `function` comes from; None for halo's own."""
    module = getattr(function, "__module__", None) or "?"
    if module.startswith(_OWN):
        return None
    code = getattr(function, "__code__", None)
    where = SourceLocation(code.co_filename, code.co_firstlineno) if code else SourceLocation("", 0)
    plugin = module.partition(".")[0]
    name = getattr(function, "__qualname__", repr(function))
    return Origin(plugin, where, (module, name), _packages.get(plugin, ""))


def raised_in(origin: Origin, what: str, error: Exception) -> PluginError:
    """Return the error that says that a function of a plugin raised `error` while it did `what`."""
    where = _last_line(error) or origin.where
    if isinstance(error, HaloError):
        return PluginError(f"{what}: {origin}: {error.message}", where=where, hint=error.hint)
    return PluginError(
        f"{what}: {origin} raised {type(error).__name__}: {error}",
        where=where,
        hint="mend it there; for a node it does not support a plugin calls node.unsupported(...) "
        "or node.fail(...)",
    )


def _last_line(error: BaseException) -> SourceLocation | None:
    """Return the innermost line on the way to `error` that is not halo's."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not is_own_file(f.filename)]
    return SourceLocation(frames[-1].filename, frames[-1].lineno or 0) if frames else None


@cache
def load_plugins() -> None:
    """Import what other packages add, once.

    Raises
    ------
    PluginError
        An entry point names nothing that can be imported, or no module; or what it names registers
        something that is there already.
    """
    for group in (OPERATORS, PASSES):
        for entry in sorted(entry_points(group=group), key=lambda e: (e.name, e.value)):
            _load(entry)


def _load(entry: EntryPoint) -> None:
    package = _package(entry)
    _packages[entry.value.partition(".")[0].partition(":")[0]] = package
    title = f"the entry point {entry.name!r} of {package or 'a package'} in {entry.group}"
    mend = f"mend {entry.value!r} there, or uninstall the package"
    try:
        found = entry.load()
    except PluginError as error:
        raise PluginError(
            f"{title}: {error.message}", where=error.where, hint=error.hint
        ) from error
    except Exception as error:
        raise PluginError(
            f"{title} cannot be loaded: {type(error).__name__}: {error}",
            where=_last_line(error) if not isinstance(error, ImportError) else None,
            hint=mend,
        ) from error
    if not isinstance(found, ModuleType):
        raise PluginError(
            f"{title} is {entry.value!r}, a {type(found).__name__}",
            hint="name the module whose import registers what it has: 'package.module'",
        )


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else ""
