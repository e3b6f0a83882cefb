"""Halide's schedules by rules: the Mullapudi2016 autoscheduler on an app of the benchmarks."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import halide
import numpy as np
from apps.app import App


def compile_by_rules(app: App, inputs: tuple[Any, ...]) -> Any:
    """Return `app` as Halide schedules it for `inputs`; None where it cannot."""
    _load()
    program = app.build(halide)
    for argument, value in zip(program.arguments, inputs, strict=True):
        if isinstance(value, np.ndarray):
            argument.set_estimates([(0, extent) for extent in reversed(value.shape)])
        else:
            argument.set_estimate(value)
    program.output.set_estimates([(0, extent) for extent in reversed(app.shape(*inputs))])
    parallelism = os.environ.get("HL_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    rules = halide.AutoschedulerParams("Mullapudi2016", {"parallelism": parallelism})
    target = halide.get_jit_target_from_environment()
    try:
        halide.Pipeline(program.output).apply_autoscheduler(target, rules)
    except halide.HalideError:  # it takes no Funcs that have directives already
        return None
    return program.compile()


@cache
def _load() -> None:
    found = Path(halide.__file__).parent.rglob("libautoschedule_mullapudi2016.*")
    halide.load_plugin(str(next(found)))
