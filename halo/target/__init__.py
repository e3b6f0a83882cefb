"""The machine that code is generated for, under the names of Halide's Python binding."""

from halo.target.environment import (
    default_target,
    get_host_target,
    get_jit_target_from_environment,
    get_target_from_environment,
    host_target,
    target_or_default,
)
from halo.target.features import LEVELS, WITH_LLVM, TargetArch, TargetFeature, TargetOS
from halo.target.target import Target
from halo.target.versions import needed_features, order_versions, processor_name

__all__ = [
    "LEVELS",
    "WITH_LLVM",
    "Target",
    "TargetArch",
    "TargetFeature",
    "TargetOS",
    "default_target",
    "get_host_target",
    "get_jit_target_from_environment",
    "get_target_from_environment",
    "host_target",
    "needed_features",
    "order_versions",
    "processor_name",
    "target_or_default",
]
