"""Targets that need no name: this machine, and those that the environment names."""

from __future__ import annotations

import functools
import os

from halo.errors import TypeMismatch, user_location
from halo.target.features import TargetFeature
from halo.target.target import Target


@functools.cache
def host_target() -> Target:
    """Return the machine this process runs on, the same object each time."""
    return Target("host")


def get_host_target() -> Target:
    """Return the machine this process runs on, as a value of the caller's own."""
    return Target("host")


def default_target() -> Target:
    """Return what code is made for where nobody says: ``$HL_JIT_TARGET``, else this machine."""
    text = os.environ.get("HL_JIT_TARGET", "")
    return Target(text) if text else host_target()


def target_or_default(target: Target | None) -> Target:
    """Return `target`, or what code is made for where nobody says.

    Raises
    ------
    TypeMismatch
        It is something else, such as the text of a target.
    """
    if target is None:
        return default_target()
    if not isinstance(target, Target):
        raise TypeMismatch(
            f"a target is a Target, not {target!r}",
            where=user_location(),
            hint="halo.Target(text), or nothing for this machine",
        )
    return target


def get_target_from_environment() -> Target:
    """Return the target in ``$HL_TARGET``; the machine this process runs on where it is empty.

    Raises
    ------
    HaloError
        The text names no target.
    """
    return Target(os.environ.get("HL_TARGET", ""))


def get_jit_target_from_environment() -> Target:
    """Return the target in ``$HL_JIT_TARGET``, for code that this process runs itself.

    Raises
    ------
    HaloError
        The text names no target.
    """
    return Target(os.environ.get("HL_JIT_TARGET", "")).with_feature(TargetFeature.JIT)
