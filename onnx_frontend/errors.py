"""Errors of the ONNX compiler that the user can mend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from halo.errors import HaloError

_LONGEST = 80
"""Characters of a name that a message shows."""

_LISTED = 20
"""Nodes that a message lists; `UnsupportedOp.missing` has all."""


def quoted(name: object) -> str:
    """Return a name of a model for a message: on one line and not too long."""
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 3]}..."
    if not text.isprintable():
        text = text.encode("unicode_escape").decode("ascii")
    return f"'{text}'"


class ModelError(HaloError):
    """A model, or what is asked of it, that has no meaning: damaged, inconsistent, wrong shapes."""


class FailsAlways(ModelError):
    """A node fails whatever the inputs are, wherever a run comes to it."""


@contextmanager
def naming_file(file: str) -> Iterator[None]:
    """Have each `ModelError` that passes begin with the model's file; nothing if it has none."""
    try:
        yield
    except ModelError as error:
        if not error.message.startswith(file):
            error.message = f"{file}: {error.message}"
            error.args = (f"{file}: {error.args[0]}",)
        raise


@dataclass(frozen=True, slots=True)
class Missing:
    """A node that no operator was found for, or whose operator lacks what the node asks.

    Attributes
    ----------
    node
        The node's name, or its place in the model.
    operator
        Operator type.
    domain
        Its domain, ``ai.onnx`` for the standard one.
    version
        The version of the domain that the model imports.
    needed
        What would have to be there.
    """

    node: str
    operator: str
    domain: str
    version: int
    needed: str

    def __str__(self) -> str:
        return f"{self.operator} ({self.domain} {self.version}), node {self.node}: {self.needed}"


class UnsupportedOp(ModelError):
    """Nodes of a model that cannot be compiled, all of them at once; `missing` lists them."""

    def __init__(self, model: str, missing: Sequence[Missing]) -> None:
        self.missing = tuple(missing)
        count = "1 node" if len(missing) == 1 else f"{len(missing)} nodes"
        lines = "\n  ".join(str(m) for m in missing[:_LISTED])
        if len(missing) > _LISTED:
            lines += f"\n  and {len(missing) - _LISTED} more"
        super().__init__(
            f"{count} of model {model} cannot be compiled:\n  {lines}",
            hint="an operator can be added: onnx_frontend.operator, "
            "or a package with the entry point group 'halo.onnx_operators'; what must be known "
            "before the model runs may be the value of an input that is given when it is compiled",
        )


class PluginError(ModelError):
    """What another package or the program adds does not work; the message says whose it is."""


class Unsupported(HaloError):
    """Raised by an operator for a node that asks for what it does not do; says what is needed."""
