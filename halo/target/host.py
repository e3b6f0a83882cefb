"""The machine this process runs on."""

from __future__ import annotations

import functools
import platform
from pathlib import Path

from halo.target.features import ALWAYS, CPU_NAMES

_ARCHITECTURES = {
    "x86_64": "x86-64",
    "amd64": "x86-64",
    "aarch64": "arm-64",
    "arm64": "arm-64",
    "riscv64": "riscv-64",
    "ppc64le": "powerpc-64",
}
_SYSTEMS = {"darwin": "osx"}


def host_machine() -> str:
    """Return the architecture, as ``x86-64``."""
    machine = platform.machine().lower()
    return _ARCHITECTURES.get(machine, machine or "unknown")


def host_system() -> str:
    """Return the operating system, as ``linux``."""
    system = platform.system().lower()
    return _SYSTEMS.get(system, system)


@functools.cache
def host_features() -> frozenset[str]:
    """Return the instruction sets that the processor has and halo knows."""
    always = ALWAYS.get(host_machine(), frozenset())
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return always
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            names = {"sse3" if word == "pni" else word for word in value.split()}
            return frozenset(names & CPU_NAMES) | always
    return always
