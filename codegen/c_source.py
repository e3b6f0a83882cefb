"""A lowered module as C: one self-contained file, or one unit per function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from codegen.c_compiler import machine_flags
from codegen.c_constants import Blob, constant_declaration, constant_definition, is_large, make_blob
from codegen.c_extern import extern_functions, extern_signature, forward
from codegen.c_function import (
    FunctionText,
    constant_names,
    function_names,
    print_function,
    signature,
)
from codegen.c_header import emit_header
from codegen.c_names import identifier
from codegen.c_prelude import Prelude
from codegen.c_text import comment
from codegen.foreign import foreign_objects, foreign_units
from halo.errors import CodegenError
from halo.ir.lowered import Constant, LoweredFunc, LoweredModule
from halo.target import Target


@dataclass(frozen=True, slots=True)
class CSource:
    """The C of a module.

    Attributes
    ----------
    name
        Stem of the file names.
    text, header
        What belongs into ``NAME.c`` and ``NAME.h``.
    blob
        What belongs into ``NAME.bin`` beside them: the large constants. Often empty.
    beside
        More files by name, to compile and link with it: functions of others.
    """

    name: str
    text: str
    header: str
    blob: bytes = field(default=b"", repr=False)
    beside: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def blob_name(self) -> str:
        return f"{self.name}.bin"


@dataclass(frozen=True, slots=True)
class Unit:
    """One of the C files that a module is compiled from when in parallel.

    `headers` are included by it, by name; `foreign` is the name of a file of others.
    """

    text: str
    blob: Blob | None = None
    headers: Mapping[str, bytes] = field(default_factory=dict)
    foreign: str = ""


class ModulePrinter:
    """The names of a module's functions and constants, and the printing of its functions."""

    def __init__(self, module: LoweredModule, target: Target, *, shared: bool = False) -> None:
        self.module = module
        self.target = target
        self.functions = {f.name: f for f in module.functions}
        constants = constant_names(module, shared=shared)
        self.names = function_names(module)
        self.externs = extern_functions(module.functions)
        for name in self.externs.keys() & set(self.names.values()):
            raise CodegenError(
                f"the compiled function and an extern stage of it are both called {name}",
                hint="give the Func or the compiled function another name",
            )
        self.constants: dict[str, tuple[str, Constant]] = {
            c.name: (constants[c.name], c) for c in module.constants
        }

    def print(self, f: LoweredFunc, prelude: Prelude) -> FunctionText:
        """Print one function."""
        return print_function(
            f,
            self.names[f.name],
            prelude,
            self.names,
            self.constants,
            self.target.vector_bits,
        )

    def extern(self, name: str) -> str:
        """Return the declaration of a C function outside the module."""
        return f"{extern_signature(name, self.externs[name])};"

    def prototype(self, name: str) -> str:
        """Return the signature of the function called `name` in the IR."""
        return signature(self.functions[name], self.names[name])


def emit_c(module: LoweredModule, target: Target) -> CSource:
    """Return `module` as one self-contained C file, its header, and its large constants."""
    printer = ModulePrinter(module, target)
    prelude = Prelude()
    name = identifier(module.name) + (f"_{module.tag}" if module.tag else "")
    printed = [(f, printer.print(f, prelude)) for f in module.functions]
    used = dict.fromkeys(c for _, text in printed for c in text.constants)
    large = [printer.constants[c] for c in used if is_large(printer.constants[c][1])]
    blob = make_blob(large, f"{name}.bin") if large else None
    beside = _beside(module)
    parts = [_banner(module, target, beside), prelude.text(), *map(printer.extern, printer.externs)]
    if blob is not None:
        parts.append(blob.text)
    for c in used:
        c_name, data = printer.constants[c]
        parts.append(
            constant_declaration(c_name, data)
            if is_large(data)
            else constant_definition(c_name, data)
        )
    for f, text in printed:
        linkage = "static" if f.trusted else _public(module)
        parts.append(f"{linkage} HALO_HOT {text.signature} {text.body}\n")
    constants = blob.data if blob else b""
    return CSource(name, "\n".join(parts), emit_header(module), constants, beside)


def _beside(module: LoweredModule) -> dict[str, bytes]:
    """Return the files of others that `module` needs."""
    files: dict[str, bytes] = {}
    for unit in foreign_units(module):
        files |= {unit.name: unit.text.encode(), **unit.headers}
    return files | foreign_objects(module)


def emit_foreign_units(module: LoweredModule) -> list[Unit]:
    """Return the C files of others that `module` needs; of several versions each needs the same."""
    return [
        Unit(unit.text, headers=unit.headers, foreign=unit.name) for unit in foreign_units(module)
    ]


def emit_units(module: LoweredModule, target: Target) -> list[Unit]:
    """Return `module` as C files that compile on their own and link to one library.

    The text of a function's unit depends on the function, what it calls and the constants it
    uses, and on nothing else of the module, so that a cache of objects finds it again. Of several
    versions the units of large constants are the same where the constants are.
    """
    printer = ModulePrinter(module, target, shared=True)
    units = [Unit(_unit_text(printer, f)) for f in module.functions]
    if printer.externs.keys() - {code.name for code in module.foreign}:
        units.append(Unit(_forwards(printer)))
    large = [c for c in printer.constants.values() if is_large(c[1])]
    for c_name, data in large:
        blob = make_blob([(c_name, data)], "constant.bin")
        units.append(Unit(blob.text, blob))
    return units


def _unit_text(printer: ModulePrinter, f: LoweredFunc) -> str:
    prelude = Prelude()
    text = printer.print(f, prelude)
    parts = [prelude.text()]
    for c in text.constants:
        c_name, data = printer.constants[c]
        make = constant_declaration if is_large(data) else constant_definition
        parts.append(make(c_name, data))
    parts += [f"HALO_HIDDEN {printer.prototype(c)};" for c in text.called]
    parts += [f"HALO_HIDDEN {printer.extern(name)}" for name in text.externs]
    linkage = "HALO_HIDDEN" if f.trusted else _public(printer.module)
    parts.append(f"{linkage} {text.signature};")
    parts.append(f"{linkage} HALO_HOT {text.signature} {text.body}\n")
    return "\n".join(parts)


def _forwards(printer: ModulePrinter) -> str:
    """Return the functions through which a library run from Python reaches its extern stages."""
    here = {code.name for code in printer.module.foreign}
    forwards = [
        forward(name, params, i)
        for i, (name, params) in enumerate(printer.externs.items())
        if name not in here
    ]
    return "\n".join([Prelude().text(), *forwards])


def _public(module: LoweredModule) -> str:
    """Return the linkage of functions that are called from outside the module."""
    return "HALO_HIDDEN" if module.tag else "HALO_PUBLIC"


def _banner(module: LoweredModule, target: Target, beside: Iterable[str]) -> str:
    more = [name for name in beside if name.endswith((".c", ".o", ".a"))]
    how = f"cc -O3 -march=native -fopenmp -shared -fPIC {' '.join(['FILE.c', *more])} -lm"
    if module.tag:
        how = f"cc -O3 {' '.join(machine_flags(target))} -fopenmp -fPIC -c FILE.c"
    return (
        f"/* {comment(module.name)}: written by halo. Build it with\n"
        f"     {how}\n"
        f"   In the place of -O3 clang makes faster code, sooner, with -O2, and gcc with -O2\n"
        f"   -ftree-vectorize -fvect-cost-model=dynamic -fpeel-loops. Without -fopenmp it is\n"
        f"   correct and serial. */\n"
    )
