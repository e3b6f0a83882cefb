"""From an ONNX model to machine code."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx

from codegen import (
    CSource,
    backend_of,
    build_llvm_library,
    build_module,
    build_versions,
    compile_library,
    emit_c,
    emit_versions,
    public_declarations,
)
from codegen.c_names import identifier
from halo.ir.lowered import LoweredModule
from halo.target import Target, host_target, order_versions
from onnx_frontend.assemble import Assembled, assemble
from onnx_frontend.compiled_model import CompiledModel, CompileReport, load_library
from onnx_frontend.errors import naming_file
from onnx_frontend.fixed_values import fix_values
from onnx_frontend.groups import group_tensors
from onnx_frontend.importer import ImportedGraph, import_graph
from onnx_frontend.input_sequences import Given
from onnx_frontend.kernels import KernelMaker
from onnx_frontend.layouts import choose_layouts
from onnx_frontend.lower_kernels import Progress, lower_kernels
from onnx_frontend.model_cache import Made, add_model, find_model, model_key
from onnx_frontend.model_file import ModelSource, file_of, load_model
from onnx_frontend.plugins import load_plugins


def compile(
    model: ModelSource,
    *,
    shapes: Given | None = None,
    values: Mapping[str, Any] | None = None,
    target: Target | Sequence[Target] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> CompiledModel:
    """Compile an ONNX model; one compiled before comes from the cache.

    Parameters
    ----------
    model
        A path, the bytes of a file, or a loaded ``onnx.ModelProto``.
    shapes
        Per input the sizes to fix; a name or "?" leaves a size to be known when it runs. Of a
        sequence the shapes of its tensors; they become inputs ``name[0]``, ``name[1]``, ... of
        their own. A sequence without is one of any length, see `CompiledModel.run`. None for an
        optional input that is never there; one that is not named may be there or not.
    values
        Per input a value that never changes, an array or numbers: the input becomes a constant,
        which the compiled model is not given. What has to be known before a model runs, how many
        axes a tensor has for instance, may depend on it.
    target
        The machine to compile for, this one by default; one for another machine is saved and
        runs there. Or several x86-64 ones, of which the best that the processor can run is taken
        when the model runs.
    name
        Name of the library and its function in C; that of the file by default.
    progress
        Called with the phase, how much of it is done and how much there is.

    Raises
    ------
    ModelError
        The model, a shape or a value makes no sense.
    UnsupportedOp
        Some of its nodes cannot be compiled; all of them are listed.
    PluginError
        A plugin cannot be loaded or does not do what it should.
    HaloError
        The targets cannot be in one library.
    CodegenError
        The C compiler failed, or there is none, and LLVM has no code for the target.
    """
    targets = _targets(target)
    start = time.perf_counter()
    load_plugins()
    with naming_file(file_of(model)):
        loaded = fix_values(load_model(model), values)
    wanted = name or _stem(model)
    key = model_key(loaded, shapes, targets, wanted)
    found = None if key is None else find_model(key)
    if found is not None:
        if loaded is model:
            loaded = copy.deepcopy(loaded)  # the caller may change it before the C is asked for
        report = CompileReport(
            found.kernels, found.distinct, time.perf_counter() - start, 0.0, 0.0, True
        )
        return _compiled(found, targets, report, lambda: _again(loaded, shapes, targets, wanted))
    with naming_file(file_of(model)):
        made, modules, report = _make(loaded, shapes, targets, wanted, progress or _silent)
    if key is not None:
        add_model(key, made)
    return _compiled(made, targets, report, lambda: _emitted(modules))


def _targets(target: Target | Sequence[Target] | None) -> tuple[Target, ...]:
    if target is None:
        return (host_target(),)
    if isinstance(target, Target):
        return (target,)
    return tuple(t for _, t in order_versions(target))


Modules = Sequence[tuple[Target, LoweredModule]]
"""What a model is for each target."""


def _make(
    model: onnx.ModelProto,
    shapes: Given | None,
    targets: Sequence[Target],
    name: str,
    progress: Progress,
) -> tuple[Made, Modules, CompileReport]:
    """Import, lower and build `model`."""
    start = time.perf_counter()
    graph = import_graph(model, shapes)
    imported = time.perf_counter()
    wanted = identifier(name or graph.name)
    all_made = [lower_model(graph, wanted, t, progress) for t in targets]
    lowered = time.perf_counter()
    modules = [(t, made.module) for t, (made, _) in zip(targets, all_made, strict=True)]
    path = _build(modules, progress)
    assembled, kernels = all_made[0]
    distinct = len(assembled.module.functions) - 2
    declarations = tuple(public_declarations(assembled.module))
    made = Made(assembled.signature, declarations, path, kernels, distinct)
    spent = imported - start, lowered - imported, time.perf_counter() - lowered
    return made, modules, CompileReport(kernels, distinct, *spent)


_SMALL = 32_000
"""Characters of C up to which one run of the compiler takes less time than one per function."""


def _build(modules: Modules, progress: Progress) -> Path:
    def told(done: int, n: int) -> None:
        progress("compiling", done, n)

    if backend_of(modules[0][0]) == "llvm":
        return build_llvm_library(modules, progress=told)
    if len(modules) > 1:
        return build_versions(modules, progress=told)
    ((target, module),) = modules
    small = len(module.functions) <= 6 and not module.foreign
    if small and not any(c.data.nbytes > _SMALL for c in module.constants):
        source = emit_c(module, target)
        if len(source.text) <= _SMALL:
            return compile_library(source, target)
    return build_module(module, target, progress=told)


def _again(
    model: onnx.ModelProto, shapes: Given | None, targets: Sequence[Target], name: str
) -> tuple[CSource, ...]:
    """Return the C of a model whose library was in the cache."""
    graph = import_graph(model, shapes)
    wanted = identifier(name or graph.name)
    return _emitted([(t, lower_model(graph, wanted, t, _silent)[0].module) for t in targets])


def _emitted(modules: Modules) -> tuple[CSource, ...]:
    if len(modules) > 1:
        return emit_versions(modules)
    ((target, module),) = modules
    return (emit_c(module, target),)


def _compiled(
    made: Made,
    targets: tuple[Target, ...],
    report: CompileReport,
    source: Callable[[], tuple[CSource, ...]],
) -> CompiledModel:
    library = load_library(made.library, made.declarations, targets[0])
    return CompiledModel(made.signature, library, made.declarations, targets, source, report)


def lower_model(
    graph: ImportedGraph, name: str, target: Target, progress: Progress
) -> tuple[Assembled, int]:
    """Return `graph` as a module for a back end, and how many kernels a run calls."""
    grouping = group_tensors(graph.stored)
    layouts = choose_layouts(grouping, graph.stored)
    titles = {t: node.op_type for t, node in graph.node_of.items()}
    maker = KernelMaker(layouts, titles)
    kernels = [maker.kernel(group) for group in grouping.groups]
    calls = lower_kernels(kernels, layouts, target, progress)
    return assemble(name, graph, grouping, layouts, calls), len(kernels)


def _stem(model: ModelSource) -> str:
    return Path(model).stem if isinstance(model, (str, os.PathLike)) else ""


def _silent(phase: str, done: int, total: int) -> None:
    """Tell nobody."""
