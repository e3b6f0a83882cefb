"""The table of kernels holds every directive and what can be told of it, and the whole language."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import batches
import directive_kernels
import kernel_table
import language_kernels
import pytest

import halo as hl
from halo.schedule.directives import DIRECTIVES, ComputeWith, Directive

NO_DIRECTIVES: dict[str, str] = {}
"""Directives that no kernel has, and why."""
NO_VALUES = {hl.LoopAlignStrategy.Auto: "a directive does not name its default"}
"""Members of enumerations that no directive of a kernel names, and why."""
NO_FUNCTIONS = {
    "print": "it writes lines; tests/sanitize/test_watched_pipeline.py runs one",
    "print_when": "as print",
    "evaluate": "it runs what it is given",
    "evaluate_may_gpu": "as evaluate",
    "funcs": "it makes names",
    "vars": "it makes names",
    "lambda_func": "it makes a Func",
    "memoization_cache_cleanup": "it is about the process",
    "memoization_cache_evict": "it is about the process",
    "memoization_cache_set_size": "it is about the process",
}
"""Functions of the language that no kernel calls, and why."""
SETTINGS = [hl.TailStrategy, hl.LoopAlignStrategy, hl.MemoryType, hl.Partition]


@cache
def directives() -> list[Directive]:
    """Return the directives of all kernels."""
    return [
        entry.directive
        for make, _ in batches.KERNELS.values()
        for entry in hl.Pipeline(make()).schedule().entries
    ]


def test_every_directive_has_a_kernel() -> None:
    used = {d.method for d in directives()}
    assert used | NO_DIRECTIVES.keys() == DIRECTIVES.keys()
    assert used.isdisjoint(NO_DIRECTIVES)


@pytest.mark.parametrize("setting", [*SETTINGS, hl.PrefetchBoundStrategy])
def test_every_setting_of_a_directive_has_a_kernel(setting: type[Enum]) -> None:
    used: set[Any] = set()
    for d in directives():
        values: list[Any] = [getattr(d, f.name) for f in dataclasses.fields(d)]
        used |= {v for v in values if isinstance(v, setting)}
        if isinstance(d, ComputeWith) and setting is hl.LoopAlignStrategy:
            used |= {hl.LoopAlignStrategy[a.split("=")[1]] for a in d.aligns}
    assert set(setting) - used == {v for v in NO_VALUES if isinstance(v, setting)}


def test_every_function_of_the_language_has_a_kernel() -> None:
    called: set[str] = set()
    for module in (kernel_table, directive_kernels, language_kernels):
        tree = ast.parse(Path(inspect.getfile(module)).read_text(encoding="utf-8"))
        called |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    functions = {
        name
        for name in hl.__all__
        if inspect.isfunction(getattr(hl, name))
        and getattr(hl, name).__module__.startswith(("halo.lang.", "halo.ir.operators"))
    }
    assert functions - called == NO_FUNCTIONS.keys()


def test_no_kernel_hides_another() -> None:
    tables = [m.KERNELS for m in (kernel_table, directive_kernels, language_kernels)]
    assert len(batches.KERNELS) == sum(map(len, tables))
