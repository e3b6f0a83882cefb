"""Directives that say which loops may be cut into a steady state and its ends."""

from __future__ import annotations

from dataclasses import dataclass

from halo.ir.stmt import Partition
from halo.schedule.directives.base import Directive


@dataclass(frozen=True, slots=True)
class SetPartition(Directive):
    """Let loop partitioning treat the loop over `var` by `policy`."""

    var: str
    policy: Partition
    method = "partition"


@dataclass(frozen=True, slots=True)
class NeverPartition(Directive):
    """Leave the loops over `vars` whole, with their tests in each iteration."""

    vars: tuple[str, ...]
    method = "never_partition"


@dataclass(frozen=True, slots=True)
class AlwaysPartition(Directive):
    """Partition the loops over `vars` wherever it can be done, whatever the size of the code."""

    vars: tuple[str, ...]
    method = "always_partition"


@dataclass(frozen=True, slots=True)
class NeverPartitionAll(Directive):
    """Leave every loop of the definition whole."""

    method = "never_partition_all"


@dataclass(frozen=True, slots=True)
class AlwaysPartitionAll(Directive):
    """Partition every loop of the definition wherever it can be done."""

    method = "always_partition_all"
