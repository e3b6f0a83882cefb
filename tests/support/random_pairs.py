"""Random schedules of random pipelines, compiled many at a time, against the default schedules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from random_directives import draw_directives, lowered_as
from random_pipelines import Chooser, RandomPipeline, SeededChooser, random_pipeline

import codegen
import halo as hl
from halo.interpret import interpret
from halo.ir.lowered import LoweredModule
from halo.lowering import Lowered
from halo.pipeline.compiled import Compiled, CompileTimes, ranges_of
from halo.pipeline.embed import constants_of
from halo.pipeline.parts import Parts
from halo.schedule.binding import variables_of
from halo.target import host_target

Values = list[np.ndarray[Any, Any]]


@dataclass
class Program:
    """A pipeline under one schedule, lowered."""

    name: str
    pipeline: RandomPipeline
    lowered: Lowered
    schedule: hl.Schedule = field(default_factory=hl.Schedule)

    @property
    def may_round(self) -> bool:
        """Whether a directive may change the last bits of a float."""
        return any("bits" in r.reason for r in self.lowered.receipts)


@dataclass
class Case:
    """A pipeline with its default schedule, and under random ones."""

    plain: Program
    scheduled: list[Program]


def draw_case(seed: int, schedules: Iterable[Chooser]) -> Case:
    """Return pipeline `seed` under schedules drawn from each of `schedules`."""
    p = random_pipeline(SeededChooser(seed))
    case = Case(Program(f"p{seed}", p, lowered_as(f"p{seed}", p)), [])
    for k, choose in enumerate(schedules):
        name = f"p{seed}_{k}"
        own = random_pipeline(SeededChooser(seed))
        drawn = draw_directives(choose, own, name)
        case.scheduled.append(Program(name, own, drawn.lowered, drawn.schedule))
    return case


def load(programs: Sequence[Program]) -> dict[str, Compiled]:
    """Compile `programs` as one C file."""
    functions = tuple(p.lowered.func for p in programs)
    constants = [c for p in programs for c in constants_of(p.lowered)]
    by_name = {c.name: c for c in constants}
    module = LoweredModule("pairs", functions, tuple(by_name.values()))
    target = host_target()
    path = codegen.compile_library(codegen.emit_c(module, target), target)
    library = codegen.Library(path, codegen.public_declarations(module))
    externs, times = codegen.Externs(module, target, {}), CompileTimes(0, 0)

    def compiled(lowered: Lowered) -> Compiled:
        caller = codegen.Caller(library.function(lowered.func.name))
        return Compiled(lowered, library, externs, caller, times, ranges_of(lowered))

    return {p.name: compiled(p.lowered) for p in programs}


def values(p: RandomPipeline, compiled: Compiled) -> Values | None:
    """Return what `compiled` computes for `p`.

    None where it computes more cells than the buffers hold, also larger ones.
    """
    for room in (False, True):
        buffers = p.buffers(room=room)
        try:
            compiled.run(buffers)
        except (hl.BoundsError, hl.BufferError):
            continue
        return p.arrays(buffers)
    return None


def check_plain(p: RandomPipeline, got: Values) -> None:
    """Compare integers that the default schedule computes with the interpreter's."""
    meant = interpret(p.outputs, p.sizes, p.mins)
    for a, b in zip(got, meant if isinstance(meant, tuple) else (meant,), strict=True):
        if a.dtype.kind in "iu":
            np.testing.assert_array_equal(a, b, err_msg=str(p.story))


def differences(case: Case, compiled: dict[str, Compiled], expected: Values) -> Iterator[str]:
    """Yield for each schedule "" or how it differs from `expected`; nothing if it cannot run."""
    for program in case.scheduled:
        got = values(program.pipeline, compiled[program.name])
        if got is None:
            continue
        wrong = [
            i
            for i, (a, b) in enumerate(zip(got, expected, strict=True))
            if not _agree(a, b, program.may_round)
        ]
        where = f"values {wrong} of {program.name}, {program.pipeline.story}, under"
        yield f"{where}\n{program.schedule}" if wrong else ""


def _agree(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], may_round: bool) -> bool:
    if may_round and a.dtype.kind == "f":
        return bool(np.allclose(a, b, rtol=1e-3, equal_nan=True))
    return a.tobytes() == b.tobytes()


def check_case(case: Case, compiled: dict[str, Compiled]) -> int:
    """Compare all schedules of a case; return how many could run."""
    got = values(case.plain.pipeline, compiled[case.plain.name])
    assert got is not None, case.plain.name
    check_plain(case.plain.pipeline, got)
    found = list(differences(case, compiled, got))
    assert not any(found), "\n\n".join(filter(None, found))
    return len(found)


def check_seeds(seeds: Iterable[int], schedules: int) -> int:
    """Compare so many schedules of each pipeline, each as drawn and replayed.

    Return how many could run.
    """
    cases = [
        draw_case(seed, [SeededChooser(seed * 1000 + k) for k in range(schedules)])
        for seed in seeds
    ]
    for case in cases:
        case.scheduled.extend([replayed(p) for p in case.scheduled if can_be_replayed(p)])
    compiled = load([p for case in cases for p in (case.plain, *case.scheduled)])
    return sum(check_case(case, compiled) for case in cases)


def can_be_replayed(program: Program) -> bool:
    """Whether the pipeline has the Param that its schedule asks for, which comes alone else."""
    parts = Parts.of([f.function for f in program.pipeline.outputs])
    used = program.pipeline.weight.name() in variables_of(parts.functions)
    return used or "weight" not in program.schedule.to_json()


def replayed(program: Program) -> Program:
    """Return the same pipeline, built again, under the schedule of `program` out of JSON."""
    schedule = program.schedule
    stored = hl.Schedule.from_json(schedule.to_json())
    assert stored == schedule and stored.hash() == schedule.hash() and not stored.diff(schedule)
    others = {e.func: f"other {e.func}" for e in schedule.entries}
    back = {new: old for old, new in others.items()}
    assert schedule.renamed(others).renamed(back) == schedule
    again = random_pipeline(SeededChooser(int(program.name[1:].split("_")[0])))
    before = len(again.pipeline().schedule().entries)
    again.pipeline().apply_schedule(stored)
    given = again.pipeline().schedule()
    assert len(given.entries) == before + len(schedule.entries), program.name
    name = f"{program.name}_again"
    return Program(name, again, lowered_as(name, again), given)
