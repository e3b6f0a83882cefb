"""What others add: operators and graph passes, and what is said where they do not work."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import parser

import halo as hl
import onnx_frontend
from halo.ops.elementwise import elementwise
from onnx_frontend import Graph, Node, NodeContext, PluginError, Tensor, operator, plugins
from onnx_frontend.importer import import_graph

pytestmark = pytest.mark.usefixtures("no_plugins")


def model(body: str, opset: int = 17) -> onnx.ModelProto:
    head = f'<ir_version: 8, opset_import: ["" : {opset}, "my.own" : 2]>'
    return parser.parse_model(f"{head} agraph {body}")


ONE = "(float[n, 6] x) => (float[n, m] y) { y = my.own.Op <amount = 2.0> (x) }"
"""One node of an operator that a test registers."""

X = np.arange(24, dtype=np.float32).reshape(4, 6)


def own(function: Callable[..., Any]) -> Callable[..., Any]:
    return operator("Op", since=1, domain="my.own")(function)


def run(proto: onnx.ModelProto, x: np.ndarray = X) -> np.ndarray:
    (y,) = onnx_frontend.compile(proto).run({"x": x}).values()
    return y


def test_an_elementwise_operator_is_fused_with_its_neighbours() -> None:
    @own
    def op(node: NodeContext, x: Tensor) -> Tensor:
        amount = node.number("amount")
        return node.elementwise(lambda v: v * amount + hl.sin(v), x)

    body = "(float[n, 6] x) => (float[n, 6] y) { a = Neg(x) b = my.own.Op<amount = 2.0>(a) "
    compiled = onnx_frontend.compile(model(body + "y = Relu(b) }"))
    (y,) = compiled.run({"x": X}).values()
    np.testing.assert_allclose(y, np.maximum(-X * 2 - np.sin(X), 0), rtol=1e-5, atol=1e-5)
    assert compiled.report is not None and compiled.report.kernels == 1


def test_a_tensor_is_given_by_its_cells_and_a_shape_of_symbolic_sizes() -> None:
    @own
    def op(node: NodeContext, x: Tensor) -> Tensor:
        n, m = x.shape
        return node.tensor(lambda i, j: x.at(i, m - 1 - j // 2) * 2, (n, m * 2))

    np.testing.assert_array_equal(run(model(ONE)), np.repeat(X[:, ::-1], 2, 1) * 2)


def sums(node: NodeContext, x: Tensor) -> Tensor:
    """Sums of rows."""
    i, r = hl.Var("i"), hl.RDom([(0, x.shape[1])])
    total = hl.Func("total")
    total[i] = hl.f32(0)
    total[i] += x.at(i, r.x)
    return node.tensor(total, x.shape[:1])


def running(node: NodeContext, x: Tensor) -> Tensor:
    """The running sums of rows: cells that depend on others."""
    i, j, r = hl.Var("i"), hl.Var("j"), hl.RDom([(1, x.shape[1] - 1)])
    total = hl.Func("total")
    total[j, i] = x.at(i, j)
    total[r.x, i] = total[r.x - 1, i] + x.at(i, r.x)
    return node.tensor(total, x.shape)


def smoothed(node: NodeContext, x: Tensor) -> Tensor:
    """A sum, read at other places by a second one."""
    i, r = hl.Var("i"), hl.RDom([(0, x.shape[1])])
    total, twice = hl.funcs("total twice")
    total[i] = hl.f32(0)
    total[i] += x.at(i, r.x)
    k = hl.RDom([(0, 2)])
    twice[i] = hl.f32(0)
    twice[i] += total[hl.clamp(i + k.x, 0, x.shape[0] - 1)]
    return node.tensor(twice, x.shape[:1])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (sums, X.sum(1)),
        (running, np.cumsum(X, 1)),
        (smoothed, X.sum(1) + np.append(X.sum(1)[1:], X.sum(1)[-1:])),
    ],
)
def test_a_func_with_updates_is_compiled_with_what_follows_it(
    function: Callable[..., Any], expected: np.ndarray
) -> None:
    own(function)
    body = "(float[n, 6] x) => (float[?] y) { a = Abs(x) b = my.own.Op(a) y = Neg(b) }"
    rank = ", ?" * (expected.ndim - 1)
    (y,) = onnx_frontend.compile(model(body.replace("[?]", f"[?{rank}]"))).run({"x": X}).values()
    np.testing.assert_array_equal(y, -expected)


def test_a_size_may_be_data_of_a_run() -> None:
    @own
    def op(node: NodeContext, x: Tensor, times: Tensor) -> Tensor:
        (count,) = node.content(times, "a number of times")
        return node.tensor(lambda k, j: x.at(j) + hl.f32(k), (count, x.shape[0]))

    body = "(float[m] x, int64[1] k) => (float[?, m] y) { b = my.own.Op(x, k) y = Neg(b) }"
    compiled = onnx_frontend.compile(model(body))
    for k in (3, 1):
        (y,) = compiled.run({"x": X[0], "k": np.array([k])}).values()
        np.testing.assert_array_equal(y, -(X[0] + np.arange(k, dtype=np.float32)[:, None]))


def test_several_outputs_constants_and_types() -> None:
    table = np.array([5, 7, 11, 13, 17, 19], np.int64)

    @own
    def op(node: NodeContext, x: Tensor) -> tuple[Tensor, ...]:
        primes = node.constant(table)
        whole = node.elementwise(lambda v: v > 10, x, type=hl.Bool())
        moved = node.tensor(
            lambda i, j: x.at(i, j) + hl.f32(primes.at(j)), x.shape, type=hl.Float(64), number=1
        )
        return whole, moved

    body = "(float[n, 6] x) => (bool[n, 6] y, double[n, 6] z) { y, z = my.own.Op(x) }"
    result = onnx_frontend.compile(model(body)).run({"x": X})
    np.testing.assert_array_equal(result["y"], X > 10)
    np.testing.assert_array_equal(result["z"], (X + table).astype(np.float64))


def test_an_operator_of_halos_is_overridden_from_a_version_on() -> None:
    @operator("Relu", since=13, override=True)
    def relu(node: NodeContext, x: Tensor) -> Tensor:
        return node.elementwise(lambda v: v + 100, x)

    body = "(float[n, 6] x) => (float[n, 6] y) { y = Relu(x) }"
    np.testing.assert_array_equal(run(model(body)), X + 100)
    np.testing.assert_array_equal(run(model(body, opset=11)), X)


def test_what_is_overridden_is_not_computed_beforehand_by_others() -> None:
    @operator("Neg", since=1, override=True)
    def neg(node: NodeContext, x: Tensor) -> Tensor:
        return node.elementwise(lambda v: v * 3, x)

    body = "(float[n, 6] x) => (float[n, 6] y) <float[1] c = {2.0}> { d = Neg(c) y = Mul(x, d) }"
    np.testing.assert_array_equal(run(model(body)), X * 6)


# Graph passes


def test_a_pass_rewrites_the_graph() -> None:
    @onnx_frontend.graph_pass
    def merge(graph: Graph) -> Graph:
        nodes = [
            dataclasses.replace(n, op_type="Op", domain="my.own") if n.op_type == "Relu" else n
            for n in graph.nodes
        ]
        return dataclasses.replace(graph, nodes=tuple(nodes))

    @own
    def op(node: NodeContext, x: Tensor) -> Tensor:
        return node.elementwise(lambda v: v + 1, x)

    body = "(float[n, 6] x) => (float[n, 6] y) { y = Relu(x) }"
    np.testing.assert_array_equal(run(model(body)), X + 1)


def boom(graph: Graph) -> Graph:
    raise ValueError("nothing fits")


def renames(graph: Graph) -> Graph:
    value = dataclasses.replace(graph.outputs[0], name="z")
    return dataclasses.replace(graph, outputs=(value,))


def reads_nothing(graph: Graph) -> Graph:
    extra = Node("Relu", "", ("nobody",), ("w",), {}, "'extra'")
    return dataclasses.replace(graph, nodes=(extra, *graph.nodes))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (boom, r"plugin tests \(boom in .*raised ValueError: nothing fits"),
        (lambda graph: None, "returned None.*\n.*a pass returns a Graph"),
        (renames, r"made outputs \['z'\] of \['y'\]"),
        (reads_nothing, "no sense: Relu node 'extra' reads 'nobody'"),
    ],
)
def test_a_pass_that_does_not_work_is_named(function: Any, message: str) -> None:
    onnx_frontend.graph_pass(function)
    with pytest.raises(PluginError, match=message) as caught:
        import_graph(model("(float[n, 6] x) => (float[n, 6] y) { y = Relu(x) }"))
    assert "test_plugins.py:" in str(caught.value) and "over model agraph" in str(caught.value)


def test_what_is_no_function_is_no_pass() -> None:
    with pytest.raises(PluginError, match="is registered as a graph pass"):
        onnx_frontend.graph_pass(3)  # type: ignore[arg-type]


# Operators that do not work


def raises(node: NodeContext, x: Tensor) -> Tensor:
    return {}["missing"]  # type: ignore[no-any-return]


def halo_raises(node: NodeContext, x: Tensor) -> Tensor:
    return node.tensor(hl.Func("empty"), x.shape)


def too_few(node: NodeContext, x: Tensor) -> Any:
    return ()


def wrong_type(node: NodeContext, x: Tensor) -> Any:
    return [x]


def nothing(node: NodeContext, x: Tensor) -> None:
    node.elementwise(lambda v: v, x)


def same_name(node: NodeContext, x: Tensor) -> Any:
    return node.elementwise(lambda v: v, x), node.elementwise(lambda v: v, x)


def stranger(node: NodeContext, x: Tensor) -> Tensor:
    table = hl.Buffer(np.ones(6, np.float32), "table")
    return node.tensor(lambda i, j: x.at(i, j) * table[j], x.shape)


def with_param(node: NodeContext, x: Tensor) -> Tensor:
    return node.elementwise(lambda v: v, node.tensor(_of_param(x), x.shape))


def _of_param(x: Tensor) -> hl.Func:
    f, i, j, p = hl.Func("f"), hl.Var("i"), hl.Var("j"), hl.Param(hl.Float(32), "factor")
    f[j, i] = x.at(i, j) * p
    return f


def other_axes(node: NodeContext, x: Tensor) -> Tensor:
    return node.tensor(_of_param(x), x.shape[:1])


def wide_size(node: NodeContext, x: Tensor) -> Tensor:
    return node.tensor(lambda i: x.at(i, 0), (hl.i64(x.shape[0]),))


def negative(node: NodeContext, x: Tensor) -> Tensor:
    return node.tensor(lambda i: x.at(i, 0), (-1,))


def other_type(node: NodeContext, x: Tensor) -> Tensor:
    f, i, j = hl.Func("f"), hl.Var("i"), hl.Var("j")
    f[j, i] = x.at(i, j)
    return node.tensor(f, x.shape, type=hl.Int(8))


def is_extern(node: NodeContext, x: Tensor) -> Tensor:
    f = hl.Func("f")
    f.define_extern("g", [], hl.Float(32), 2)
    return node.tensor(f, x.shape)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            raises,
            r"raises in tests\.onnx.*, test_plugins.py:\d+\) raised KeyError: 'missing'",
        ),
        (halo_raises, "empty.* is not defined"),
        (too_few, "returned 0 outputs, the node has 1"),
        (wrong_type, "returned a list for output 0"),
        (nothing, "returned None for output 0"),
        (same_name, "several tensors of one name"),
        (stranger, r"reads table.*no tensor of the model\n.*node.constant"),
        (with_param, "depends on the Param factor"),
        (other_axes, "2 dimensions and 1 values, for a tensor of 1 axes"),
        (wide_size, "has type int64"),
        (negative, "-1 is given as a size"),
        (other_type, "cells of type float32, not int8"),
        (is_extern, "is an extern stage\n.*node.extern"),
    ],
)
def test_an_operator_that_does_not_work_is_named(function: Any, message: str) -> None:
    own(function)
    with pytest.raises(PluginError, match=message) as caught:
        import_graph(model(ONE))
    assert "Op node #0: plugin tests" in str(caught.value)


def too_far(node: NodeContext, x: Tensor) -> Tensor:
    return node.tensor(lambda i, j: x.at(i, j + 1), x.shape)


def sums_too_far(node: NodeContext, x: Tensor) -> Tensor:
    i, r = hl.Var("i"), hl.RDom([(0, x.shape[1] + 1)])
    total = hl.Func("total")
    total[i] = hl.f32(0)
    total[i] += x.at(i, r.x - 1)
    return node.tensor(total, x.shape[:1])


def where_data_tell(node: NodeContext, x: Tensor) -> Tensor:
    return node.tensor(lambda i, j: x.at(i, hl.i32(x.at(i, j))), x.shape)


@pytest.mark.parametrize(
    ("function", "rank", "cells"),
    [(too_far, 2, "cells 1 to 6 are needed"), (sums_too_far, 1, "cells -1 to 5 are needed")],
)
def test_cells_outside_of_an_input_are_not_read(function: Any, rank: int, cells: str) -> None:
    own(function)
    body = "(float[n, 6] x) => (float[?] y) { b = my.own.Op(x) y = Neg(b) }"
    compiled = onnx_frontend.compile(model(body.replace("[?]", "[?, ?]" if rank == 2 else "[?]")))
    with pytest.raises(hl.HaloError, match=f"an operator of a plugin in op.*{cells}"):
        compiled.run({"x": X})


def test_an_index_that_data_tell_has_to_be_bounded() -> None:
    own(where_data_tell)
    with pytest.raises(PluginError, match=r"plugin in op.*no bound(?s:.*)halo\.clamp"):
        onnx_frontend.compile(model(ONE))

    @operator("Op", since=2, domain="my.own")
    def op(node: NodeContext, x: Tensor) -> Tensor:
        last = x.shape[1] - 1
        return node.tensor(lambda i, j: x.at(i, hl.clamp(hl.i32(x.at(i, j)), 0, last)), x.shape)

    places = np.clip(X, 0, 5).astype(int)
    np.testing.assert_array_equal(run(model(ONE)), np.take_along_axis(X, places, 1))


def test_the_line_in_the_plugin_leads_the_message() -> None:
    own(raises)
    with pytest.raises(PluginError) as caught:
        import_graph(model(ONE))
    where = caught.value.where
    assert where is not None and where.line == raises.__code__.co_firstlineno + 1


def test_an_operator_refuses_a_node_in_its_own_words() -> None:
    @own
    def op(node: NodeContext, x: Tensor) -> Tensor:
        node.unsupported("amounts below 1")

    with pytest.raises(onnx_frontend.UnsupportedOp, match="amounts below 1"):
        import_graph(model(ONE))


# Names that clash


def test_halos_own_operators_are_replaced_on_purpose_only() -> None:
    with pytest.raises(PluginError, match=r"halo has the operator .*Relu.*\n.*override=True"):
        operator("Relu", since=14, domain="ai.onnx")(sums)


def test_two_functions_of_a_plugin_for_one_version_clash() -> None:
    own(sums)
    own(sums)  # the same again, as in a notebook
    with pytest.raises(PluginError, match=r"my\.own\.Op since version 1 is registered twice"):
        own(running)


def test_two_plugins_for_one_operator_clash() -> None:
    own(sums)
    theirs: dict[str, Any] = {"__name__": "their_plugin.ops"}
    exec("def op(node, x): return x", theirs)
    with pytest.raises(PluginError, match=r"two plugins have the operator my\.own\.Op") as caught:
        own(theirs["op"])
    assert "plugin their_plugin" in str(caught.value) and "plugin tests" in str(caught.value)


@pytest.mark.parametrize("since", [0, "1", True])
def test_a_version_is_a_positive_number(since: Any) -> None:
    with pytest.raises(PluginError, match="since version"):
        operator("Op", since=since, domain="my.own")(sums)


def test_what_is_registered_is_a_function() -> None:
    with pytest.raises(PluginError, match="is registered as operator 'Op'"):
        operator("Op", since=1, domain="my.own")("Op")  # type: ignore[type-var]


# Entry points


def install(monkeypatch: pytest.MonkeyPatch, load: Callable[[], Any], group: str) -> None:
    """Have an entry point that does `load`."""

    class Entry(EntryPoint):
        def load(self) -> Any:
            return load()

    def found(group: str) -> list[EntryPoint]:
        return [entry] if group == entry.group else []

    entry = Entry("mine", "test_plugins.operators", group)
    monkeypatch.setattr(plugins, "entry_points", found)


def test_an_entry_point_brings_operators_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> ModuleType:
        @own
        def op(node: NodeContext, x: Tensor) -> Tensor:
            return elementwise(node.output(), lambda v: v * 5.0, x)

        return ModuleType("operators")

    install(monkeypatch, load, plugins.OPERATORS)
    np.testing.assert_array_equal(run(model(ONE)), X * 5)


def fails() -> Any:
    raise ZeroDivisionError("at import")


def missing() -> Any:
    raise ModuleNotFoundError("No module named 'operators'")


def clashes() -> Any:
    operator("Relu", since=1)(sums)


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (fails, "cannot be loaded: ZeroDivisionError: at import\n.*uninstall the package"),
        (missing, "cannot be loaded: ModuleNotFoundError: No module named 'operators'"),
        (clashes, "halo has the operator ai.onnx.Relu"),
        (lambda: sums, "is 'test_plugins.operators', a function\n.*name the module"),
    ],
)
@pytest.mark.parametrize("group", [plugins.OPERATORS, plugins.PASSES])
def test_an_entry_point_that_does_not_work_is_named(
    load: Callable[[], Any], message: str, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, load, group)
    with pytest.raises(PluginError, match=message) as caught:
        import_graph(model("(float[n, 6] x) => (float[n, 6] y) { y = Relu(x) }"))
    assert f"the entry point 'mine' of a package in {group}" in str(caught.value)
