"""The command `halo`: what it writes, what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from onnx_frontend import cli, load


def save_model(path: Path, operator: str = "Neg") -> Path:
    graph = helper.make_graph(
        [helper.make_node(operator, ["x"], ["y"], name="only")],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("cli") / "tiny-net.onnx")


@pytest.fixture(scope="module")
def library(model: Path) -> Path:
    directory = model.parent / "built"
    assert cli.run(["compile", str(model), "-o", str(directory)]) == 0
    return directory


def test_compile_writes_library_header_and_source_and_prints_them(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["compile", str(model), "-o", str(tmp_path / "out")]) == 0
    names = ["libtiny_net.so", "tiny_net.c", "tiny_net.h"]
    printed = capsys.readouterr().out
    for name in names:
        assert (tmp_path / "out" / name).is_file()
        assert name in printed
    assert "x: float32[N, 3]" in printed


def test_compile_fixes_shapes_and_names(model: Path, tmp_path: Path) -> None:
    words = ["compile", str(model), "-o", str(tmp_path), "--shape", "x=4x3", "--name", "four"]
    assert cli.run(words) == 0
    signature = load(tmp_path).signature
    assert (signature.name, signature.inputs[0].shape) == ("four", (4, 3))


def test_run_reads_arrays_and_writes_arrays(library: Path, tmp_path: Path) -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.save(tmp_path / "x.npy", x)
    words = ["run", str(library), "--input", f"x={tmp_path / 'x.npy'}", "-o", str(tmp_path)]
    assert cli.run(words) == 0
    assert np.array_equal(np.load(tmp_path / "y.npy"), -x)


def test_run_takes_a_model_file_and_random_inputs(model: Path, tmp_path: Path) -> None:
    words = ["run", str(model), "--input", "x=random:5x3", "-o", str(tmp_path)]
    assert cli.run(words) == 0
    assert np.load(tmp_path / "y.npy").shape == (5, 3)


def test_random_without_a_shape_asks_for_one(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["run", str(library), "--input", "x=random", "-o", str(tmp_path)]) == 2
    assert "--input x=random:8x8" in capsys.readouterr().err


def test_inspect_lists_operators_and_shapes(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["inspect", str(model)]) == 0
    printed = capsys.readouterr().out
    assert "x: float32[N, 3]" in printed
    assert "Neg" in printed
    assert "can be compiled" in printed


def test_inspect_says_what_is_not_supported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save_model(tmp_path / "m.onnx", "Multinomial")
    assert cli.run(["inspect", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "not supported" in printed
    assert "node 'only'" in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["compile", "missing.onnx", "-o", "out"], "missing.onnx"),
        (["run", "missing.onnx", "-o", "out"], "missing.onnx"),
        (["inspect", "missing.onnx"], "missing.onnx"),
        (["compile"], "Missing argument"),
        (["juggle"], "No such command"),
        (["compile", "m.onnx", "-o", "out", "--shape", "x=1xtwo"], "1xtwo"),
        (["compile", "m.onnx", "-o", "out", "--target", "abacus"], "abacus"),
    ],
)
def test_what_the_user_can_mend_exits_with_2_and_one_message(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_an_unsupported_operator_exits_with_2_and_names_the_node(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save_model(tmp_path / "m.onnx", "Multinomial")
    assert cli.run(["compile", str(path), "-o", str(tmp_path / "out")]) == 2
    assert "Multinomial" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_truncated_model_exits_with_2(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.onnx"
    path.write_bytes(model.read_bytes()[:-20])
    assert cli.run(["compile", str(path), "-o", str(tmp_path / "out")]) == 2
    assert "cut.onnx" in capsys.readouterr().err


def test_wrong_inputs_exit_with_2_and_name_the_input(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["run", str(library), "--input", "z=random", "-o", str(tmp_path)]) == 2
    assert "input 'x' is missing, 'z' is not an input" in capsys.readouterr().err


def test_a_bug_exits_with_70_and_says_how_to_report_it(
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("onnx_frontend.compiler.group_tensors", broken)
    assert cli.run(["compile", str(model), "-o", str(tmp_path / "out")]) == 70
    error = capsys.readouterr().err
    assert "ZeroDivisionError: oops" in error
    assert "bug in halo" in error
