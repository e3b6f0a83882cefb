"""The C that runs one of several versions of a module."""

from __future__ import annotations

from collections.abc import Sequence

from codegen.c_function import argument_names, function_names, signature
from codegen.c_header import emit_header
from codegen.c_names import identifier
from codegen.c_prelude import Prelude
from codegen.c_source import CSource
from codegen.c_text import c_string, comment
from codegen.versions import Version, public_functions, refusal, untagged
from halo.ir.lowered import LoweredFunc


def emit_chooser(versions: Sequence[Version]) -> CSource:
    """Return the C of the public functions, each of which runs the best version there is.

    ``NAME_version()`` tells which that is. The header declares them all.
    """
    module = untagged(versions)
    name = identifier(module.name)
    prelude = Prelude()
    prelude.file("halo_cpu.h")
    lines = [
        f"/* {comment(module.name)}: written by halo. It runs the version for this processor. */",
        prelude.text(),
        "/* The version to run; -1 where there is none for this processor. */",
        "static int halo_version(void) {",
        "    const uint64_t lacks = ~halo_cpu();",
    ]
    for i, v in enumerate(versions):
        lines.append(f"    if (!(lacks & UINT64_C({v.needs:#x}))) return {i}; /* {v.name} */")
    lines += ["    return -1;", "}", ""]
    for f in public_functions(versions[0]):
        lines += _function(f, function_names(module)[f.name], versions)
    lines += [f"HALO_PUBLIC const char *{name}_version(void);"]
    lines += [f"HALO_PUBLIC const char *{name}_version(void) {{", "    switch (halo_version()) {"]
    lines += [f"    case {i}: return {c_string(v.name)};" for i, v in enumerate(versions)]
    lines += ['    default: return "";', "    }", "}", ""]
    return CSource(f"{name}_chooser", "\n".join(lines), emit_header(module, versions=True))


def _function(f: LoweredFunc, name: str, versions: Sequence[Version]) -> list[str]:
    args = ", ".join(["ctx", *argument_names(f).values()])
    head = signature(f, name)
    lines = [f"HALO_HIDDEN {signature(f, v.callee(f))};" for v in versions]
    lines += [f"HALO_PUBLIC {head};", f"HALO_PUBLIC {head} {{", "    switch (halo_version()) {"]
    lines += [f"    case {i}: return {v.callee(f)}({args});" for i, v in enumerate(versions)]
    text = c_string(refusal(name, versions))
    return [
        *(*lines, "    default:"),
        "        halo_enter(ctx);",
        f'        return halo_fail(ctx, halo_error_bad_processor, "%s", {text});',
        *("    }", "}", ""),
    ]
