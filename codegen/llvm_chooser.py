"""The LLVM IR that runs one of several versions of a module; see `c_chooser`."""

from __future__ import annotations

from collections.abc import Sequence

from codegen.c_function import function_names
from codegen.c_names import identifier
from codegen.llvm_abi import parameter, quoted
from codegen.versions import Version, public_functions, refusal, untagged
from halo.ir.lowered import LoweredFunc, ScalarArg
from halo.ir.stmt import ErrorCode

_FIRST = """\
@.format = private constant [3 x i8] c"%s\\00"
@.none = private constant [1 x i8] zeroinitializer
declare i64 @halo_rt_cpu()
declare void @halo_rt_enter(ptr)
declare i32 @halo_rt_fail(ptr, i32, ptr, ...)"""


def emit_llvm_chooser(versions: Sequence[Version]) -> str:
    """Return the LLVM IR of the public functions, each of which runs the best version."""
    module = untagged(versions)
    parts = [_FIRST]
    parts += [_string(f".name.{i}", v.name) for i, v in enumerate(versions)]
    parts.append(_version(versions))
    for f in public_functions(versions[0]):
        parts += _function(f, function_names(module)[f.name], versions)
    answers = [f"  ret ptr @.name.{i}" for i in range(len(versions))]
    body = _switch(answers, "  ret ptr @.none")
    parts.append(f"define ptr @{identifier(module.name)}_version() nounwind {{\n{body}\n}}")
    return "\n".join(parts) + "\n"


def _string(name: str, text: str) -> str:
    data = text.encode() + b"\0"
    return f"@{name} = private constant [{len(data)} x i8] {quoted(data)}"


def _version(versions: Sequence[Version]) -> str:
    """Return the function that tells the version to run; -1 where there is none."""
    lines = ["  %has = call i64 @halo_rt_cpu()", "  %lacks = xor i64 %has, -1"]
    best = "-1"
    for i, v in reversed(list(enumerate(versions))):
        lines += [
            f"  %lacks{i} = and i64 %lacks, {v.needs}",
            f"  %fits{i} = icmp eq i64 %lacks{i}, 0",
            f"  %best{i} = select i1 %fits{i}, i32 {i}, i32 {best}",
        ]
        best = f"%best{i}"
    body = "\n".join([*lines, f"  ret i32 {best}"])
    return f"define internal i32 @halo_version() nounwind {{\n{body}\n}}"


def _switch(cases: Sequence[str], otherwise: str) -> str:
    labels = " ".join(f"i32 {i}, label %case{i}" for i in range(len(cases)))
    lines = ["  %version = call i32 @halo_version()"]
    lines.append(f"  switch i32 %version, label %none [ {labels} ]")
    for i, case in enumerate(cases):
        lines += [f"case{i}:", case]
    return "\n".join([*lines, "none:", otherwise])


def _function(f: LoweredFunc, name: str, versions: Sequence[Version]) -> list[str]:
    types = ["ptr", *(parameter(a.type) if isinstance(a, ScalarArg) else "ptr" for a in f.args)]
    given = ", ".join(f"{t} %a{i}" for i, t in enumerate(types))
    callees = [v.callee(f) for v in versions]
    cases = [
        f"  %r{i} = tail call i32 @{callee}({given})\n  ret i32 %r{i}"
        for i, callee in enumerate(callees)
    ]
    refused = (
        "  call void @halo_rt_enter(ptr %a0)\n"
        f"  %error = call i32 (ptr, i32, ptr, ...) @halo_rt_fail(ptr %a0, "
        f"i32 {ErrorCode.BAD_PROCESSOR.value}, ptr @.format, ptr @.refusal.{name})\n"
        "  ret i32 %error"
    )
    return [
        _string(f".refusal.{name}", refusal(name, versions)),
        *(f"declare hidden i32 @{callee}({', '.join(types)})" for callee in callees),
        f"define i32 @{name}({given}) nounwind {{\n{_switch(cases, refused)}\n}}",
    ]
