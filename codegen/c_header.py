"""The C header of a module: what a caller of its functions needs."""

from __future__ import annotations

from codegen.c_function import function_names, signature
from codegen.c_names import identifier
from codegen.c_prelude import runtime_text
from codegen.c_text import comment
from halo.ir.lowered import BufferArg, LoweredFunc, LoweredModule


def emit_header(module: LoweredModule, *, versions: bool = False) -> str:
    """Return the header that declares the public functions of `module`, for C and C++.

    With `versions` there are several of it, and a function that tells which of them runs.
    """
    names = function_names(module)
    public = [f for f in module.functions if not f.trusted]
    guard = f"HALO_{identifier(module.name).upper()}_H"
    parts = [
        f"/* {comment(module.name)}: written by halo. */",
        f"#ifndef {guard}\n#define {guard}\n",
        runtime_text("halo_abi.h"),
        '#ifdef __cplusplus\nextern "C" {\n#endif\n',
        *[_declaration(f, names[f.name]) for f in public],
        *([_VERSION.format(name=identifier(module.name))] if versions else []),
        "#ifdef __cplusplus\n}\n#endif",
        "#endif\n",
    ]
    return "\n".join(parts)


def _declaration(f: LoweredFunc, name: str) -> str:
    lines = ["/*", *(f" * {comment(line)}".rstrip() for line in f.doc.splitlines())]
    for a in f.args:
        if isinstance(a, BufferArg):
            kind = "output" if a.is_output else "input"
            what = f"{kind}, {a.type}, {a.dimensions} dimensions"
        else:
            what = str(a.type)
        lines.append(f" * {comment(a.name)}: {what}")
    lines.append(" * Returns 0, or a halo_error code; ctx->error then says what is wrong.\n */")
    return "\n".join([*lines, f"{signature(f, name)};\n"])


_VERSION = """\
/* The target whose code runs on this processor; "" if there is none. */
const char *{name}_version(void);
"""
