"""The kinds of files that a compilation may write."""

from __future__ import annotations

from enum import Enum


class OutputFileType(Enum):
    """A kind of file, under Halide's names; the value is its usual ending."""

    assembly = ".s"
    bitcode = ".bc"
    c_header = ".h"
    c_source = ".c"
    compiler_log = ".halide_compiler_log"
    conceptual_stmt = ".conceptual.stmt"
    conceptual_stmt_html = ".conceptual.stmt.html"
    cpp_stub = ".stub.h"
    device_code = ".device_code"
    featurization = ".featurization"
    function_info_header = ".function_info.h"
    hlpipe = ".hlpipe"
    llvm_assembly = ".ll"
    object = ".o"
    python_extension = ".py.cpp"
    pytorch_wrapper = ".pytorch.h"
    registration = ".registration.cpp"
    schedule = ".schedule.json"
    static_library = ".a"
    stmt = ".stmt"
    stmt_html = ".stmt.html"


class StmtOutputFormat(Enum):
    """How a statement is written."""

    Text = 0
    HTML = 1
