"""C functions of others that become a part of the library: their files, to compile and to link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from codegen.c_extern import extern_functions, extern_signature
from codegen.c_prelude import runtime_text
from halo.ir.lowered import LoweredModule
from halo.ir.types import Type


@dataclass(frozen=True, slots=True)
class ForeignUnit:
    """A C file of others, with the declarations that it may use in front.

    Attributes
    ----------
    name
        Of the file.
    text
        The whole C.
    headers
        What it includes, by file name.
    """

    name: str
    text: str
    headers: Mapping[str, bytes] = field(default_factory=dict)


def foreign_units(module: LoweredModule) -> tuple[ForeignUnit, ...]:
    """Return the C files that the functions of others in `module` stand in, each once."""
    called = extern_functions(module.functions)
    functions: dict[tuple[str, str], list[str]] = {}
    headers: dict[tuple[str, str], dict[str, bytes]] = {}
    for code in module.foreign:
        if code.text:
            key = code.file, code.text
            functions.setdefault(key, []).append(code.name)
            headers.setdefault(key, {}).update(code.headers)
    units: dict[str, ForeignUnit] = {}
    for (file, text), names in functions.items():
        declared = [_declaration("hidden", n, called[n]) for n in names if n in called]
        name = _free_name(file, units)
        units[name] = ForeignUnit(name, c_text(declared, name, text), headers[file, text])
    return tuple(units.values())


def foreign_objects(module: LoweredModule) -> dict[str, bytes]:
    """Return the object files and static libraries that `module` needs, by file name."""
    found: dict[str, bytes] = {}
    for code in module.foreign:
        for name, data in code.objects:
            if data not in found.values():
                found[_free_name(name, found)] = data
    return found


def public_c_text(name: str, params: tuple[Type | None, ...], text: str) -> str:
    """Return C text that defines function `name`, to become a library of its own."""
    return c_text([_declaration("default", name, params)], name, text)


def c_text(declared: list[str], name: str, text: str) -> str:
    """Return C text with what it may use in front; its errors speak of lines of file `name`."""
    head = "#include <stdbool.h>\n" + runtime_text("halo_abi.h")
    lines = "\n".join(declared)
    return f'{head}\n{lines}\n#line 1 "{name}"\n{text}\n'


def _declaration(visibility: str, name: str, params: tuple[Type | None, ...]) -> str:
    return f'__attribute__((visibility("{visibility}"))) {extern_signature(name, params)};'


def _free_name(name: str, taken: Mapping[str, object]) -> str:
    stem, dot, suffix = name.rpartition(".")
    made, number = name, 1
    while made in taken:
        number += 1
        made = f"{stem}_{number}{dot}{suffix}"
    return made
