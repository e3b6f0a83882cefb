"""LLVM itself: the machine it makes code for, and its passes."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from codegen.c_compiler import TRIPLES
from halo.errors import CodegenError, InternalError, user_location
from halo.target import LEVELS, Target

_WORDS = {
    "sse4_1": "sse4.1",
    "sse4_2": "sse4.2",
    "bmi1": "bmi",
    "avx_vnni": "avxvnni",
    "avx512_bf16": "avx512bf16",
    "avx512_vnni": "avx512vnni",
    "avx512_fp16": "avx512fp16",
    "amx_tile": "amx-tile",
}
"""Instruction sets that LLVM calls otherwise than Linux."""

_OPTIONS = ("-enable-phi-of-ops=false",)
"""What LLVM is told once. Where ``new_gvn`` merges operations in phis, it takes what an iteration
of an outer loop computed for what the one before did, though inner loops changed the operands."""


@functools.cache
def llvm() -> Any:
    """Return llvmlite's binding, ready for this machine.

    Raises
    ------
    CodegenError
        It is not installed.
    """
    try:
        import llvmlite.binding as binding
    except ImportError as error:
        raise CodegenError(
            f"LLVM is not there: {error}", hint="install it with 'pip install llvmlite'"
        ) from None
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    binding.initialize_native_asmparser()  # the runtime asks the processor by cpuid
    for option in _OPTIONS:
        binding.set_option("halo", option)
    return binding


def machine(target: Target, for_process: bool) -> Any:
    """Return LLVM's machine for `target`; for code of this process or for an object file.

    Raises
    ------
    CodegenError
        LLVM has no code for it here.
    """
    cpu, features = _processor(target)
    return _llvm_target(target).create_target_machine(
        cpu=cpu,
        features=features,
        opt=3,
        reloc="default" if for_process else "pic",
        codemodel="jitdefault" if for_process else "default",
        jit=for_process,
    )


def _llvm_target(target: Target) -> Any:
    """Return what LLVM knows of the family of processors."""
    if target.is_native():
        return llvm().Target.from_default_triple()
    if not target.supported():
        raise CodegenError(
            f"the LLVM back end has no code for {target.machine} under {target.system}",
            where=user_location(),
            hint="write the C with compile_to_c, and build it where it shall run",
        )
    binding = llvm()
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    return binding.Target.from_triple(TRIPLES[target.machine, target.system])


def _processor(target: Target) -> tuple[str, str]:
    """Return the processor and its features as LLVM names them."""
    if target.name == "host":
        return llvm().get_host_cpu_name(), llvm().get_host_cpu_features().flatten()
    if target.name in LEVELS:
        return target.name, ""
    words = (_WORDS.get(f, f) for f in sorted(target.features))
    base = "x86-64" if target.machine == "x86-64" else "generic"
    return base, ",".join(f"+{w}" for w in words)


def parsed(text: str, target_machine: Any) -> Any:
    """Return the module that `text` describes, verified."""
    binding = llvm()
    try:
        module = binding.parse_assembly(text)
        module.triple = target_machine.triple
        module.data_layout = str(target_machine.target_data)
        module.verify()
    except RuntimeError as error:
        raise InternalError(f"LLVM does not take what halo wrote: {error}") from error
    return module


_SHORT = (
    *("always_inliner", "sroa", "instruction_combine", "simplify_cfg"),
    *("new_gvn", "dead_code_elimination", "instruction_combine"),
)
"""What code needs whose loops and vectors are as they shall be."""


def llvm_settings() -> str:
    """Return LLVM's version and what it is told: with others the machine code may be another."""
    version = ".".join(map(str, llvm().llvm_version_info))
    return " ".join((version, *_OPTIONS, *_SHORT))


def optimize(module: Any, target_machine: Any, whole: bool = True) -> None:
    """Run LLVM's passes for speed over `module`; none of them changes the bits of a float.

    Without `whole` it is a few passes that take an eighth of the time, after which code that the
    schedule vectorized is as fast. With it loops become vectors; the rest is what LLVM does at its
    lowest level, without copies of the bodies of loops and without vectors of scalars that stand
    side by side: that halves the time, and the apps of the benchmarks are as fast.
    """
    binding = llvm()
    options = binding.create_pipeline_tuning_options(speed_level=1)
    options.loop_vectorization = True
    options.loop_unrolling = False
    options.slp_vectorization = False
    builder = binding.create_pass_builder(target_machine, options)
    if whole:
        builder.getModulePassManager().run(module, builder)
        return
    passes = binding.create_new_module_pass_manager()
    for name in _SHORT:
        getattr(passes, f"add_{name}_pass")()
    passes.run(module, builder)


_OPTIONS_LOCK = threading.Lock()


def machine_code(module: Any, target_machine: Any) -> bytes:
    """Return the optimised `module` as an object file."""
    with _addresses_as_they_are(target_machine):
        code: bytes = target_machine.emit_object(module)
    return code


def assembly(module: Any, target_machine: Any) -> str:
    """Return the optimised `module` as assembly."""
    with _addresses_as_they_are(target_machine):
        text: str = target_machine.emit_assembly(module)
    return text


@contextmanager
def _addresses_as_they_are(target_machine: Any) -> Iterator[None]:
    """Have LLVM not reduce the strength of indices for x86, which takes 60 % of the time there.

    `llvm_address` writes addresses that need none: two registers and a number. It is an option of
    the whole process, which is as before when others use LLVM.
    """
    if not target_machine.triple.startswith("x86_64"):
        yield
        return
    with _OPTIONS_LOCK:
        llvm().set_option("halo", "-disable-lsr=true")
        try:
            yield
        finally:
            llvm().set_option("halo", "-disable-lsr=false")
