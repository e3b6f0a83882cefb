"""Schedule and lower the kernels of a model, equal ones once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from halo.errors import BoundsError
from halo.ir.lowered import LoweredFunc
from halo.lowering import Request, lower
from halo.ops.tensor import OpInfo, OpKind
from halo.target import Target
from onnx_frontend.c_function import call_of
from onnx_frontend.errors import PluginError
from onnx_frontend.extern_kernel import extern_kernel
from onnx_frontend.kernels import Kernel
from onnx_frontend.layouts import Layouts
from onnx_frontend.procedure import ProcedureCall
from onnx_frontend.procedure_kernel import procedure_kernel
from schedules import Handle, Task, schedule_kernel

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much of it is done, and how much there is."""

_CHEAP = frozenset({OpKind.ELEMENTWISE, OpKind.VIEW, OpKind.CONTENT, OpKind.GATHER})


@dataclass(frozen=True, slots=True)
class KernelCall:
    """A kernel of the model and the lowered function that does it.

    A loop has none: `inner` are the kernels of its body.
    """

    kernel: Kernel
    function: LoweredFunc | None
    inner: tuple[KernelCall, ...] = ()


def lower_kernels(
    kernels: Sequence[Kernel], layouts: Layouts, target: Target, progress: Progress
) -> list[KernelCall]:
    """Return for each kernel its lowered function; kernels of equal keys share one.

    Parameters
    ----------
    kernels
        In the order in which they run.
    layouts
        How tensors are stored.
    target
        The machine.
    progress
        Told of every kernel.
    """
    functions: dict[Hashable, LoweredFunc] = {}
    calls: list[KernelCall] = []
    for number, kernel in enumerate(kernels):
        progress("lowering", number, len(kernels))
        calls.append(_call(kernel, layouts, target, functions))
    progress("lowering", len(kernels), len(kernels))
    return calls


def with_inner(calls: Iterable[KernelCall]) -> Iterator[KernelCall]:
    """Yield `calls` and those in the bodies of loops, each behind what it calls."""
    for call in calls:
        yield from with_inner(call.inner)
        yield call


def _call(
    kernel: Kernel, layouts: Layouts, target: Target, functions: dict[Hashable, LoweredFunc]
) -> KernelCall:
    if kernel.body is not None:
        own = kernel.body.layouts
        inner = tuple(_call(k, own, target, functions) for k in kernel.body.kernels)
        return KernelCall(kernel, None, inner)
    made = functions.get(kernel.key)
    if made is None:
        name = f"k{len(functions)}_{kernel.label}"[:60].rstrip("_")
        if isinstance(call_of(kernel.group.root), ProcedureCall):
            made = procedure_kernel(kernel, name, layouts)
        elif call_of(kernel.group.root) is not None:
            made = extern_kernel(kernel, name, layouts)
        else:
            made = _lower(kernel, name, layouts, target)
        functions[kernel.key] = made
    return KernelCall(kernel, made)


def _lower(kernel: Kernel, name: str, layouts: Layouts, target: Target) -> LoweredFunc:
    checked = _checked(kernel)
    request = Request(
        name,
        [kernel.root],
        schedule_kernel(_task(kernel, layouts, target)),
        output_dims={kernel.root.name: kernel.result},
        scalars=kernel.symbols,
        args=kernel.images,
        trusted=True,
        checked=checked,
    )
    try:
        return lower(request).func
    except BoundsError as error:
        if not checked:
            raise
        message = f"{next(iter(checked.values()))}: {error.message}"
        raise PluginError(message, where=error.where, hint=error.hint) from error


def _checked(kernel: Kernel) -> dict[str, str]:
    """Return the images that cells of a plugin are computed from, which may read anything."""
    custom = [t for t in kernel.group.members if t.kind is OpKind.CUSTOM]
    read = {source for t in custom for source in t.op.inputs}
    title = f"an operator of a plugin in {kernel.label}"
    return {
        image.name: title for image, t in zip(kernel.images, kernel.reads, strict=True) if t in read
    }


def _task(kernel: Kernel, layouts: Layouts, target: Target) -> Task:
    handles = {name: Handle(f) for name, f in kernel.functions.items()}
    root = handles[kernel.root.name]
    rank = len(root.args)
    funcs: dict[str, Handle] = {}
    anchor: OpInfo | None = None
    for member in kernel.group.members:
        if member.kind in _CHEAP:
            continue
        anchor = member.op
        own = {"result": member.func, **member.op.funcs}
        for role, func in own.items():
            name = kernel.names.get(func.function.name) if func is not None else None
            if name is not None:
                funcs[role] = handles[name]
    inner = [h for h in handles.values() if h is not root and h.function.has_updates]
    return Task(
        root,
        tuple(reversed(kernel.group.root.shape)),
        tuple(root.args[rank - 1 - axis] for axis in reversed(layouts.of(kernel.group.root))),
        anchor,
        funcs,
        tuple(h for h in inner if h not in funcs.values()),
        _input_lane(anchor, root, layouts),
        target,
        tuple(handles.values()),
    )


def _input_lane(anchor: OpInfo | None, root: Handle, layouts: Layouts) -> str | None:
    """Return the variable of `root` for the axis that is innermost in the anchor's input."""
    source = anchor.inputs[0] if anchor is not None and anchor.inputs else None
    if source is None or source.rank == 0 or source.rank != len(root.args):
        return None
    return root.args[source.rank - 1 - layouts.of(source)[-1]]
