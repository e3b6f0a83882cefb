"""Whole models: the numbers of onnxruntime, at any shape, from any thread, saved and loaded."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import onnx_frontend
from halo.errors import BufferError
from halo.target import Target
from onnx_frontend import CompiledModel, PackageError, backend

Array = np.ndarray[Any, np.dtype[Any]]


def small_network() -> onnx.ModelProto:
    """A convolution with a residual, pooling, a classifier; batch and width are symbols."""
    rng = np.random.default_rng(3)
    weights = {
        "w1": rng.normal(0, 0.3, (8, 3, 3, 3)),
        "b1": rng.normal(0, 0.3, 8),
        "w2": rng.normal(0, 0.3, (8, 8, 1, 1)),
        "w3": rng.normal(0, 0.3, (5, 8)),
        "b3": rng.normal(0, 0.3, 5),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2"], ["c2"]),
        helper.make_node("Add", ["c2", "r1"], ["sum"]),
        helper.make_node("MaxPool", ["sum"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("GlobalAveragePool", ["p"], ["g"]),
        helper.make_node("Flatten", ["g"], ["f"]),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["y"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 6, "W"])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 5]),
            helper.make_tensor_value_info("sum", TensorProto.FLOAT, None),
        ],
        [numpy_helper.from_array(v.astype(np.float32), k) for k, v in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model


def picture(n: int, w: int) -> Array:
    return np.random.default_rng(n * 100 + w).uniform(-1, 1, (n, 3, 6, w)).astype(np.float32)


@pytest.fixture(scope="module")
def compiled() -> CompiledModel:
    return onnx_frontend.compile(small_network(), name="small")


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(small_network().SerializeToString())


@pytest.mark.parametrize(("n", "w"), [(1, 32), (3, 13), (2, 2)])
def test_a_model_gives_the_numbers_of_onnxruntime_at_any_shape(
    compiled: CompiledModel, session: onnxruntime.InferenceSession, n: int, w: int
) -> None:
    x = picture(n, w)
    results = compiled.run({"x": x})
    for name, expected in zip(("y", "sum"), session.run(["y", "sum"], {"x": x}), strict=True):
        np.testing.assert_allclose(results[name], expected, rtol=1e-3, atol=1e-4)


def test_fixed_shapes_give_the_same_bits_as_symbolic_ones(compiled: CompiledModel) -> None:
    fixed = onnx_frontend.compile(small_network(), name="fixed", shapes={"x": (2, 3, 6, 16)})
    x = picture(2, 16)
    assert np.array_equal(fixed.run({"x": x})["y"], compiled.run({"x": x})["y"])
    assert fixed.signature.symbols == ()


def test_the_number_of_threads_does_not_change_a_bit(compiled: CompiledModel) -> None:
    x = picture(2, 20)
    one, two = (compiled.run({"x": x}, threads=t)["y"] for t in (1, 2))
    assert np.array_equal(one, two)


def test_a_model_runs_in_several_threads_at_once(compiled: CompiledModel) -> None:
    inputs = [picture(1 + i % 3, 8 + i) for i in range(8)]
    expected = [compiled.run({"x": x})["y"] for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda x: compiled.run({"x": x}, threads=1)["y"], inputs))
    assert all(np.array_equal(a, b) for a, b in zip(results, expected, strict=True))


def test_arrays_of_any_strides_are_taken(compiled: CompiledModel) -> None:
    x = picture(2, 10)
    strided = np.asfortranarray(x)
    assert np.array_equal(compiled.run({"x": strided})["y"], compiled.run({"x": x})["y"])


def test_a_wrong_height_is_refused_by_name_and_axis(compiled: CompiledModel) -> None:
    with pytest.raises(BufferError, match="input 'x' dim 2: got 7, expected 6"):
        compiled.run({"x": np.zeros((1, 3, 7, 8), np.float32)})


def test_pictures_without_cells_are_refused_and_no_pictures_are_taken(
    compiled: CompiledModel,
) -> None:
    with pytest.raises(BufferError, match="input 'x' dim 3: got 0, expected at least 1"):
        compiled.run({"x": np.zeros((1, 3, 6, 0), np.float32)})
    assert compiled.run({"x": np.zeros((0, 3, 6, 4), np.float32)})["y"].shape == (0, 5)


def test_an_input_handed_through_and_an_output_given_twice_are_copied() -> None:
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["a"]), helper.make_node("Identity", ["a"], ["b"])],
        "through",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, [3]) for n in ("a", "b", "x")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    x = np.array([1, 2, 3], np.float32)
    results = onnx_frontend.compile(model, name="through").run({"x": x})
    assert {k: v.tolist() for k, v in results.items()} == {
        "a": [-1, -2, -3],
        "b": [-1, -2, -3],
        "x": [1, 2, 3],
    }


def test_progress_is_told_of_every_phase() -> None:
    told: list[tuple[str, int, int]] = []
    onnx_frontend.compile(
        small_network(),
        name="watched",
        shapes={"x": (1, 3, 6, 8)},
        progress=lambda *what: told.append(what),
    )
    assert {phase for phase, _, _ in told} == {"lowering", "compiling"}
    assert all(0 <= done <= total for _, done, total in told)


@pytest.fixture(scope="module")
def saved(compiled: CompiledModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("models") / "with a space"
    compiled.save(directory)
    return directory


def test_a_saved_model_loads_without_a_compiler_and_gives_the_same_bits(
    compiled: CompiledModel, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CC", "")
    again = onnx_frontend.load(saved)
    x = picture(2, 9)
    for name, array in compiled.run({"x": x}).items():
        assert np.array_equal(again.run({"x": x})[name], array)


def test_saving_writes_library_header_and_source(saved: Path) -> None:
    names = {f.name for f in saved.iterdir()}
    assert {"libsmall.so", "small.h", "small.c", "model.json"} <= names
    assert not [n for n in saved.parent.iterdir() if n.name.startswith(".")]


def test_a_loaded_model_can_be_saved_again(saved: Path, tmp_path: Path) -> None:
    files = onnx_frontend.load(saved).save(tmp_path / "copy")
    assert {f.name for f in files} == {f.name for f in saved.iterdir()}
    assert onnx_frontend.load(tmp_path / "copy").signature.name == "small"


def test_saving_into_a_directory_leaves_other_files_alone(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    onnx_frontend.load(saved).save(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert onnx_frontend.load(tmp_path).signature.name == "small"


def test_a_damaged_library_is_refused(saved: Path, tmp_path: Path) -> None:
    shutil.copytree(saved, tmp_path / "m")
    library = tmp_path / "m" / "libsmall.so"
    library.write_bytes(library.read_bytes()[:-1])
    with pytest.raises(PackageError, match=r"libsmall.so is damaged"):
        onnx_frontend.load(tmp_path / "m")


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"holds no compiled model"):
        onnx_frontend.load(tmp_path)


def test_a_library_for_a_better_processor_is_refused(saved: Path, tmp_path: Path) -> None:
    shutil.copytree(saved, tmp_path / "m")
    path = tmp_path / "m" / "model.json"
    data = json.loads(path.read_text())
    data["targets"][0]["features"].append("amx_fantasy")
    path.write_text(json.dumps(data))
    with pytest.raises(PackageError, match="needs a processor with amx_fantasy"):
        onnx_frontend.load(tmp_path / "m")


def test_a_generic_target_gives_the_same_bits_as_this_machine(compiled: CompiledModel) -> None:
    generic = onnx_frontend.compile(
        small_network(), name="generic", target=Target.parse("x86-64-v3")
    )
    x = picture(1, 12)
    assert np.array_equal(generic.run({"x": x})["y"], compiled.run({"x": x})["y"])


def test_the_product_of_two_vectors_is_a_scalar() -> None:
    x = np.arange(4, dtype=np.float32)
    (made,) = backend.run_node(helper.make_node("MatMul", ["a", "b"], ["y"]), [x, x])
    assert made.shape == () and made == 14
