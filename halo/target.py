"""The machine that code is generated for."""

from __future__ import annotations

import functools
import platform
from dataclasses import dataclass, field
from pathlib import Path

from halo.errors import HaloError
from halo.ir.types import Type

_ARCHITECTURES = {
    "x86_64": "x86-64",
    "amd64": "x86-64",
    "i686": "x86",
    "i386": "x86",
    "aarch64": "arm-64",
    "arm64": "arm-64",
    "riscv64": "riscv-64",
    "ppc64le": "powerpc-64",
}
_V2 = frozenset({"sse3", "ssse3", "sse4_1", "sse4_2", "popcnt"})
_V3 = _V2 | {"avx", "avx2", "fma", "f16c", "bmi1", "bmi2"}
_V4 = _V3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
LEVELS: dict[str, frozenset[str]] = {
    "x86-64": frozenset(),
    "x86-64-v2": _V2,
    "x86-64-v3": _V3,
    "x86-64-v4": _V4,
}
"""Features of the generic x86-64 levels (System V psABI)."""

_KNOWN = _V4 | {"avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "neon", "sve"}


@dataclass(frozen=True, slots=True)
class Target:
    """Architecture, operating system and instruction-set features.

    Attributes
    ----------
    name
        ``host``, or one of the generic levels ``x86-64``, ``x86-64-v2``, ``-v3``, ``-v4``.
    arch, os
        As in ``x86-64`` and ``linux``.
    features
        Names as Linux prints them in /proc/cpuinfo (``avx2``, ``avx512f``, ...).
    vector_bits
        Width of the vector registers code should use.
    """

    name: str = "host"
    arch: str = field(default="", compare=False)
    os: str = field(default="", compare=False)
    features: frozenset[str] = field(default=frozenset(), compare=True)
    vector_bits: int = 0

    def __post_init__(self) -> None:
        if self.vector_bits:
            return
        if self.name == "host":
            arch, features = _host_architecture(), _host_features()
        elif self.name in LEVELS:
            arch, features = "x86-64", LEVELS[self.name]
        else:
            raise HaloError(
                f"unknown target '{self.name}'", hint=f"known: host, {', '.join(LEVELS)}"
            )
        object.__setattr__(self, "arch", self.arch or arch)
        object.__setattr__(self, "os", self.os or platform.system().lower())
        object.__setattr__(self, "features", self.features or features)
        object.__setattr__(self, "vector_bits", _vector_bits(self.features))

    @staticmethod
    def parse(text: str) -> Target:
        """Return the target that `text` names.

        Raises
        ------
        HaloError
            The name is not known.
        """
        return host_target() if text.strip() in ("", "host") else Target(text.strip())

    def has(self, feature: str) -> bool:
        """Whether the machine has the instruction-set `feature`."""
        return feature in self.features

    def natural_vector_size(self, type: Type) -> int:
        """Return how many elements of `type` fill a vector register, at least 1."""
        return max(1, self.vector_bits // (8 * type.bytes))

    def __str__(self) -> str:
        return self.name


def _vector_bits(features: frozenset[str]) -> int:
    if "avx512f" in features:
        return 512
    return 256 if "avx" in features else 128


@functools.cache
def host_target() -> Target:
    """Return the machine this process runs on."""
    return Target("host")


def _host_architecture() -> str:
    machine = platform.machine().lower()
    return _ARCHITECTURES.get(machine, machine or "unknown")


@functools.cache
def _host_features() -> frozenset[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return frozenset()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            names = {"sse3" if word == "pni" else word for word in value.split()}
            return frozenset(names & _KNOWN)
    return frozenset()
