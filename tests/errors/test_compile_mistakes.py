"""Compilations that cannot be, calls that do not fit, and inputs whose size cannot be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.lang.compile_files import compile_versions
from halo.target import needed_features

x, y = hl.vars("x y")
GRID = np.zeros((3, 4), np.uint8)


def brighter() -> tuple[hl.Func, hl.ImageParam, hl.Param]:
    image, gain = hl.ImageParam(hl.UInt(8), 2, "picture"), hl.Param(hl.UInt(8), "amount")
    gain.set_range(0, 9)
    f = hl.Func("bright")
    f[x, y] = image[x, y] + gain
    return f, image, gain


def call() -> hl.Callable:
    f, image, gain = brighter()
    return f.compile_to_callable([image, gain])


def test_an_input_that_is_not_listed(refused: Any) -> None:
    f, image, gain = brighter()
    with refused(hl.DefinitionError, "the arguments lack", gain.name(), "infer_arguments()"):
        f.compile_to_callable([image])


def test_an_argument_that_is_listed_twice(refused: Any) -> None:
    f, image, gain = brighter()
    with refused(hl.DefinitionError, "listed twice"):
        f.compile_to_callable([image, gain, image])


def test_an_argument_that_is_a_number(refused: Any) -> None:
    f, image, _ = brighter()
    with refused(hl.TypeMismatch, "3 cannot be an argument"):
        f.compile_to_callable([image, 3])


def test_an_argument_without_a_list(refused: Any) -> None:
    f, image, _ = brighter()
    with refused(hl.TypeMismatch, "no list of arguments", "[a, b]"):
        f.compile_to_callable(image)


def test_an_output_among_the_inputs(refused: Any) -> None:
    f, image, gain = brighter()
    with refused(hl.TypeMismatch, "the output", "among the inputs", "come last"):
        f.compile_to_callable([image, gain, f.output_buffer()])


def test_a_func_that_is_not_defined(refused: Any) -> None:
    with refused(hl.DefinitionError, "before it is defined"):
        hl.Func("blank").compile_to_callable([])


@pytest.mark.parametrize(
    ("args", "named", "error", "texts"),
    [
        ((GRID,), {}, hl.DefinitionError, ("no value is given for", "bright")),
        ((GRID, 1, GRID, GRID), {}, hl.DefinitionError, ("4 arguments", "3 are taken")),
        ((GRID, 1), {"out": GRID}, hl.DefinitionError, ("no argument 'out'", "the arguments are")),
        ((GRID.astype(np.int8), 1, GRID), {}, hl.TypeMismatch, ("of uint8", "int8", "astype")),
        ((GRID[0], 1, GRID), {}, hl.BufferError, ("of 2 dimensions", "Buffer of 1")),
        ((GRID, 300, GRID), {}, hl.BufferError, ("uint8 cannot hold 300",)),
        ((GRID, 1.5, GRID), {}, hl.BufferError, ("uint8 cannot hold 1.5",)),
        ((GRID, 12, GRID), {}, hl.BufferError, ("12 is outside the range [0, 9]",)),
        ((GRID, GRID, GRID), {}, hl.TypeMismatch, ("no number for Param",)),
        ((7, 1, GRID), {}, hl.TypeMismatch, ("is an array, 7 is given",)),
        (([1, 2], 1, GRID), {}, hl.BufferError, ("a list is not an array",)),
        ((GRID, 1, np.broadcast_to(GRID[0], (3, 4))), {}, hl.BufferError, ("cannot be written",)),
        ((GRID, 1, np.zeros((9, 9), np.uint8)), {}, hl.BoundsError, ("cells 0 to 8 are needed",)),
        ((GRID, 1, GRID.T.copy().T[:, :3]), {}, hl.BufferError, ("stride must be 1",)),
    ],
)
def test_a_call_that_does_not_fit(
    args: Any, named: Any, error: Any, texts: Any, refused: Any
) -> None:
    with refused(error, *texts):
        call()(*args, **named)


def test_an_argument_that_is_given_twice(refused: Any) -> None:
    made = call()
    with refused(hl.DefinitionError, "is given twice", "the arguments are"):
        made(GRID, 1, GRID, **{made.argument_names()[0]: GRID})


def test_what_halide_has_of_its_own_is_refused(tmp_path: Path, refused: Any) -> None:
    f, *_ = brighter()
    with refused(hl.CodegenError, "does not write hlpipe files", "c_source"):
        f.compile_to({hl.OutputFileType.hlpipe: tmp_path / "f.hlpipe"}, [], "f")


def test_html_is_refused(tmp_path: Path, refused: Any) -> None:
    f, *_ = brighter()
    with refused(hl.CodegenError, "does not write stmt_html files", "stmt"):
        f.compile_to_lowered_stmt(tmp_path / "f.html", fmt=hl.StmtOutputFormat.HTML)


def test_targets_that_are_no_versions_of_each_other(refused: Any) -> None:
    f, *args = brighter()
    arm, level = hl.Target("arm-64-linux"), hl.Target("x86-64-v2")
    with refused(hl.HaloError, "there is no target", "name one"):
        f.compile_to_multitarget_static_library("f", args, [])
    with refused(hl.HaloError, "arm-64-linux and", "cannot be versions", "by themselves"):
        f.compile_to_multitarget_static_library("f", args, [level, arm])
    with refused(hl.TypeMismatch, "not 'x'", "halo.Target(text)"):
        f.compile_to_multitarget_static_library("f", args, "x86-64")
    same = hl.Target.of("x86-64-linux", level.machine, level.system, needed_features(level))
    with refused(hl.HaloError, "targets x86-64-v2 and x86-64-linux-", "same processors"):
        f.compile_to_multitarget_static_library("f", args, [level, same])


def test_object_files_of_several_targets_under_one_name(refused: Any) -> None:
    f, *args = brighter()
    levels = [hl.Target("x86-64"), hl.Target("x86-64-v2")]
    for suffixes in (["_a"], ["_a", "_a"], ["_a", ""]):
        with refused(hl.CodegenError, "2 targets need as many different suffixes", "leave them"):
            f.compile_to_multitarget_object_files("f", args, levels, suffixes)


def test_versions_that_are_called_with_different_arguments(refused: Any) -> None:
    f, *args = brighter()
    g, image = hl.Func("g"), hl.ImageParam(hl.UInt(8), 3)
    g[x, y] = image[x, y, 0]
    versions = [(hl.Target("x86-64"), f, args), (hl.Target("x86-64-v2"), g, [image])]
    files = {hl.OutputFileType.static_library: "f.a"}
    with refused(hl.CodegenError, "x86-64-v2 and x86-64 take different arguments", "f(halo"):
        compile_versions(versions, files, "f")


def test_modules_are_refused(refused: Any) -> None:
    f, *_ = brighter()
    with refused(hl.CodegenError, "a module"):
        f.compile_to_module([], "f")


def test_a_folder_that_is_not_there(tmp_path: Path, refused: Any) -> None:
    f, image, gain = brighter()
    with refused(hl.CodegenError, "cannot write", "nowhere", "No such file"):
        f.compile_to_c(tmp_path / "nowhere" / "f.c", [image, gain])


def test_an_archiver_that_does_not_start(
    tmp_path: Path, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    f, image, gain = brighter()
    monkeypatch.setenv("AR", "no-such-archiver")
    with refused(hl.CodegenError, "$AR = 'no-such-archiver'", "binutils", here=False):
        f.compile_to_static_library(tmp_path / "f", [image, gain])


def test_a_buffer_that_runs_backwards_as_part_of_the_code(refused: Any) -> None:
    table = hl.Buffer(np.arange(5, dtype=np.int32)[::-1])
    f = hl.Func("back")
    f[x] = table[x]
    with refused(hl.BufferError, table.name(), "negative stride", "copy()"):
        f.compile_to_callable([])


def test_an_input_whose_own_size_bounds_what_is_read(refused: Any) -> None:
    image = hl.ImageParam(hl.Int(32), 1, "line")
    f = hl.Func("edge")
    f[x] = image[hl.clamp(x, 0, image.width() - 1)]
    with refused(hl.BoundsError, "depends on the size of", image.name(), "set_bounds"):
        f.infer_input_bounds([3])


def test_an_input_that_depends_on_a_param_without_a_value(refused: Any) -> None:
    image, shift = hl.ImageParam(hl.Int(32), 1), hl.Param(hl.Int(32), "shift")
    f = hl.Func("moved")
    f[x] = image[x + shift]
    with refused(hl.BufferError, "depends on Param", shift.name(), "no value", "set("):
        f.infer_input_bounds([3])


def test_an_input_that_is_read_where_data_says(refused: Any) -> None:
    image, index = hl.ImageParam(hl.Int(32), 1, "cells"), hl.ImageParam(hl.Int(32), 1, "index")
    f = hl.Func("gathered")
    f[x] = image[index[x]]
    with refused(hl.BoundsError, image.name(), "no known bound"):
        f.infer_input_bounds([3])


def test_sizes_for_another_number_of_dimensions_to_infer_for(refused: Any) -> None:
    f, *_ = brighter()
    with refused(hl.DefinitionError, "2 dimensions", "sizes for 1"):
        f.infer_input_bounds([3])


def test_a_requirement_of_a_cell(refused: Any) -> None:
    f, image, _ = brighter()
    with refused(hl.DefinitionError, "a requirement cannot depend on", image.name(), "on entry"):
        hl.Pipeline(f).add_requirement(image[0, 0] > 3)


def test_a_requirement_that_is_a_number(refused: Any) -> None:
    f, _, gain = brighter()
    with refused(hl.TypeMismatch, "condition of add_requirement", "uint8", "!= 0"):
        hl.Pipeline(f).add_requirement(gain + 1)
