"""What goes wrong with a model, found out in a process of its own."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import re
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import onnx

from halo.errors import HaloError, is_own_file
from onnx_frontend.comparing import Tolerance, compare
from onnx_frontend.compiler import compile
from onnx_frontend.errors import ModelError, UnsupportedOp
from onnx_frontend.graph import Array

WRONG, REFUSED, CRASHED = "wrong", "refused", "crashed"


@dataclass(frozen=True, slots=True)
class Case:
    """A model, what to run it on, and what it should give, as far as that is known."""

    model: onnx.ModelProto
    inputs: Mapping[str, Array]
    wanted: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Failure:
    """What goes wrong.

    Attributes
    ----------
    kind
        ``wrong``, an answer; ``refused``, by an error of halo's; ``crashed``, by any other error, a
        signal, or because it took too long.
    message
        For people.
    keys
        What tells one failure from another.
    """

    kind: str
    message: str
    keys: frozenset[str] = field(default=frozenset())

    def is_like(self, other: Failure | None) -> bool:
        """Whether `other` is the same failure, of another model."""
        if other is None or other.kind != self.kind:
            return False
        return self.kind == WRONG or not self.keys.isdisjoint(other.keys)


def failure_of(case: Case, tolerance: Tolerance, timeout: float) -> Failure | None:
    """Return what goes wrong when `case` is compiled and run; None if nothing does.

    Parameters
    ----------
    tolerance
        How far answers may be from those wanted.
    timeout
        Seconds after which it counts as crashed.
    """
    found: Failure | None = apart(lambda: _failure(case, tolerance), timeout)
    return found


def apart(work: Callable[[], Any], timeout: float) -> Any:
    """Return the result of `work` in a copy of this process, or the `Failure` that ended it."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(False)
    process = context.Process(target=_child, args=(sender, work), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # threads of others are not needed in it
        process.start()
    sender.close()
    try:
        if receiver.poll(timeout):
            return receiver.recv()
        message = f"it took more than {timeout:g} seconds"
        return Failure(CRASHED, message, frozenset({"timeout"}))
    except EOFError:
        process.join()
        ended = f"exit code {process.exitcode}"
        if process.exitcode is not None and process.exitcode < 0:
            ended = f"signal {-process.exitcode}"
        return Failure(CRASHED, f"the process ended with {ended}", frozenset({ended}))
    finally:
        process.kill()
        process.join()
        receiver.close()


def _child(sender: Connection, work: Callable[[], Any]) -> None:
    faulthandler.disable()  # the signal that ends it says enough
    silent = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(silent, descriptor)
    sender.send(work())


def _failure(case: Case, tolerance: Tolerance) -> Failure | None:
    try:
        found = compile(case.model).run(case.inputs)
    except HaloError as error:
        return Failure(REFUSED, str(error), _keys_of(error))
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if is_own_file(f.filename)]
        place = f" in {frames[-1].name}" if frames else ""
        name = type(error).__name__
        return Failure(CRASHED, f"{name}{place}: {error}", frozenset({f"{name}{place}"}))
    for name, wanted in case.wanted.items():
        if found[name] is None:
            return Failure(WRONG, f"{name} is absent")
        difference = compare(found[name], np.asarray(wanted), tolerance)
        if difference.problem:
            return Failure(WRONG, f"{name} {difference.problem}")
        if difference.is_wrong:
            place = ", ".join(map(str, difference.place))
            return Failure(
                WRONG,
                f"{name}({place}) is {difference.found}, not {difference.wanted}; "
                f"{difference.wrong} of {difference.cells} cells are wrong",
            )
    return None


def _keys_of(error: HaloError) -> frozenset[str]:
    """Return what an error says but for names and numbers."""
    if isinstance(error, UnsupportedOp):
        return frozenset(f"{m.domain}.{m.operator}: {m.needed}" for m in error.missing)
    text = re.sub(r"'[^']*'|#?\d+", "_", error.message)
    return frozenset({f"{type(error).__name__}: {text}"})


def need_fork() -> None:
    """Check that this system can copy a process.

    Raises
    ------
    ModelError
        It cannot.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        raise ModelError(
            "models are reduced in copies of this process, which this system cannot make"
        )
