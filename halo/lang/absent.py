"""What Halide's binding has and halo does not: asked for, each says what to write instead."""

from __future__ import annotations

from typing import NoReturn

from halo.errors import HaloError, user_location


class AbsentError(HaloError, AttributeError):
    """A name of Halide's binding that halo does not have."""


_LATER = "halo has no automatic differentiation yet: write the derivative as a Func"
_SAVED = (
    "halo saves schedules, with Pipeline.schedule and Schedule.save, and code, with compile_to; "
    "an algorithm is the program that makes it"
)
_ONE_CELL = "write one update for each cell; of a Func of Tuples an update changes all values"
_BY_HAND = "halo has no autoschedulers to choose from: call auto_schedule(), or give the directives"
_TARGET = (
    "an algorithm has the same bits on every target: ask the Target where you write the schedule, "
    "as in f.vectorize(x, target.natural_vector_size(t))"
)
_NO_DEVICE = "halo makes code for processors only"
_C_NAMES = "exported functions, and those that extern stages call, are C functions"
_ITSELF = "an OutputImageParam or ImageParam is an argument of compile_to and its kin itself"
_FILES = "compile_to and its kin write files, and compile_to_callable gives a function"

MODULE = {
    "ArgInfo": _FILES,
    "ArgInfoDirection": _FILES,
    "ArgInfoKind": _FILES,
    "AutoSchedulerResults": _BY_HAND,
    "AutoschedulerParams": _BY_HAND,
    "Derivative": _LATER,
    "DeviceAPI": _NO_DEVICE,
    "LinkageType": _FILES,
    "Module": _FILES,
    "NameMangling": _C_NAMES,
    "Parameter": "Param and ImageParam stand for parameters",
    "TargetProcessorTune": "the C compiler is told the instruction sets of the Target",
    "VarOrRVar": "directives take Vars and RVars alike",
    "compile_standalone_runtime": "the C that halo writes needs no runtime library",
    "deserialize_parameters": _SAVED,
    "deserialize_pipeline": _SAVED,
    "gather": _ONE_CELL,
    "install_dir": "pathlib.Path(halo.__file__).parent",
    "host_supports_target_device": _NO_DEVICE,
    "link_modules": _FILES,
    "load_plugin": _BY_HAND,
    "propagate_adjoints": _LATER,
    "scatter": _ONE_CELL,
    "serialize_pipeline": _SAVED,
    "target_arch_is": _TARGET,
    "target_bits": _TARGET,
    "target_feature_for_device_api": _NO_DEVICE,
    "target_has_feature": _TARGET,
    "target_natural_vector_size": _TARGET,
    "target_os_is": _TARGET,
    "user_context_value": "the context of a call is the first argument of the C function",
}
"""Names of the package."""

MEMBERS = {
    "Func.debug_to_file": "numpy.save(file, numpy.asarray(f.realize(...)))",
    "Generator.autoscheduler": _BY_HAND,
    "GeneratorContext.autoscheduler_params": _BY_HAND,
    "ImageParam.parameter": _ITSELF,
    "ImageParam.store_in": _NO_DEVICE,
    "MemoryType.GPUShared": _NO_DEVICE,
    "MemoryType.GPUTexture": _NO_DEVICE,
    "MemoryType.LockedCache": _NO_DEVICE,
    "MemoryType.VTCM": _NO_DEVICE,
    "OutputImageParam.parameter": _ITSELF,
    "OutputImageParam.store_in": _NO_DEVICE,
    "Pipeline.apply_autoscheduler": _BY_HAND,
    "TargetFeature.FeatureEnd": "len(TargetFeature) is their number",
    "Target.processor_tune": "the C compiler is told the instruction sets of the Target",
    "Target.supports_device_api": _NO_DEVICE,
}
"""Members of classes."""

PARAMETERS = {
    "Func.define_extern(device_api)": _NO_DEVICE,
    "Func.define_extern(mangling)": _C_NAMES,
    "GeneratorContext.__init__(autoscheduler_params)": _BY_HAND,
    "Target.supports_type(device)": _NO_DEVICE,
}
"""Parameters of methods."""


def module_attribute(name: str) -> NoReturn:
    """Stand for the package's ``__getattr__``: `name` is nothing that halo has.

    Raises
    ------
    AbsentError
        Halide has it, and the message says what to write instead.
    AttributeError
        Nobody has it.
    """
    if name in MODULE:
        raise AbsentError(f"halo has no {name}", where=user_location(), hint=MODULE[name])
    raise AttributeError(f"module 'halo' has no attribute {name!r}")


class AbsentMembers:
    """A base of classes of which Halide's have more members."""

    __slots__ = ()

    def __getattr__(self, name: str) -> NoReturn:
        for cls in type(self).__mro__:
            hint = MEMBERS.get(f"{cls.__name__}.{name}")
            if hint is not None:
                what = f"{cls.__name__} of halo has no {name}"
                raise AbsentError(what, where=user_location(), hint=hint)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
