"""Several targets for which one library holds code, and what the processor must have for each."""

from __future__ import annotations

from collections.abc import Sequence

from halo.errors import HaloError, user_location
from halo.target.target import Target

_LEVEL_2 = frozenset({"cx16", "lahf_lm"})
_MORE = {"x86-64-v2": _LEVEL_2, "x86-64-v3": _LEVEL_2 | {"abm", "movbe"}}
_MORE["x86-64-v4"] = _MORE["x86-64-v3"]
"""Instruction sets of the levels that a compiler uses and no schedule asks for."""


def needed_features(target: Target) -> frozenset[str]:
    """Return what a processor must have to run code for `target`, as /proc/cpuinfo names it."""
    return target.features | _MORE.get(target.name, frozenset())


def order_versions(targets: Sequence[Target]) -> tuple[tuple[int, Target], ...]:
    """Return `targets` with their places in the list, the one to take before all others first.

    That is the one with the widest vectors, then with the most instruction sets. ``host`` becomes
    the instruction sets that it stands for here.

    Raises
    ------
    HaloError
        There is none, they are not all for x86-64 and one system, or two are the same.
    """
    if not targets:
        raise HaloError(
            "there is no target to compile for", where=user_location(), hint="name one at least"
        )
    named = [_named(t) for t in targets]
    for t in named:
        if t.machine != "x86-64" or t.system != named[0].system:
            raise HaloError(
                f"{t} and {named[0]} cannot be versions of one library",
                where=user_location(),
                hint="versions are chosen among x86-64 processors under one system; compile for "
                "others by themselves",
            )
    needs: dict[frozenset[str], Target] = {}
    for t in named:
        other = needs.setdefault(needed_features(t), t)
        if other is not t:
            raise HaloError(
                f"the targets {other} and {t} ask for the same processors",
                where=user_location(),
                hint="leave one of them out",
            )

    def rank(numbered: tuple[int, Target]) -> tuple[int, int]:
        return -numbered[1].vector_bits, -len(needed_features(numbered[1]))

    return tuple(sorted(enumerate(named), key=rank))


def processor_name(target: Target) -> str:
    """Return the text of `target` without what does not concern the processor."""
    return str(Target.of(target.name, target.machine, target.system, target.features))


def _named(target: Target) -> Target:
    if target.name != "host":
        return target
    name = f"{target.machine}-{target.system}"
    made = Target.of(name, target.machine, target.system, target.features)
    made.options = target.options
    return made
