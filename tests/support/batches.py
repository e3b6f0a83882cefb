"""Many pipelines as one C file: lowered, built and run together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import directive_kernels
import kernel_table
import language_kernels
import numpy as np
from random_directives import WITH_THREADS, draw_directives
from random_pipelines import SeededChooser, random_pipeline

import codegen
import halo as hl
from halo.ir.expr import Cast, Expr, Load, Variable, i32, i64
from halo.ir.function import Dimension, Image, output_buffer
from halo.ir.lowered import BufferArg, LoweredFunc, LoweredModule
from halo.ir.stmt import For, ForKind, Store
from halo.lowering import Lowered, Request, lower
from halo.pipeline import c_name, schedule_of
from halo.pipeline.embed import constants_of
from halo.target import Target, host_target


@dataclass(frozen=True)
class Case:
    """A pipeline of one output, lowered, and the size to run it at."""

    lowered: Lowered
    type: hl.Type
    size: tuple[int, ...]


Cases = Mapping[str, Case]
KERNELS = {**kernel_table.KERNELS, **directive_kernels.KERNELS, **language_kernels.KERNELS}
"""All kernels: name -> what makes the pipeline, and a size of its output."""


def case(
    name: str, f: hl.Func, size: tuple[int, ...], features: frozenset[str] = frozenset()
) -> Case:
    """Lower `f` to a C function `name` whose output is dense in its first dimension."""
    dims = (Dimension(stride=i64(1)), *[Dimension()] * (len(size) - 1))
    outputs = [f.function]
    request = Request(
        c_name(name),
        outputs,
        schedule_of(outputs),
        output_dims={output_buffer(f.name(), 0, 1): dims},
        features=features,
    )
    return Case(lower(request), f.types()[0], size)


def table_cases() -> dict[str, Case]:
    """Return every directive and every type of the kernel table."""
    return {name: case(name, make(), size) for name, (make, size) in KERNELS.items()}


def third(cases: Cases) -> dict[str, Case]:
    """Return every third of `cases`, for what takes long."""
    return {name: c for i, (name, c) in enumerate(cases.items()) if i % 3 == 0}


def random_cases(seeds: Iterable[int], schedules: int = 1) -> dict[str, Case]:
    """Return of each seed the pipeline as it is, and `schedules` schedules of it."""
    found: dict[str, Case] = {}
    for seed in seeds:
        plain = random_pipeline(SeededChooser(seed))
        if len(plain.outputs) > 1 or plain.output.outputs() > 1:
            continue
        found[f"random {seed}"] = case(f"random {seed}", plain.output, plain.sizes)
        for attempt in range(schedules):
            name = f"random {seed}, schedule {attempt}"
            p = random_pipeline(SeededChooser(seed))
            made = draw_directives(SeededChooser(seed * 1000 + attempt), p, c_name(name)).lowered
            may_differ = any("bits" in r.reason for r in made.receipts)
            if not (may_differ and plain.output.types()[0].is_float()):
                found[name] = Case(made, p.output.types()[0], p.sizes)
    return found


def threaded_cases(seeds: Iterable[int]) -> dict[str, Case]:
    """Return a pipeline of each seed, with a schedule of which parallel loops are likely."""
    found: dict[str, Case] = {}
    for seed in seeds:
        name, p = f"threads {seed}", random_pipeline(SeededChooser(seed))
        if len(p.outputs) == p.output.outputs() == 1:
            made = draw_directives(SeededChooser(seed), p, c_name(name), WITH_THREADS).lowered
            found[name] = Case(made, p.output.types()[0], p.sizes)
    return found


def plain_name(name: str) -> str:
    """Return the name of the case that has the default schedule of random case `name`."""
    return name.partition(",")[0]


def module_of(cases: Cases, name: str = "kernels") -> LoweredModule:
    """Return the module of all of `cases`."""
    lowered = [c.lowered for c in cases.values()]
    constants = {c.name: c for made in lowered for c in constants_of(made)}
    return LoweredModule(name, tuple(made.func for made in lowered), tuple(constants.values()))


def emit(cases: Cases, target: Target | None = None) -> codegen.CSource:
    """Return `cases` as one C file."""
    return codegen.emit_c(module_of(cases), target or host_target())


def build(cases: Cases) -> codegen.Library:
    """Compile `cases` as one file, by ``$CC`` with ``$HALO_CFLAGS``, and load it."""
    path = codegen.compile_library(emit(cases), host_target())
    return codegen.Library(path, codegen.public_declarations(module_of(cases)))


def run(c: Case, library: codegen.Library) -> bytes:
    """Return the bytes that `c` computes, on ``$HALO_NUM_THREADS`` threads."""
    out = hl.Buffer(c.type, list(c.size))
    run_into(out, c, library)
    return np.array(out).tobytes()


def run_into(out: hl.Buffer, c: Case, library: codegen.Library) -> None:
    """Compute `c`, whose inputs are all given, into `out`."""
    values = [x.buffer if isinstance(x, Image) else x.value for x in c.lowered.inputs]
    assert None not in values
    plain = [
        codegen.make_buffer(v.address, v.type(), v.place()) if isinstance(v, hl.Buffer) else v
        for v in (*values, out)
    ]
    library.call(c.lowered.func.name, *plain, hooks=codegen.Hooks(trace=lambda event: None))


def run_all(cases: Cases) -> None:
    """Run `cases`, each at a few sizes; random schedules must give the bits of the default one."""
    library = build(cases)
    plain: dict[str, bytes] = {}
    for name, c in cases.items():
        print(name, flush=True)
        for size in {c.size, (*c.size[:-1], 1), (1,) * len(c.size)}:
            try:
                got = run(replace(c, size=size), library)
            except (hl.BoundsError, hl.BufferError):
                # A histogram needs all of its bins; a schedule may compute more, or have one size.
                assert size != c.size or "schedule" in name
                continue
            key = f"{plain_name(name)} {size}"
            if name.startswith("random"):
                assert got == plain.setdefault(key, got), (name, size)


def run_broken(kind: str) -> None:
    """Run a kernel that reads past its output (``address``), or overflows an index."""
    x = Variable(hl.Int(32), "x")
    far: Expr = Cast(hl.Int(64), x + 100_000)
    if kind == "overflow":
        far = Cast(hl.Int(64), x + (2**31 - 1)) - i64(2**31 - 1)
    body = Store("o", Load(hl.Int(32), "o", far), Cast(hl.Int(64), x))
    loop = For("x", i32(0), i32(8), ForKind.SERIAL, body)
    f = LoweredFunc("broken", (BufferArg("o", hl.Int(32), (Dimension(),), True),), loop)
    library = codegen.compile_module(LoweredModule("broken", (f,)), host_target())
    data = np.zeros(8, np.int32)
    library.call("broken", codegen.make_buffer(data.ctypes.data, f.args[0].type, [(0, 8, 1)]))
