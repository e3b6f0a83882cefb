"""Operators by domain, name and version; the place where others add theirs.

An operator is a function from a `NodeContext` and the node's input tensors (None for one left
out) to its output tensor, or a tuple of them::

    @operator("Relu", since=6)
    def relu(node: NodeContext, x: Tensor) -> Tensor:
        return elementwise(node.output(), functions.relu, x)

halo's own stand apart from those that others add, which are asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from halo.errors import user_location
from onnx_frontend.errors import PluginError
from onnx_frontend.plugins import Origin, load_plugins, origin_of
from onnx_frontend.values import Value

Operator = Callable[..., Value | tuple[Value, ...]]
Key = tuple[str, str]
"""Domain and name."""
Table = dict[Key, dict[int, Operator]]
_F = TypeVar("_F", bound=Callable[..., Any])

_own: Table = {}
_foreign: Table = {}
_origins: dict[Operator, Origin] = {}
_read_codes: set[Operator] = set()
_take_values: set[Operator] = set()


def operator(
    name: str,
    since: int,
    domain: str = "",
    *,
    override: bool = False,
    codes: bool = False,
    values: bool = False,
) -> Callable[[_F], _F]:
    """Register the decorated function for nodes `name` of `domain`.

    The function takes a `NodeContext` and the node's inputs, `Tensor`s (None for one left out), and
    returns the output, a `Tensor`, or a tuple of all outputs.

    Parameters
    ----------
    name, domain
        The operator; the domain ``""`` is the standard's.
    since
        The version of the domain from which on the function serves, until a higher one of the same
        plugin takes over.
    override
        That it may take the place of an operator of halo's, from version `since` on.
    codes
        It knows of `Tensor.encoding`; others get encoded tensors only to move them.
    values
        It takes sequences, strings and absent optionals, too.

    Raises
    ------
    PluginError
        halo has the operator and `override` is not given, another plugin has it, or the plugin
        itself has another function for the same version; or an argument makes no sense.
    """
    key = ("" if domain == "ai.onnx" else domain, name)

    def register(function: _F) -> _F:
        origin = origin_of(function)
        if origin is None:
            _own.setdefault(key, {})[since] = function
        else:
            _check(key, since, override, function, origin)
            _foreign.setdefault(key, {})[since] = function
            _origins[function] = origin
        if codes:
            _read_codes.add(function)
        if values:
            _take_values.add(function)
        return function

    return register


def _check(key: Key, since: int, override: bool, function: Any, origin: Origin) -> None:
    name = key[1]
    where = user_location()
    title = f"operator {_title(key)}"
    if not callable(function) or not isinstance(name, str) or not name:
        raise PluginError(
            f"{function!r} is registered as operator {name!r}",
            where=where,
            hint='@operator("Name", since=1, domain="my.own") stands in front of a function',
        )
    if not isinstance(since, int) or isinstance(since, bool) or since < 1:
        raise PluginError(
            f"{title} is registered since version {since!r}",
            where=where,
            hint=f"a version is 1 or more; {origin}",
        )
    for other_since, other in _foreign.get(key, {}).items():
        theirs = _origins[other]
        if theirs.plugin != origin.plugin:
            raise PluginError(
                f"two plugins have the {title}: {theirs}, and {origin}",
                where=where,
                hint="uninstall one of them, or give one a domain of its own",
            )
        if other_since == since and theirs.function != origin.function:
            raise PluginError(
                f"{title} since version {since} is registered twice: {theirs}, and {origin}",
                where=where,
                hint="give one another name, or the version from which on it holds",
            )
    if key in _own and not override:
        raise PluginError(
            f"halo has the {title}, which {origin} registers, too",
            where=where,
            hint="override=True puts it in the place of halo's; or give it a domain of its own",
        )


def _title(key: Key) -> str:
    return f"{key[0] or 'ai.onnx'}.{key[1]}"


def find_operator(domain: str, name: str, version: int) -> Operator | None:
    """Return the operator for `name` in `version` of `domain`, None if there is none.

    What others added comes first. `load_plugins` must have been called for it to be there.
    """
    foreign = _newest(_foreign.get((domain, name), {}), version)
    return own_operator(domain, name, version) if foreign is None else foreign


def own_operator(domain: str, name: str, version: int) -> Operator | None:
    """Return halo's operator for `name` in `version` of `domain`, None if there is none."""
    return _newest(_own.get((domain, name), {}), version)


def _newest(versions: Mapping[int, Operator], version: int) -> Operator | None:
    since = max((v for v in versions if v <= version), default=None)
    return None if since is None else versions[since]


def origin_of_operator(function: Operator) -> Origin | None:
    """Return who added an operator; None for halo's own."""
    return _origins.get(function)


def is_foreign(domain: str, name: str) -> bool:
    """Whether others have added something for `name` of `domain`."""
    return (domain, name) in _foreign


def changes_standard() -> bool:
    """Whether others have added an operator that definitions of the standard may use."""
    return any(key in _own or not key[0] for key in _foreign)


def reads_codes(function: Operator) -> bool:
    """Whether an operator knows of `Tensor.encoding`."""
    return function in _read_codes


def takes_values(function: Operator) -> bool:
    """Whether an operator takes sequences of tensors and absent optionals."""
    return function in _take_values


def known_versions(domain: str, name: str) -> tuple[int, ...]:
    """Return the versions from which on there is an operator, ascending."""
    key = (domain, name)
    return tuple(sorted({*_own.get(key, {}), *_foreign.get(key, {})}))


def supported_operators() -> Mapping[Key, tuple[int, ...]]:
    """Return the versions of every operator, by domain and name."""
    load_plugins()
    keys: Iterable[Key] = {*_own, *_foreign}
    return {key: known_versions(*key) for key in sorted(keys)}
