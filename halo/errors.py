"""halo's errors: each says what is wrong, where, and how to mend it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_OWN = tuple(str(_ROOT / p) + os.sep for p in ("halo", "codegen", "schedules", "onnx_frontend"))


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A line of the user's program."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}"


def is_own_file(name: str) -> bool:
    """Whether the source file `name` is a part of halo."""
    return name.startswith(_OWN)


def user_location() -> SourceLocation | None:
    """Return the innermost line on the call stack that is not halo's own."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not is_own_file(name):
            return SourceLocation(name, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return None


class HaloError(Exception):
    """Base of every error that the user of halo can mend.

    Parameters
    ----------
    message
        What is wrong.
    where
        The user's line it concerns; it leads the message.
    hint
        How to mend it; it follows on a line of its own.
    """

    def __init__(
        self, message: str, *, where: SourceLocation | None = None, hint: str = ""
    ) -> None:
        self.message = message
        self.where = where
        self.hint = hint
        head = f"{where}: {message}" if where else message
        super().__init__(f"{head}\n  {hint}" if hint else head)


class TypeMismatch(HaloError, TypeError):
    """Operands or buffers of types that do not go together."""


class TruthError(HaloError, ValueError):
    """The truth of an expression, asked for before there is one: ``if e:``, ``a and b``."""


class DefinitionError(HaloError):
    """A Func, Var or RDom defined or used in a way that has no meaning."""


class ScheduleError(HaloError):
    """A directive that cannot be applied.

    Attributes
    ----------
    entry
        The `halo.schedule.schedule.Entry` that is refused, where it is a certain one.
    """

    entry: object = None


class BoundsError(HaloError, IndexError):
    """A region that is not known, or a buffer that does not hold the region or cell needed."""


class BufferError(HaloError, ValueError):
    """A run-time buffer or parameter that does not fit what the compiled function expects."""


class CodegenError(HaloError):
    """Code that could not be built: no compiler, or a compiler that failed."""


class InternalError(Exception):
    """A bug in halo: please report it with the program that shows it."""
