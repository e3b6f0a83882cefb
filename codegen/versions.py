"""A module for several processors: one version of it for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from codegen.c_function import function_names, signature
from codegen.c_prelude import runtime_text
from halo.errors import CodegenError, user_location
from halo.ir.lowered import LoweredFunc, LoweredModule
from halo.target import Target, needed_features, order_versions, processor_name


@dataclass(frozen=True, slots=True)
class Version:
    """A module as it is for one target.

    Attributes
    ----------
    target
        The machine.
    module
        The module, tagged.
    needs
        The bits that have to be set in what ``halo_cpu`` returns.
    place
        Its place in the list that it was named in.
    """

    target: Target
    module: LoweredModule
    needs: int
    place: int

    @property
    def name(self) -> str:
        """What messages and files call it."""
        return processor_name(self.target)

    def callee(self, f: LoweredFunc) -> str:
        """Return the name in C of function `f` of this version."""
        return function_names(self.module)[f.name]


@cache
def processor_bits() -> dict[str, int]:
    """Return the bit of each instruction set in what ``halo_cpu`` returns."""
    found = re.findall(r"halo_cpu_(\w+) = (\d+)", runtime_text("halo_cpu.h"))
    return {name: 1 << int(place) for name, place in found}


def versions_of(modules: Sequence[tuple[Target, LoweredModule]]) -> tuple[Version, ...]:
    """Return the versions for the targets that come with `modules`, the one to prefer first.

    Raises
    ------
    HaloError
        The targets cannot be in one library.
    CodegenError
        The functions of two of them do not take the same arguments.
    """
    made = []
    for place, target in order_versions([t for t, _ in modules]):
        tag = processor_name(target).replace("-", "_")
        module = replace(modules[place][1], tag=tag)
        bits = [processor_bits()[n] for n in needed_features(target)]
        made.append(Version(target, module, sum(bits), place))
    for version in made[1:]:
        if _interface(version) != _interface(made[0]):
            raise CodegenError(
                f"the versions for {made[0].name} and {version.name} take different arguments: "
                f"{_signatures(made[0])} and {_signatures(version)}",
                where=user_location(),
                hint="inputs and outputs must not depend on the target",
            )
    return tuple(made)


def _interface(version: Version) -> list[object]:
    """Return what callers have to know of the public functions."""
    return [
        (f.name, [(type(a), a.type, getattr(a, "dimensions", 0)) for a in f.args])
        for f in public_functions(version)
    ]


def _signatures(version: Version) -> str:
    return "; ".join(signature(f, f.name) for f in public_functions(version))


def public_functions(version: Version) -> list[LoweredFunc]:
    """Return the functions that are called from outside."""
    return [f for f in version.module.functions if not f.trusted]


def untagged(versions: Sequence[Version]) -> LoweredModule:
    """Return a module whose public functions are called as those that all `versions` share."""
    return replace(versions[0].module, tag="")


def asks_for(versions: Sequence[Version]) -> str:
    """Return the targets of `versions` in words."""
    names = [v.name for v in versions]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def refusal(name: str, versions: Sequence[Version]) -> str:
    """Return what the function `name` says where none of `versions` runs."""
    return f"{name} was compiled for {asks_for(versions)}, and this processor is none of them"


def chooser_target(versions: Sequence[Version]) -> Target:
    """Return what the code that chooses is compiled for: any of the processors."""
    first = versions[0].target
    made = Target.of("x86-64", first.machine, first.system, ())
    made.options = first.options
    return made
