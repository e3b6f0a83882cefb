"""Nodes run by onnxruntime and by a compiled model, all of a test in one model each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from halo.target import Target
from onnx_frontend import compile

Array = np.ndarray[Any, np.dtype[Any]]
MICROSOFT = "com.microsoft"
RNG = np.random.default_rng()


def same_numbers(seed: int) -> Any:
    """Return a fixture that has every test of a file begin with the same numbers of `RNG`.

    Whichever tests run before it: rounding may hang on them.
    """

    @pytest.fixture(autouse=True)
    def begin_anew() -> None:
        RNG.bit_generator.state = np.random.default_rng(seed).bit_generator.state

    return begin_anew


def floats(*shape: int) -> Array:
    """Return random numbers."""
    return np.asarray(RNG.normal(size=shape), np.float32)


def codes(type: Any, *shape: int) -> Array:
    """Return random integers, any that `type` has."""
    info = np.iinfo(type)
    return RNG.integers(info.min, info.max + 1, shape).astype(type)


def zero(type: Any, value: int) -> Array:
    """Return a zero point."""
    return np.array(value, type)


@dataclass(frozen=True)
class Case:
    """One node.

    Attributes
    ----------
    constants
        Which inputs are initializers.
    outputs
        How many; or which of them are there, by number.
    symbolic
        Whether it is also compiled with symbols for the sizes other than 1 of its inputs.
    left_out
        Inputs that only onnxruntime is given, which does not do without them: their defaults.
    expected
        The outputs, where onnxruntime has no kernel for processors.
    unspecified
        Outputs some cells of which may be anything: only their shapes are compared.
    """

    op: str
    inputs: Sequence[Array | None]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    constants: Sequence[int] = ()
    outputs: int | Sequence[int] = 1
    rtol: float = 1e-5
    atol: float = 1e-6
    symbolic: bool = True
    domain: str = MICROSOFT
    left_out: Sequence[int] = ()
    expected: Sequence[Array] = ()
    unspecified: Sequence[int] = ()

    def given(self, prefix: str) -> list[tuple[str, Array, bool]]:
        """Return the name and value of each input, and whether it is constant."""
        return [
            (f"{prefix}x{i}", x, i in self.constants)
            for i, x in enumerate(self.inputs)
            if x is not None
        ]

    def without(self) -> Case:
        """Return the node without the inputs that only onnxruntime is given."""
        left = [None if i in self.left_out else x for i, x in enumerate(self.inputs)]
        return replace(self, inputs=left)

    def results(self, prefix: str) -> list[str]:
        """Return the names of the outputs, empty for those that are left out."""
        kept = range(self.outputs) if isinstance(self.outputs, int) else self.outputs
        return [f"{prefix}y{i}" if i in kept else "" for i in range(max(kept) + 1)]


def model_of(cases: Sequence[Case], symbolic: bool, opset: int = 21) -> onnx.ModelProto:
    """Return the model whose nodes are `cases`."""
    nodes, values, weights, made = [], [], [], []
    for number, case in enumerate(cases):
        prefix = f"n{number}_"
        names = ["" if x is None else f"{prefix}x{i}" for i, x in enumerate(case.inputs)]
        results = case.results(prefix)
        nodes.append(
            helper.make_node(
                case.op,
                names,
                results,
                f"{case.op}_{number}",
                domain=case.domain,
                **case.attributes,
            )
        )
        made += [
            helper.make_tensor_value_info(r, TensorProto.UNDEFINED, None) for r in results if r
        ]
        for name, x, fixed in case.given(prefix):
            if fixed:
                weights.append(numpy_helper.from_array(x, name))
            else:
                dims = [None if symbolic and d != 1 else d for d in x.shape]
                type = helper.np_dtype_to_tensor_dtype(x.dtype)
                values.append(helper.make_tensor_value_info(name, type, dims))
    graph = helper.make_graph(nodes, "nodes", values, made, weights)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def feeds_of(cases: Sequence[Case]) -> dict[str, Array]:
    """Return the inputs of `model_of(cases)`."""
    return {
        name: x
        for number, case in enumerate(cases)
        for name, x, fixed in case.given(f"n{number}_")
        if not fixed
    }


def run_reference(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> list[Array]:
    """Return the outputs of `model`, its nodes run by onnxruntime as they are."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    untyped = onnx.ModelProto()
    untyped.CopyFrom(model)
    for value in untyped.graph.output:  # onnxruntime works their types out
        value.ClearField("type")
    session = onnxruntime.InferenceSession(
        untyped.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return [np.asarray(y) for y in session.run(None, dict(feeds))]


def check_cases(*cases: Case, opset: int = 21) -> None:
    """Compare compiled nodes with onnxruntime: with known sizes, and with symbols for them."""
    theirs = [case for case in cases if not case.expected]
    made = run_reference(model_of(theirs, False, opset), feeds_of(theirs)) if theirs else []
    want: list[Array] = []
    for case in cases:
        number = sum(1 for r in case.results("") if r)
        want += case.expected or [made.pop(0) for _ in range(number)]
    _compare(cases, want, False, opset)
    loose = [case.symbolic for case in cases]
    if any(loose):
        kept = [
            y
            for case, keep in zip(cases, loose, strict=True)
            for y in [want.pop(0) for r in case.results("") if r]
            if keep
        ]
        _compare([c for c in cases if c.symbolic], kept, True, opset)


def _compare(cases: Sequence[Case], want: Sequence[Array], symbolic: bool, opset: int) -> None:
    cases = [case.without() for case in cases]
    feeds = feeds_of(cases)
    # LLVM compiles small kernels faster than a C compiler, to the same bits.
    model = model_of(cases, symbolic, opset)
    made = compile(model, target=Target("host-llvm")).run(feeds)
    expected = iter(want)
    for number, case in enumerate(cases):
        for place, name in enumerate(case.results(f"n{number}_")):
            if not name:
                continue
            y, got = next(expected), made[name]
            label = f"{case.op} #{number} {name}"
            assert got.dtype == y.dtype, label
            assert got.shape == y.shape, (label, got.shape, y.shape)
            if place in case.unspecified:
                continue
            np.testing.assert_allclose(got, y, rtol=case.rtol, atol=case.atol, err_msg=label)
