"""Progress on a terminal: one bar per phase."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import click


class Bars:
    """Shows a bar for each phase in turn, on a terminal; nothing elsewhere.

    It is called with the phase, how much of it is done and how much there is, from any thread.
    """

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._phase = ""
        self._done = 0
        self._bar: Any = None

    def __call__(self, phase: str, done: int, total: int) -> None:
        if not self._shown:
            return
        with self._lock:
            if phase != self._phase:
                self._open.close()
                bar = click.progressbar(
                    length=total, label=f"{phase:<10}", show_pos=True, file=sys.stderr
                )
                self._bar = self._open.enter_context(bar)
                self._phase, self._done = phase, 0
            if done > self._done:
                self._bar.update(done - self._done)
                self._done = done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()
