"""Libraries that LLVM makes: shared ones where something here links, else static ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.c_build import compile_foreign_objects
from codegen.c_cache import Cache, cache_directory
from codegen.c_compiler import find_compiler
from codegen.c_names import identifier
from codegen.elf_archive import archive_members, elf_archive
from codegen.foreign import foreign_objects
from codegen.hooks import abi
from codegen.linker import find_linker
from codegen.llvm_chooser import emit_llvm_chooser
from codegen.llvm_jit import engine_of, pointer_type
from codegen.llvm_machine import llvm_settings
from codegen.llvm_module import emit_llvm
from codegen.llvm_object import llvm_object_of_text
from codegen.llvm_runtime import runtime_ir
from codegen.loader import Functions
from codegen.versions import chooser_target, versions_of
from halo.errors import CodegenError
from halo.ir.lowered import LoweredModule
from halo.target import Target


@dataclass(frozen=True, slots=True)
class _Part:
    """An object file to be: LLVM IR, its target, and whether all of LLVM's passes are for it."""

    text: str
    target: Target
    whole: bool


def build_llvm_library(
    modules: Sequence[tuple[Target, LoweredModule]],
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Compile a module by LLVM, or one of its versions for each target; return what lies in the
    cache.

    It is a shared library, ``.so``, where there is a C compiler or a linker, else a static one,
    ``.a``, of which `StaticLibrary` makes functions.

    Raises
    ------
    HaloError
        The targets cannot be in one library.
    CodegenError
        LLVM is not there, or has no code for a target, or the linker fails.
    """
    parts = _parts(modules)
    target = modules[0][0]
    linker = find_linker(target)
    any_target = target if len(modules) == 1 else chooser_target(versions_of(modules))
    others = _of_others(any_target, modules[0][1])
    cache, key = Cache(cache_directory()), _key(parts, linker, others)
    suffix = ".a" if linker is None else ".so"
    found = cache.find(key, suffix)
    if found is not None:
        if progress is not None:
            progress(len(parts), len(parts))
        return found
    members: dict[str, bytes] = {}
    for name, part in parts.items():
        members[name] = llvm_object_of_text(part.text, part.target, whole=part.whole)
        if progress is not None:
            progress(len(members), len(parts))
    members |= others
    made = elf_archive(members) if linker is None else linker.shared(members)
    return cache.put(key, suffix, made)


def _parts(modules: Sequence[tuple[Target, LoweredModule]]) -> dict[str, _Part]:
    """Return the object files by name."""
    if len(modules) == 1:
        ((target, module),) = modules
        return {f"{identifier(module.name)}.o": _part(module, target)}
    versions = versions_of(modules)
    made = {f"{v.module.tag}.o": _part(v.module, v.target) for v in versions}
    chooser = _Part(emit_llvm_chooser(versions), chooser_target(versions), True)
    return {f"{identifier(modules[0][1].name)}.o": chooser, **made}


def _part(module: LoweredModule, target: Target) -> _Part:
    source = emit_llvm(module, target)
    return _Part(source.text, target, source.scalar_loops)


def _of_others(target: Target, module: LoweredModule) -> dict[str, bytes]:
    """Return the object files of the functions of others in `module`, by name.

    Raises
    ------
    CodegenError
        They are given as C text, and there is no C compiler, or it failed.
    """
    in_c = [code.name for code in module.foreign if code.text]
    try:
        if in_c:
            find_compiler(target)
    except CodegenError as error:
        message = f"the C text of {', '.join(in_c)} needs a C compiler: {error.message}"
        raise CodegenError(message, hint=error.hint) from None
    made = compile_foreign_objects(module, target)
    for name, data in foreign_objects(module).items():
        if name.endswith(".a"):
            members = archive_members(data)
            made |= {f"{name[:-2]}_{i}.o": member for i, member in enumerate(members)}
        else:
            made[name] = data
    return {f"others_{name}": data for name, data in made.items()}


def _key(parts: Mapping[str, _Part], linker: object, others: Mapping[str, bytes]) -> str:
    h = hashlib.sha256(f"library {llvm_settings()} {linker}".encode())
    for data in others.values():
        h.update(hashlib.sha256(data).digest())
    for name, part in parts.items():
        t = part.target
        about = (name, t.name, t.machine, t.system, sorted(t.features), part.whole)
        for text in (repr(about), part.text, runtime_ir(t.machine, t.system)):
            h.update(len(text).to_bytes(8, "little"))
            h.update(text.encode())
    return h.hexdigest()


_engines: list[Any] = []
"""What was loaded: it stays, because threads of its pool wait in it."""


class StaticLibrary(Functions):
    """The functions of a static library, which LLVM loads into the process.

    Parameters
    ----------
    path
        The static library, which `build_llvm_library` made for this machine.
    declarations
        C declarations of its functions.
    """

    def __init__(self, path: Path, declarations: Sequence[str]) -> None:
        super().__init__(declarations)
        self.path = path
        self._engine = engine_of(archive_members(path.read_bytes()))
        _engines.append(self._engine)

    def function(self, name: str) -> Callable[..., int]:
        """Return the function `name`: ``f(context, *args)`` gives its error code."""
        own = self.own_name(name)
        address = self._engine.get_function_address(own)
        if not address:
            raise AttributeError(f"there is no function {own}")
        made: Callable[..., int] = abi().cast(pointer_type(self.declared[own]), address)
        return made
