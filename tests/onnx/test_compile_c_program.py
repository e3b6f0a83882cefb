"""A C program that includes the header and links the library gets the numbers Python gets."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from c_programs import build_c_program, run_c_program
from onnx import TensorProto, helper, numpy_helper

import onnx_frontend
from codegen import find_compiler

Array = np.ndarray[Any, np.dtype[Any]]
BAD_EXTENT = 4


def network() -> onnx.ModelProto:
    """A padded convolution, a softmax along the width, a reshape: they need a workspace."""
    weights = np.random.default_rng(5).normal(0, 0.3, (4, 3, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Tanh", ["c"], ["t"]),
        helper.make_node("Softmax", ["t"], ["s"], axis=-1),
        helper.make_node("Flatten", ["s"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, "H", "W"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(weights, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[onnx_frontend.CompiledModel, Path]:
    compiled = onnx_frontend.compile(network(), name="net")
    directory = tmp_path_factory.mktemp("net") / "a folder"
    compiled.save(directory)
    return compiled, directory


@pytest.fixture(scope="module")
def program(
    model: tuple[onnx_frontend.CompiledModel, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return build_c_program(model[1], tmp_path_factory.mktemp("program"))


def picture(*shape: int) -> Array:
    return np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 3, 9, 40), (2, 3, 4, 5)])
@pytest.mark.parametrize("own_workspace", [False, True])
def test_a_c_program_gets_the_bits_that_python_gets(
    model: tuple[onnx_frontend.CompiledModel, Path],
    program: Path,
    tmp_path: Path,
    shape: tuple[int, ...],
    own_workspace: bool,
) -> None:
    x = picture(*shape)
    done = run_c_program(program, tmp_path, x, threads=2, own_workspace=own_workspace)
    assert done.returncode == 0, done.stderr
    expected = model[0].run({"x": x})["y"]
    assert (tmp_path / "out0.raw").read_bytes() == expected.tobytes()


def test_the_sizes_function_tells_python_and_c_the_same_workspace(
    model: tuple[onnx_frontend.CompiledModel, Path], program: Path, tmp_path: Path
) -> None:
    x = picture(1, 3, 8, 16)
    done = run_c_program(program, tmp_path, x)
    assert done.stdout.rstrip().endswith(f"workspace {model[0].workspace_bytes({'x': x})}")


def test_a_c_program_is_told_which_input_does_not_fit_and_how(
    program: Path, tmp_path: Path
) -> None:
    done = run_c_program(program, tmp_path, picture(1, 4, 9, 9))
    assert done.returncode == 1
    assert f"error {BAD_EXTENT}: input 'x' dim 1: got 4, expected 3" in done.stderr


def test_the_saved_source_builds_into_the_same_function(
    model: tuple[onnx_frontend.CompiledModel, Path], tmp_path: Path
) -> None:
    compiler = find_compiler()
    source = model[1] / "net.c"
    command = [*compiler.command, "-O2", "-march=native", "-fopenmp", "-Wall", "-Wextra", "-Werror"]
    command += ["-shared", "-fPIC", str(source), "-o", str(tmp_path / "libnet.so"), "-lm"]
    subprocess.run(command, check=True, cwd=model[1])
    assert (tmp_path / "libnet.so").stat().st_size > 0


def test_inputs_too_small_for_a_window_are_refused(
    model: tuple[onnx_frontend.CompiledModel, Path], program: Path, tmp_path: Path
) -> None:
    assert (
        run_c_program(program, tmp_path, picture(1, 3, 1, 1)).returncode == 0
    )  # the padding is enough
    done = run_c_program(program, tmp_path, picture(1, 3, 1, 0))
    assert "input 'x' dim 3: got 0, expected at least 1" in done.stderr


def test_the_header_says_what_the_functions_take(
    model: tuple[onnx_frontend.CompiledModel, Path],
) -> None:
    header = (model[1] / "net.h").read_text()
    assert "x is input 'x', float32[N, 3, H, W], dense, the last innermost." in header
    assert "sizes[0]: the bytes of a workspace" in header
    assert "sizes[1...]: the extents of output 'y', outermost first." in header
