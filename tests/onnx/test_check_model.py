"""``halo check``: which layer of a compiled model is wrong, if one is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import parser
from small_model import small_model

import halo as hl
import onnx_frontend
from onnx_frontend import ModelError, NodeContext, Tensor, operator
from onnx_frontend.check_text import check_text
from onnx_frontend.checking import CheckReport, check_model
from onnx_frontend.cli import run
from onnx_frontend.comparing import Tolerance, compare
from onnx_frontend.example_inputs import example_inputs
from onnx_frontend.reference import evaluate_node

pytestmark = pytest.mark.usefixtures("no_plugins")


def model(body: str, opset: int = 17) -> onnx.ModelProto:
    head = f'<ir_version: 8, opset_import: ["" : {opset}, "my.own" : 1]>'
    return parser.parse_model(f"{head} agraph {body}")


CHAIN = """(float[n, m] x) => (float[n, m] y) {
    a = Abs(x)
    [middle] b = Tanh(a)
    c, unread = Dropout(b)
    d = Sigmoid(c)
    y = Neg(d)
}"""


def break_tanh() -> None:
    """Have Tanh be wrong in one cell."""

    @operator("Tanh", since=1, override=True)
    def tanh(node: NodeContext, x: Tensor) -> Tensor:
        return node.tensor(
            lambda i, j: hl.tanh(x.at(i, j)) + hl.select((i == 1) & (j == 3), 0.5, 0.0), x.shape
        )


@pytest.mark.parametrize("reference", ["onnx", "onnxruntime"])
def test_a_right_model_is_right_in_each_layer(reference: str) -> None:
    if reference == "onnxruntime":
        pytest.importorskip("onnxruntime")
    report = check_model(small_model(), reference=reference)
    assert report.first_wrong is None
    values = [c.value for c in report.layers]
    assert values == ["conv", "relu", "pool", "flat", "gemm", "y"]
    assert [c.value for c in report.outputs] == ["y"]
    assert report.layers[0].shape == (2, 8, 9, 11)
    text = check_text(report)
    assert "all 6 agree" in text and "first mismatch" not in text


def test_the_first_wrong_layer_is_named_with_its_worst_cell() -> None:
    break_tanh()
    report = check_model(model(CHAIN), shapes={"m": (5,)})
    first = report.first_wrong
    assert first is not None
    assert (first.node, first.operator, first.value) == ("'middle'", "Tanh", "b")
    assert first.reads == ("a: float32[2, 5]",) and first.shape == (2, 5)
    d = first.difference
    assert d.place == (1, 3) and d.wrong == 1 and d.cells == 10
    assert d.absolute == pytest.approx(0.5, abs=1e-5)
    assert d.found - d.wanted == pytest.approx(0.5, abs=1e-5)
    assert [c.value for c in report.layers if c.difference.is_wrong] == ["b", "c", "d", "y"]
    text = check_text(report, top=2)
    assert "first mismatch: Tanh node 'middle', tensor b" in text
    assert "at (1, 3): halo " in text and "the 2 worst of 5 tensors" in text
    assert "1 of 5 tensors agree" in text


def test_what_only_goes_wrong_where_layers_are_computed_together_is_seen() -> None:
    together: list[bool] = []

    @operator("Tanh", since=1, override=True)
    def tanh(node: NodeContext, x: Tensor) -> Tensor:
        together.append(True)
        wrong = len(together) == 1  # in the model as it is, which is compiled first
        return node.elementwise(lambda v: hl.tanh(v) + float(wrong), x)

    report = check_model(model(CHAIN))
    assert not any(c.difference.is_wrong for c in report.layers)
    assert report.first_wrong is report.outputs[0]
    assert "only differs where layers are computed together" in check_text(report)


def test_a_node_that_the_reference_does_not_know_is_taken_as_it_is() -> None:
    @operator("Twice", since=1, domain="my.own")
    def twice(node: NodeContext, x: Tensor) -> Tensor:
        return node.elementwise(lambda v: v * 2, x)

    body = "(float[n] x) => (float[n] y) { a = my.own.Twice(x) y = Neg(a) }"
    report = check_model(model(body))
    assert report.first_wrong is None
    assert report.layers[0].unchecked and not report.layers[1].unchecked
    text = check_text(report)
    assert "not compared: Twice node #0, tensor a:" in text and "all 1 agree" in text


def test_bodies_and_sequences_are_checked_as_a_whole() -> None:
    body = """(float[4] x, bool c) => (float[2] y) {
        parts = SplitToSequence <axis = 0> (x, two)
        first = SequenceAt(parts, zero)
        y = If (c) <
            then_branch = t () => (float[2] r) { r = Neg(first) },
            else_branch = e () => (float[2] s) { s = Abs(first) }
        >
    }""".replace("{\n        parts", "<int64 two = {2}, int64 zero = {0}> {\n        parts", 1)
    report = check_model(model(body))
    assert report.first_wrong is None
    assert [c.value for c in report.layers] == ["first", "y"]


def test_inputs_of_any_type_are_drawn_and_compared() -> None:
    body = """(float16[n] a, int8[n] b, bool[n] c, bfloat16[n] d)
    => (float16[n] w, int8[n] x, bool[n] y, bfloat16[n] z) {
        w = Neg(a) x = Neg(b) y = Not(c) z = Abs(d) }"""
    report = check_model(model(body))
    assert report.first_wrong is None and len(report.layers) == 4


def test_a_batch_normalization_of_an_early_version_is_not_one_in_training() -> None:
    rng = np.random.default_rng(0)
    values = {n: rng.uniform(0.5, 1, 3).astype(np.float32) for n in "sbmv"}
    values["x"] = rng.uniform(-1, 1, (2, 3, 4)).astype(np.float32)
    body = """(float[2, 3, 4] x, float[3] s, float[3] b, float[3] m, float[3] v)
    => (float[2, 3, 4] y) {
        y = BatchNormalization <momentum = 0.5, epsilon = 0.1> (x, s, b, m, v) }"""
    s, b, m, v = (values[n][:, None] for n in "sbmv")
    expected = s * (values["x"] - m) / np.sqrt(v + 0.1) + b
    for opset in (8, 11, 15):
        proto = model(body, opset)
        (y,) = evaluate_node(proto, proto.graph.node[0], values)
        np.testing.assert_allclose(y, expected, rtol=1e-5)


def test_numbers_of_8_bits_of_early_versions_are_compared() -> None:
    body = """(uint8[2, 3] x) => (float[2, 3] y) <float scale = {0.5}, uint8 zero = {3}> {
        y = DequantizeLinear(x, scale, zero) }"""
    report = check_model(model(body, 13))
    assert report.first_wrong is None
    assert [c.unchecked for c in report.layers] == [""]


# Comparing


@pytest.mark.parametrize(
    ("found", "wanted", "wrong", "problem"),
    [
        ([1.0, np.nan, np.inf], [1.0, np.nan, np.inf], 0, ""),
        ([1.0, np.nan], [1.0, 2.0], 1, ""),
        ([np.inf, 1.0], [-np.inf, np.inf], 2, ""),
        ([1.05, 2.0], [1.0, 2.0], 0, ""),
        ([1.2, 2.0], [1.0, 2.0], 1, ""),
        ([[1.0]], [1.0], 0, "has shape 1x1, not 1"),
        ([1], [1.0], 0, "has elements of type int64, not float64"),
        ([7, 2], [7, 4], 1, ""),
        ([True, False], [True, True], 1, ""),
        (["a", "b"], ["a", "c"], 1, ""),
        ([], [], 0, ""),
        ([1 + 2j], [1 + 3j], 1, ""),
    ],
)
def test_arrays_are_compared_cell_by_cell(
    found: Any, wanted: Any, wrong: int, problem: str
) -> None:
    d = compare(np.array(found), np.array(wanted), Tolerance(rtol=0.1, atol=0.0))
    assert (d.wrong, d.problem) == (wrong, problem)
    assert d.is_wrong == bool(wrong or problem)


# Inputs


def test_sizes_of_random_inputs_are_those_given_or_small() -> None:
    proto = model("(float[n, m] x, float[m, 3] w, float[p] z) => (float[n, m] y) { y = Neg(x) }")
    shapes = {n: a.shape for n, a in example_inputs(proto, {}, {"m": (7,)}).items()}
    assert shapes == {"x": (2, 7), "w": (7, 3), "z": (2,)}
    proto = model("(float[4, n] x, float[n, m] w) => (float[4, n] y) { y = Neg(x) }")
    shapes = {n: a.shape for n, a in example_inputs(proto, {}, {}).items()}
    assert shapes == {"x": (4, 2), "w": (2, 16)}
    proto = model("(float[n, m] x, float[m, 3] w, float[p] z) => (float[n, m] y) { y = Neg(x) }")
    given = {"x": np.zeros((4, 5), np.float32)}
    shapes = {n: a.shape for n, a in example_inputs(proto, given, {}).items()}
    assert shapes == {"x": (4, 5), "w": (5, 3), "z": (2,)}


def test_random_inputs_depend_on_the_seed_only() -> None:
    proto = model("(float[n] x, float[n] w) => (float[n] y) { y = Add(x, w) }")
    first, second = example_inputs(proto, {}, {}, 1), example_inputs(proto, {}, {}, 2)
    again = example_inputs(proto, {"x": first["x"]}, {}, 1)
    assert not np.array_equal(first["w"], second["w"])
    np.testing.assert_array_equal(first["w"], again["w"])


@pytest.mark.parametrize(
    ("given", "shapes", "message"),
    [
        ({"q": np.zeros(1)}, {}, "'q', which is no input"),
        ({}, {"q": (1,)}, "'q', which is no input and no size"),
        ({}, {"m": (1, 2)}, "'m', which is no input and no size"),
        ({}, {"x": (1, 2, 3)}, "does not fit the model's nx3"),
        ({}, {"x": (1, 4)}, "does not fit the model's nx3"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(given: Any, shapes: Any, message: str) -> None:
    proto = model("(float[n, 3] x) => (float[n, 3] y) { y = Neg(x) }")
    with pytest.raises(ModelError, match=message):
        example_inputs(proto, given, shapes)


def test_an_input_of_strings_or_of_any_rank_has_to_be_given() -> None:
    with pytest.raises(ModelError, match="'x' is no tensor of numbers"):
        example_inputs(model("(string[n] x) => (string[n] y) { y = Identity(x) }"), {}, {})
    loose = model("(float[n] x) => (float[n] y) { y = Neg(x) }")
    loose.graph.input[0].type.tensor_type.ClearField("shape")
    with pytest.raises(ModelError, match="how many dimensions input 'x' has"):
        example_inputs(loose, {}, {})
    assert example_inputs(loose, {}, {"x": (2, 5)})["x"].shape == (2, 5)


# What cannot be checked


def test_a_reference_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    proto = model("(float[n] x) => (float[n] y) { y = Neg(x) }")
    with pytest.raises(ModelError, match="there is no reference 'mine'"):
        check_model(proto, reference="mine")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="onnxruntime is not installed"):
        check_model(proto, reference="onnxruntime")


def test_a_reference_that_does_not_know_a_node_says_so() -> None:
    pytest.importorskip("onnxruntime")

    @operator("Twice", since=1, domain="my.own")
    def twice(node: NodeContext, x: Tensor) -> Tensor:
        return node.elementwise(lambda v: v * 2, x)

    body = "(float[n] x) => (float[n] y) { y = my.own.Twice(x) }"
    with pytest.raises(ModelError, match=r"onnxruntime cannot run the model(?s:.*)Twice"):
        check_model(model(body), reference="onnxruntime")


def test_where_layers_cannot_be_had_outputs_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    real = onnx_frontend.compile

    def refuses(proto: onnx.ModelProto, **options: Any) -> Any:
        if len(proto.graph.output) > 1:
            raise ModelError("too many outputs")
        return real(proto, **options)

    monkeypatch.setattr("onnx_frontend.checking.compile", refuses)
    report = check_model(model(CHAIN))
    assert report.first_wrong is None and not report.layers
    assert "cannot be looked at, only its outputs: too many outputs" in check_text(report)


# The command


def saved(proto: onnx.ModelProto, folder: Path) -> str:
    onnx.save(proto, folder / "model.onnx")
    return str(folder / "model.onnx")


def test_the_command_leaves_with_0_1_or_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(model(CHAIN), tmp_path)
    assert run(["check", path, "--shape", "m=5", "--seed", "3"]) == 0
    assert "all 5 agree" in capsys.readouterr().out
    break_tanh()
    assert run(["check", path, "--shape", "x=2x5", "--top", "1"]) == 1
    told = capsys.readouterr().out
    assert "first mismatch: Tanh node 'middle'" in told and "the 1 worst of 5" in told
    assert run(["check", path, "--shape", "x=2x5", "--atol", "1"]) == 0
    assert run(["check", path, "--shape", "k=2"]) == 2
    assert "no size of model agraph" in capsys.readouterr().err


def test_arrays_come_from_files_and_go_to_files(tmp_path: Path) -> None:
    path = saved(
        model("(float[n] a, float[n] b) => (float[n] y) { c = Add(a, b) y = Neg(c) }"), tmp_path
    )
    a, b = (np.random.default_rng(i).uniform(-1, 1, 3).astype(np.float32) for i in (1, 2))
    np.save(tmp_path / "a.npy", a)
    np.savez(tmp_path / "b.npz", b=b)
    dump = tmp_path / "dump"
    arguments = ["--input", f"a={tmp_path / 'a.npy'}", "--input", str(tmp_path / "b.npz")]
    assert run(["check", path, *arguments, "--dump-all", str(dump)]) == 0
    for source in ("halo", "reference"):
        np.testing.assert_array_equal(np.load(dump / source / "c.npy"), a + b)
        np.testing.assert_array_equal(np.load(dump / source / "y.npy"), -(a + b))
    np.testing.assert_array_equal(np.load(dump / "reference" / "a.npy"), a)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input", "nowhere.npz"], "nowhere.npz cannot be read as .npz"),
        (["--input", "a=nowhere.npy"], "nowhere.npy cannot be read as .npy"),
        (["--input", "b.npz", "--input", "a=a.npy"], "'a' is given twice"),
        (["--reference", "mine"], "'mine' is not one of"),
        (["--rtol", "-1"], "-1.0 is not in the range"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", np.zeros(2, np.float32))
    np.savez("b.npz", a=np.zeros(2, np.float32))
    saved(model("(float[n] a) => (float[n] y) { y = Neg(a) }"), tmp_path)
    assert run(["check", "model.onnx", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_report_can_be_made_without_a_name() -> None:
    proto = model("(float[n] x) => (float[n] y) { y = Neg(x) }")
    proto.graph.name = ""
    report = check_model(proto)
    assert isinstance(report, CheckReport) and check_text(report).startswith("model model,")
