"""The C program that runs cases and writes what they compute, for machines without Python."""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path

import numpy as np
from batches import Case, Cases, module_of

import codegen
import halo as hl
from codegen.c_function import function_names
from codegen.c_literals import float_literal, int_literal
from codegen.c_types import scalar_type, type_value
from halo.ir.function import Image, Parameter

_MAIN = r"""
#include "kernels.h"
#include <stdio.h>
#include <stdlib.h>
static char *data;
static void quiet(void *user, const halo_trace_event *event) { (void)user, (void)event; }
static void silent(void *user, const char *line) { (void)user, (void)line; }
static void put(FILE *f, int32_t error, const void *cells, size_t bytes) {
    if (fwrite(&error, 4, 1, f) != 1 || fwrite(cells, 1, bytes, f) != bytes) exit(3);
}
int main(void) {
    FILE *in = fopen("in.bin", "rb"), *out = fopen("out.bin", "wb");
    data = malloc(@SIZE@ + 64);
    if (!in || !out || !data || fread(data, 1, @SIZE@, in) != @SIZE@) return 2;
    halo_context ctx = {0};
    ctx.trace = quiet, ctx.print = silent, ctx.threads = 3;
@CALLS@
    return fclose(out);
}
"""


def write_program(cases: Cases, folder: Path) -> None:
    """Write ``main.c``, ``kernels.h`` and its input ``in.bin``; it writes ``out.bin``."""
    module = module_of(cases)
    names = function_names(module)
    data = bytearray()
    calls = [_call(c, names[c.lowered.func.name], data) for c in cases.values()]
    (folder / "in.bin").write_bytes(data)
    text = _MAIN.replace("@SIZE@", str(len(data))).replace("@CALLS@", "\n".join(calls))
    (folder / "main.c").write_text(text)
    (folder / "kernels.h").write_text(codegen.emit_header(module))


def read_results(cases: Cases, folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return the error and the bytes of each case."""
    text, at = (folder / "out.bin").read_bytes(), 0
    found: dict[str, tuple[int, bytes]] = {}
    for name, c in cases.items():
        size = _output(c).nbytes
        (error,) = struct.unpack_from("<i", text, at)
        found[name] = (error, text[at + 4 : at + 4 + size])
        at += 4 + size
    assert at == len(text)
    return found


def _output(c: Case) -> np.ndarray:
    return np.array(hl.Buffer(c.type, list(c.size)))


def _call(c: Case, name: str, data: bytearray) -> str:
    args: list[str] = []
    lines = ["    {"]
    for i, x in enumerate(c.lowered.inputs):
        if isinstance(x, Parameter):
            args.append(_number(x))
            continue
        assert isinstance(x, Image)
        b: hl.Buffer = x.buffer
        lines.append(_buffer(f"a{i}", f"data + {_keep(b, data)}", b))
        args.append(f"&a{i}")
    out = hl.Buffer(c.type, list(c.size))
    size = _output(c).nbytes
    lines.append(f"    void *cells = calloc({max(1, size)}, 1);")
    lines.append(_buffer("o", "cells", out))
    lines.append(f"    const int32_t error = {name}({', '.join(['&ctx', *args, '&o'])});")
    lines.append(f"    put(out, error, cells, {size});\n    free(cells);\n    }}")
    return "\n".join(lines)


def _keep(b: hl.Buffer, data: bytearray) -> int:
    """Append the memory of `b` to `data`; return where the cell at its mins is."""
    size = np.dtype(b.type().dtype).itemsize
    steps = [(extent - 1) * stride * size for _, extent, stride in b.place()]
    before = -sum(s for s in steps if s < 0)
    after = sum(s for s in steps if s > 0)
    at = len(data) + before
    if b.number_of_elements():
        memory = ctypes.string_at(b.address - before, before + after + size)
        data += memory + bytes(-len(memory) % 64)
    return at


def _buffer(name: str, host: str, b: hl.Buffer) -> str:
    dims = [f"{{{', '.join(map(str, dim))}}}" for dim in b.place()]
    rows = f"    halo_dim {name}_dims[] = {{{', '.join(dims) or '{0, 0, 0}'}}};\n"
    fields = f"{host}, {type_value(b.type())}, {len(dims)}, {name}_dims"
    return f"{rows}    halo_buffer {name} = {{{fields}}};"


def _number(x: Parameter) -> str:
    assert x.value is not None
    literal = float_literal if x.type.is_float() else int_literal
    return f"({scalar_type(x.type)}){literal(x.type, x.value).within(0)}"
