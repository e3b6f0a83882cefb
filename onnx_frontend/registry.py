"""Operators by domain, name and version; the place where others add theirs.

An operator is a function from a `NodeContext` and the node's input tensors (None for one left
out) to its output tensor, or a tuple of them::

    @operator("Relu", since=6)
    def relu(node: NodeContext, x: Tensor) -> Tensor:
        return elementwise(node.output(), functions.relu, x)

A package adds operators through the entry point group ``halo.onnx_operators``: each entry point
names a module, which is imported when the first model is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any, TypeVar

from onnx_frontend.values import Value

Operator = Callable[..., Value | tuple[Value, ...]]
_F = TypeVar("_F", bound=Callable[..., Any])

ENTRY_POINTS = "halo.onnx_operators"

_operators: dict[tuple[str, str], dict[int, Operator]] = {}


_read_codes: set[Operator] = set()
_take_values: set[Operator] = set()


def operator(
    name: str, since: int, domain: str = "", *, codes: bool = False, values: bool = False
) -> Callable[[_F], _F]:
    """Register the decorated function for `name` from version `since` of `domain` on.

    It serves until a higher `since` takes over; registering the same again replaces it. `codes`
    says that it knows of `Tensor.encoding`; others get encoded tensors only to move them. `values`
    says that it takes sequences and absent optionals, too.
    """

    def register(function: _F) -> _F:
        _operators.setdefault((domain, name), {})[since] = function
        if codes:
            _read_codes.add(function)
        if values:
            _take_values.add(function)
        return function

    return register


def find_operator(domain: str, name: str, version: int) -> Operator | None:
    """Return the operator for `name` in `version` of `domain`, None if there is none."""
    versions = _versions(domain, name)
    since = max((v for v in versions if v <= version), default=None)
    return None if since is None else versions[since]


def reads_codes(function: Operator) -> bool:
    """Whether an operator knows of `Tensor.encoding`."""
    return function in _read_codes


def takes_values(function: Operator) -> bool:
    """Whether an operator takes sequences of tensors and absent optionals."""
    return function in _take_values


def known_versions(domain: str, name: str) -> tuple[int, ...]:
    """Return the versions from which on there is an operator, ascending."""
    return tuple(sorted(_versions(domain, name)))


def supported_operators() -> Mapping[tuple[str, str], tuple[int, ...]]:
    """Return the versions of every operator, by domain and name."""
    load_plugins()
    return {key: tuple(sorted(versions)) for key, versions in sorted(_operators.items())}


def has_foreign_operators() -> bool:
    """Whether an operator is registered so far that is not one of this package."""
    own = f"{__package__}."
    return any(
        not getattr(function, "__module__", "").startswith(own)
        for versions in _operators.values()
        for function in versions.values()
    )


def _versions(domain: str, name: str) -> Mapping[int, Operator]:
    versions = _operators.get((domain, name))
    if versions is None:
        load_plugins()
        versions = _operators.get((domain, name), {})
    return versions


@cache
def load_plugins() -> None:
    """Import what other packages add, once."""
    for entry in entry_points(group=ENTRY_POINTS):
        entry.load()
