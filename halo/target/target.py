"""Target: architecture, operating system and features, and the text that names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from halo.errors import HaloError, user_location
from halo.ir.types import Type
from halo.synonyms import also_named
from halo.target.features import (
    ALWAYS,
    INSTRUCTIONS,
    LEVELS,
    OPTIONS,
    WITH_LLVM,
    TargetArch,
    TargetFeature,
    TargetOS,
    with_implied,
)
from halo.target.host import host_features, host_machine, host_system

_FORM = "host, x86-64[-v2|-v3|-v4], or ARCH-BITS-OS as x86-64-linux, each with -FEATURE..."


class Target:
    """Architecture, operating system and features of the machine that code is for.

    Parameters
    ----------
    name
        A text: ``host``, which is also what the empty one means; one of the generic levels
        ``x86-64``, ``x86-64-v2``, ``-v3``, ``-v4``; or Halide's ``x86-64-linux-avx2-fma``,
        ``arm-64-linux``, whose processor may also be called ``x86_64`` or ``aarch64``. Each may
        be followed by features, as in ``host-no_asserts``. Or a `TargetOS`.
    arch, bits, features
        With a `TargetOS`.

    Raises
    ------
    HaloError
        The text names no target, or halo has nothing for a feature of it.

    Attributes
    ----------
    name
        What the compiler is told: ``host``, a level, or ARCH-BITS-OS.
    machine, system
        As in ``x86-64`` and ``linux``.
    features
        Instruction sets, as Linux prints them in /proc/cpuinfo (``avx2``, ``avx512f``, ...).
    options
        The other features.
    """

    __slots__ = ("features", "machine", "name", "options", "system")

    def __init__(
        self,
        name: str | TargetOS = "host",
        arch: TargetArch | None = None,
        bits: int = 64,
        features: Sequence[TargetFeature] = (),
    ) -> None:
        if isinstance(name, TargetOS):
            name = f"{(arch or TargetArch.ArchUnknown).value}-{bits}-{name.value}"
        if not isinstance(name, str):
            raise HaloError(
                f"a target is a text, not {name!r}", where=user_location(), hint=f"known: {_FORM}"
            )
        self.options: frozenset[TargetFeature] = frozenset()
        words = _split(name)
        self.name = words[0]
        if self.name == "host":
            self.machine, self.system = host_machine(), host_system()
            self.features = host_features()
        elif self.name in LEVELS:
            self.machine, self.system = "x86-64", host_system()
            self.features = LEVELS[self.name]
        else:
            self.machine, _, self.system = self.name.rpartition("-")
            self.features = ALWAYS.get(self.machine, frozenset())
        self.set_features([_feature(word, name) for word in words[1:]])
        self.set_features(features)

    @staticmethod
    def of(name: str, machine: str, system: str, features: Iterable[str]) -> Target:
        """Return the target with exactly these attributes, which another process wrote down."""
        made = Target("x86-64")
        made.name, made.machine, made.system = name, machine, system
        made.features = frozenset(features)
        return made

    @staticmethod
    def parse(text: str) -> Target:
        """Return the target that `text` names; blanks around it do not count."""
        return Target(text.strip())

    @staticmethod
    def validate_target_string(name: str) -> bool:
        """Whether `name` names a target."""
        try:
            Target(name)
        except HaloError:
            return False
        return True

    @property
    def arch(self) -> TargetArch:
        """The family of the processor."""
        family = self.machine.rpartition("-")[0]
        known = [a for a in TargetArch if a.value == family]
        return known[0] if known else TargetArch.ArchUnknown

    @property
    def os(self) -> TargetOS:
        """The operating system."""
        known = [s for s in TargetOS if s.value == self.system]
        return known[0] if known else TargetOS.OSUnknown

    @property
    def bits(self) -> int:
        """The width of an address."""
        return 64

    @property
    def vector_bits(self) -> int:
        """The width of the vector registers that code should use."""
        if "avx512f" in self.features:
            return 512
        return 256 if "avx" in self.features else 128

    def has_feature(self, feature: TargetFeature) -> bool:
        """Whether the target has `feature`."""
        needs = INSTRUCTIONS.get(feature)
        return feature in self.options if needs is None else needs <= self.features

    def features_any_of(self, features: Sequence[TargetFeature]) -> bool:
        """Whether the target has one of `features` at least."""
        return any(self.has_feature(f) for f in features)

    def features_all_of(self, features: Sequence[TargetFeature]) -> bool:
        """Whether the target has all of `features`."""
        return all(self.has_feature(f) for f in features)

    def has_gpu_feature(self) -> bool:
        """Whether code may run on a graphics processor: halo makes none."""
        return False

    def has_large_buffers(self) -> bool:
        """Whether buffers may be larger than 2**31 bytes: always."""
        return True

    def maximum_buffer_size(self) -> int:
        """Return the greatest size of a buffer in bytes."""
        return 2**63 - 1

    def supports_type(self, type: Type) -> bool:
        """Whether values of `type` can be computed."""
        return type.bits() in (1, 8, 16, 32, 64)

    def supported(self) -> bool:
        """Whether machine code can be made for it here, if need be by LLVM; C, for any."""
        return self.is_native() or (self.machine, self.system) in WITH_LLVM

    def is_native(self) -> bool:
        """Whether its code may run in this process, whose processor may lack a feature."""
        return (self.machine, self.system) == (host_machine(), host_system())

    def natural_vector_size(self, type: Type) -> int:
        """Return how many elements of `type` fill a vector register, at least 1."""
        return max(1, self.vector_bits // (8 * type.bytes()))

    @also_named(f="feature")
    def set_feature(self, feature: TargetFeature, value: bool = True) -> None:
        """Add `feature` to the target, or take it away.

        Raises
        ------
        HaloError
            halo has nothing for `feature`.
        """
        needs = INSTRUCTIONS.get(feature)
        if needs is None and value and feature not in OPTIONS:
            raise HaloError(
                f"halo has nothing for the target feature '{feature.value}'",
                where=user_location(),
                hint="it makes code for processors, with their vectors and threads",
            )
        if needs is not None:
            self._set_instructions(needs, value)
        else:
            self.options = self.options | {feature} if value else self.options - {feature}

    def _set_instructions(self, needs: frozenset[str], value: bool) -> None:
        if needs <= self.features if value else not needs & self.features:
            return
        if value:
            self.features = self.features | with_implied(needs)
        else:
            self.features = frozenset(
                f for f in self.features if not needs & with_implied(frozenset({f}))
            )
        # "host" and a level say which instructions there are: these are others now.
        self.name = f"{self.machine}-{self.system}"

    def set_features(self, features: Sequence[TargetFeature], value: bool = True) -> None:
        """Add all of `features`, or take them away."""
        for feature in features:
            self.set_feature(feature, value)

    def with_feature(self, feature: TargetFeature) -> Target:
        """Return the target with `feature` added."""
        return self._with(feature, True)

    def without_feature(self, feature: TargetFeature) -> Target:
        """Return the target with `feature` taken away."""
        return self._with(feature, False)

    def _with(self, feature: TargetFeature, value: bool) -> Target:
        made = Target.of(self.name, self.machine, self.system, self.features)
        made.options = self.options
        made.set_feature(feature, value)
        return made

    def to_string(self) -> str:
        """Return the text in Halide's form, with every feature: ``x86-64-linux-avx-avx2-...``."""
        words = sorted(f.value for f in (*INSTRUCTIONS, *OPTIONS) if self.has_feature(f))
        return "-".join([self.machine, self.system, *words])

    def _key(self) -> object:
        return (self.name, self.machine, self.system, self.features, self.options)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Target) and self._key() == other._key()

    def __str__(self) -> str:
        words = sorted(f.value for f in self.options)
        if self.name not in ("host", *LEVELS):
            return self.to_string()
        return "-".join([self.name, *words])

    def __repr__(self) -> str:
        return f"Target({str(self)!r})"


_FAMILIES = {"aarch64": ("arm", "64"), "arm64": ("arm", "64"), "x86_64": ("x86", "64")}
"""Names that compilers have for processors -> Halide's."""


def _split(text: str) -> list[str]:
    """Return the name of the machine in `text`, and the words of its features."""
    words = text.split("-") if text else ["host"]
    if words[0] in _FAMILIES:
        words[:1] = _FAMILIES[words[0]]
    if words[0] == "host":
        return words
    if words[:2] == ["x86", "64"]:
        for n in (3, 2):
            level = "-".join(words[:n])
            if level in LEVELS and (n == 3 or len(words) == 2):
                return [level, *words[n:]]
    arches = [a.value for a in TargetArch if a is not TargetArch.ArchUnknown]
    systems = [s.value for s in TargetOS if s is not TargetOS.OSUnknown]
    if len(words) < 3 or words[0] not in arches or words[2] not in systems:
        raise HaloError(f"unknown target '{text}'", where=user_location(), hint=f"known: {_FORM}")
    if words[1] != "64":
        raise HaloError(
            f"the target '{text}' has {words[1]} bits", where=user_location(), hint="halo needs 64"
        )
    return ["-".join(words[:3]), *words[3:]]


def _feature(word: str, text: str) -> TargetFeature:
    try:
        return TargetFeature(word)
    except ValueError:
        raise HaloError(
            f"the target '{text}' has an unknown feature '{word}'",
            where=user_location(),
            hint="features are written as in x86-64-linux-avx2-fma",
        ) from None
