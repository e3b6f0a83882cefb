"""From an ONNX model to machine code."""

from __future__ import annotations

import os
import time
from pathlib import Path

from codegen import build_module, emit_c, public_declarations
from codegen.c_names import identifier
from codegen.loader import Library
from halo.target import Target, host_target
from onnx_frontend.assemble import Assembled, assemble
from onnx_frontend.compiled_model import CompiledModel, CompileReport
from onnx_frontend.groups import group_tensors
from onnx_frontend.importer import ImportedGraph, import_graph
from onnx_frontend.kernels import KernelMaker
from onnx_frontend.layouts import choose_layouts
from onnx_frontend.load import ModelSource
from onnx_frontend.lower_kernels import Progress, lower_kernels
from onnx_frontend.shapes import Shapes


def compile(
    model: ModelSource,
    *,
    shapes: Shapes | None = None,
    target: Target | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> CompiledModel:
    """Compile an ONNX model.

    Parameters
    ----------
    model
        A path, the bytes of a file, or a loaded ``onnx.ModelProto``.
    shapes
        Per input the sizes to fix; a name or "?" leaves a size to be known when it runs.
    target
        The machine to compile for; this one by default.
    name
        Name of the library and its function in C; that of the file by default.
    progress
        Called with the phase, how much of it is done and how much there is.

    Raises
    ------
    ModelError
        The model or a shape makes no sense.
    UnsupportedOp
        Some of its nodes cannot be compiled; all of them are listed.
    CodegenError
        There is no C compiler, or it failed.
    """
    target = target or host_target()
    tell = progress or _silent
    start = time.perf_counter()
    graph = import_graph(model, shapes)
    imported = time.perf_counter()
    chosen = identifier(name or _stem(model) or graph.name)
    assembled, kernels = lower_model(graph, chosen, target, tell)
    lowered = time.perf_counter()
    module = assembled.module
    path = build_module(module, target, progress=lambda done, n: tell("compiling", done, n))
    declarations = tuple(public_declarations(module))
    report = CompileReport(
        kernels,
        len(module.functions) - 2,
        imported - start,
        lowered - imported,
        time.perf_counter() - lowered,
    )
    return CompiledModel(
        assembled.signature,
        Library(path, declarations),
        declarations,
        target,
        lambda: emit_c(module, target),
        report,
    )


def lower_model(
    graph: ImportedGraph, name: str, target: Target, progress: Progress
) -> tuple[Assembled, int]:
    """Return `graph` as a module for a back end, and how many kernels a run calls."""
    outputs = [t for _, t in graph.outputs]
    grouping = group_tensors(outputs)
    layouts = choose_layouts(grouping, outputs)
    titles = {t: node.op_type for t, node in graph.node_of.items()}
    maker = KernelMaker(layouts, titles)
    kernels = [maker.kernel(group) for group in grouping.groups]
    calls = lower_kernels(kernels, layouts, target, progress)
    return assemble(name, graph, grouping, layouts, calls), len(kernels)


def _stem(model: ModelSource) -> str:
    return Path(model).stem if isinstance(model, (str, os.PathLike)) else ""


def _silent(phase: str, done: int, total: int) -> None:
    """Tell nobody."""
