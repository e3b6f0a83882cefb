"""``halo reduce``: a model that fails, shrunk to the smallest one that fails."""

from __future__ import annotations

import os
import runpy
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper, parser

import halo as hl
from halo.errors import InternalError
from halo.ops.tensor import OpKind
from onnx_frontend import (
    ModelError,
    NodeContext,
    Reduction,
    Tensor,
    operator,
    reduce_model,
    registry,
)
from onnx_frontend.cli import run
from onnx_frontend.comparing import Tolerance
from onnx_frontend.delta_debugging import minimal
from onnx_frontend.failures import Failure, apart
from onnx_frontend.layers import with_all_values
from onnx_frontend.reduced_files import write_reduction
from onnx_frontend.reference import reference_values
from onnx_frontend.submodel import Parts

pytestmark = pytest.mark.usefixtures("no_plugins")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have models compiled by LLVM, which starts sooner than a C compiler."""
    monkeypatch.setenv("HALO_BACKEND", "llvm")


def chain(operators: Sequence[str]) -> onnx.ModelProto:
    """Return a model of one node after the other, n0, n1, ..., on a matrix."""
    nodes = [
        helper.make_node(op, [f"v{i}"], [f"v{i + 1}"], f"n{i}") for i, op in enumerate(operators)
    ]
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", "m"])
        for name in ("v0", f"v{len(nodes)}")
    ]
    graph = helper.make_graph(nodes, "chain", ports[:1], ports[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


THIRTY = [("Abs", "Relu", "Neg", "Sigmoid", "Atan", "Sin", "Cos")[i % 7] for i in range(30)]
THIRTY[17] = "Tanh"


def break_tanh() -> None:
    """Have one cell of each Tanh be wrong."""

    @operator("Tanh", since=1, override=True)
    def tanh(node: NodeContext, x: Tensor) -> Tensor:
        return node.tensor(
            lambda i, j: hl.tanh(x.at(i, j)) + hl.select((i == 1) & (j == 3), 0.5, 0.0), x.shape
        )


def names(reduction: Reduction) -> list[str]:
    return [node.name for node in reduction.case.model.graph.node]


def test_the_one_wrong_node_of_thirty_is_found_and_its_sizes_shrink() -> None:
    break_tanh()
    told: list[str] = []
    found = reduce_model(chain(THIRTY), told=told.append)
    assert names(found) == ["n17"] and found.nodes == 30
    assert found.failure.kind == "wrong" and "v18(1, 3) is" in found.failure.message
    assert {n: a.shape for n, a in found.case.inputs.items()} == {"v17": (2, 4)}
    wanted = np.tanh(found.case.inputs["v17"])
    np.testing.assert_allclose(found.case.wanted["v18"], wanted, rtol=1e-6)
    dims = found.case.model.graph.input[0].type.tensor_type.shape.dim
    assert [d.dim_param for d in dims] == ["n", "m"]
    assert told[0].startswith("30 nodes, wrong: v30(1, 3) is")
    assert "1 node will do" in told and told[-1] == "size 16 becomes 4"


def test_nodes_that_only_fail_together_stay_together() -> None:
    @operator("Tanh", since=1, override=True)
    def tanh(node: NodeContext, x: Tensor) -> Tensor:
        fused = x.kind is not OpKind.INPUT
        return node.elementwise(lambda v: hl.tanh(v) + float(fused), x)

    found = reduce_model(chain(["Abs", "Sin", "Neg", "Tanh", "Cos", "Abs"]))
    assert names(found) == ["n2", "n3"]


def test_a_refusal_is_reduced_to_what_is_refused() -> None:
    @operator("Tanh", since=1, override=True)
    def tanh(node: NodeContext, x: Tensor) -> Tensor:
        node.unsupported("a smaller slope")

    @operator("Cos", since=1, override=True)
    def cos(node: NodeContext, x: Tensor) -> Tensor:
        node.fail(f"input '{x.name}' has {x.rank} axes")

    found = reduce_model(chain(["Abs", "Tanh", "Neg", "Sin"]))
    assert names(found) == ["n1"] and found.failure.kind == "refused"
    assert "a smaller slope" in found.failure.message
    assert all(1 in a.shape for a in found.case.inputs.values())
    found = reduce_model(chain(["Abs", "Neg", "Cos", "Sin"]))
    assert names(found) == ["n2"] and "has 2 axes" in found.failure.message


@pytest.mark.parametrize("how", ["internal error", "signal"])
def test_a_crash_is_reduced_to_what_crashes(how: str) -> None:
    @operator("Tanh", since=1, override=True)
    def tanh(node: NodeContext, x: Tensor) -> Tensor:
        if how == "signal":
            os.kill(os.getpid(), signal.SIGKILL)
        raise InternalError("a bug")

    found = reduce_model(chain(["Abs", "Tanh", "Neg", "Sin"]))
    assert names(found) == ["n1"] and found.failure.kind == "crashed"
    assert ("signal 9" if how == "signal" else "InternalError") in found.failure.message


def test_weights_constants_and_branches_go_with_the_nodes_that_read_them() -> None:
    break_tanh()
    text = """<ir_version: 8, opset_import: ["" : 17]>
    net (float[n, 6] x, float[n, 8] r) => (float[n, 8] y, float[n] t) <float[6, 8] w> {
        half = Constant <value_float = 0.5> ()
        a = MatMul(x, w)
        b = Mul(a, half)
        c = Tanh(b)
        s = Shape(c)
        d = Reshape(r, s)
        y = Add(c, d)
        axes = Constant <value_ints = [1]> ()
        t = ReduceSum <keepdims = 0> (d, axes)
    }"""
    proto = parser.parse_model(text)
    weights = np.random.default_rng(0).uniform(-1, 1, (6, 8)).astype(np.float32)
    del proto.graph.initializer[:]
    proto.graph.initializer.append(numpy_helper.from_array(weights, "w"))
    found = reduce_model(proto)
    assert [n.op_type for n in found.case.model.graph.node] == ["Tanh"]


def test_a_node_that_the_reference_does_not_know_is_no_hindrance() -> None:
    break_tanh()

    @operator("Twice", since=1, domain="my.own")
    def twice(node: NodeContext, x: Tensor) -> Tensor:
        return node.elementwise(lambda v: v * 2, x)

    proto = chain(["Abs", "Twice", "Tanh", "Twice", "Neg"])
    proto.opset_import.append(helper.make_opsetid("my.own", 1))
    for place in (1, 3):
        proto.graph.node[place].domain = "my.own"
    assert names(reduce_model(proto)) == ["n2"]


def test_a_model_that_does_not_fail_is_not_reduced() -> None:
    with pytest.raises(ModelError, match="model chain does not fail"):
        reduce_model(chain(["Abs", "Neg"]))
    break_tanh()
    assert names(reduce_model(chain(["Tanh"]), shapes={"v0": (2, 4)})) == ["n0"]
    with pytest.raises(ModelError, match="does not fail"):
        reduce_model(chain(["Tanh"]), shapes={"v0": (2, 3)})
    with pytest.raises(ModelError, match="does not fail"):
        reduce_model(chain(["Tanh"]), tolerance=Tolerance(atol=1.0))


# Parts of models


TWO = """<ir_version: 8, opset_import: ["" : 17]>
two (float[n, 4] x) => (float[n, 4] y) {
    s = Shape(x)
    a = Abs(x)
    p, q = Split <num_outputs = 2, axis = 1> (a)
    b = Concat <axis = 1> (p, q)
    y = Reshape(b, s)
    dead = Neg(x)
}""".replace("17", "18")


@pytest.fixture
def parts() -> Parts:
    proto = parser.parse_model(TWO)
    x = np.arange(8, dtype=np.float32).reshape(2, 4)
    values = reference_values(with_all_values(proto), {"x": x})
    return Parts(proto, values.values, values.values)


def ports(values: Any) -> list[str]:
    return [v.name for v in values]


def test_only_nodes_that_outputs_depend_on_are_parts(parts: Parts) -> None:
    assert parts.nodes == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("places", "inputs", "weights", "outputs"),
    [
        ([1], ["x"], [], ["a"]),
        ([2], ["a"], [], ["p", "q"]),
        ([2, 3], ["a"], [], ["b"]),
        ([4], ["b"], ["s"], ["y"]),
        ([1, 3], ["x", "p", "q"], [], ["a", "b"]),
        ([0, 4], ["x", "b"], [], ["y"]),
    ],
)
def test_a_part_reads_and_gives_what_is_cut(
    parts: Parts, places: list[int], inputs: list[str], weights: list[str], outputs: list[str]
) -> None:
    case = parts.case(places)
    assert case is not None
    graph = case.model.graph
    assert (ports(graph.input), ports(graph.initializer)) == (inputs, weights)
    assert ports(graph.output) == outputs == list(case.wanted)
    assert list(case.inputs) == inputs
    again = reference_values(case.model, case.inputs).values
    for name, value in case.wanted.items():
        np.testing.assert_array_equal(again[name], value)


def test_a_part_that_would_read_what_nobody_knows_is_none() -> None:
    parts = Parts(parser.parse_model(TWO), {}, [])
    assert parts.case([3]) is None
    assert parts.case([5]) is None


# Delta debugging


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))))
def test_what_is_needed_is_found_and_nothing_else(case: tuple[int, set[int]]) -> None:
    count, needed = case
    found = minimal(range(count), lambda part: needed <= set(part))
    assert set(found) == needed if needed else len(found) == 1


def test_a_single_culprit_takes_few_questions() -> None:
    asked: list[Sequence[int]] = []

    def holds(part: Sequence[int]) -> bool:
        asked.append(part)
        return 700 in part

    assert minimal(range(1000), holds) == [700]
    assert len(asked) <= 24


# Processes of their own


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: time.sleep(60), "it took more than 0.5 seconds"),
        (lambda: os._exit(3), "the process ended with exit code 3"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "the process ended with signal 11"),
    ],
)
def test_what_ends_a_process_is_a_failure(work: Any, message: str) -> None:
    found = apart(work, 0.5 if "more" in message else 60)
    assert isinstance(found, Failure) and found.kind == "crashed"
    assert found.message == message


# Files


def test_a_reduction_is_written_with_a_test_that_fails_until_it_is_mended(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    break_tanh()
    paths = write_reduction(reduce_model(chain(["Abs", "Tanh", "Neg"])), tmp_path)
    assert [p.name for p in paths] == ["model.onnx", "input_0.pb", "output_0.pb", "test_reduced.py"]
    space = runpy.run_path(str(paths[-1]))
    assert space["__doc__"].startswith("Tanh: a wrong answer.\n")
    with pytest.raises(AssertionError, match="v2"):
        space["test_tanh"]()
    registry._foreign.clear()
    space["test_tanh"]()


def test_a_refusal_is_written_with_a_test_that_compiles_it(tmp_path: Path) -> None:
    @operator("Tanh", since=1, override=True)
    def tanh(node: NodeContext, x: Tensor) -> Tensor:
        node.unsupported('what """ and \\N mean')

    path = write_reduction(reduce_model(chain(["Abs", "Tanh", "Neg"])), tmp_path)[-1]
    space = runpy.run_path(str(path))
    with pytest.raises(ModelError, match="mean"):
        space["test_tanh"]()


def test_the_command_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    onnx.save(chain(["Abs", "Tanh", "Neg"]), tmp_path / "model.onnx")
    command = ["reduce", str(tmp_path / "model.onnx"), "-o", str(tmp_path / "out")]
    assert run(command) == 2
    assert "does not fail" in capsys.readouterr().err
    break_tanh()
    assert run([*command, "--shape", "m=5"]) == 0
    told = capsys.readouterr().out
    assert "3 nodes, wrong:" in told and "Tanh node 'n1' v1: float32[2, 4]" in told
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "model.onnx",
        "test_data_set_0",
        "test_reduced.py",
    }
