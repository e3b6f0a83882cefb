"""Running imported models through the reference interpreter, and single nodes against onnx."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from halo.interpret import interpret
from halo.ir.expr import Expr, Variable, as_const, i32
from halo.ir.function import Function
from halo.ir.simplify import simplify
from halo.ir.substitute import calls_of, substitute
from halo.lang.image_param import ImageParam
from halo.ops.tensor import Tensor
from onnx_frontend import compile, graph_passes, plugins, registry
from onnx_frontend.importer import ImportedGraph, import_graph

Array = np.ndarray[Any, np.dtype[Any]]


def node_model(
    op: str,
    inputs: Sequence[Array | None],
    attributes: Mapping[str, Any],
    *,
    opset: int,
    constants: Sequence[int],
    outputs: int,
    symbolic: bool,
) -> onnx.ModelProto:
    """Return a model of one node; inputs numbered in `constants` become initializers."""
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, results, name="under_test", **attributes)
    given = [
        (name, x, i in constants)
        for i, (name, x) in enumerate(zip(names, inputs, strict=True))
        if x is not None
    ]
    values = [
        helper.make_tensor_value_info(
            n,
            helper.np_dtype_to_tensor_dtype(x.dtype),
            [None if symbolic and d != 1 else d for d in x.shape],
        )
        for n, x, fixed in given
        if not fixed
    ]
    weights = [numpy_helper.from_array(x, n) for n, x, fixed in given if fixed]
    made = [helper.make_tensor_value_info(r, TensorProto.UNDEFINED, None) for r in results]
    graph = helper.make_graph([node], "single", values, made, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def symbol_values(graph: ImportedGraph, feeds: Mapping[str, Array]) -> dict[str, int]:
    """Return what the arrays make of the symbols."""
    values: dict[str, int] = {}
    for name, tensor in zip(graph.input_names, graph.inputs, strict=True):
        for size, extent in zip(tensor.shape, feeds[name].shape, strict=True):
            if isinstance(size, Variable):
                assert values.setdefault(size.name, extent) == extent
            else:
                assert as_const(size) == extent
    return values


def size_of(e: Expr, symbols: Mapping[str, int]) -> int:
    """Return the value of a size."""
    value = as_const(simplify(substitute(e, {n: i32(v) for n, v in symbols.items()})))
    assert value is not None, str(e)
    return int(value)


def _bind(function: Function, values: Mapping[str, Expr], seen: set[int]) -> None:
    """Put numbers in place of the symbols in `function` and all that it calls."""
    if id(function) in seen:
        return
    seen.add(id(function))
    for i, stage in enumerate(function.definitions):
        bound = dataclasses.replace(
            stage,
            args=tuple(substitute(e, values) for e in stage.args),
            values=tuple(substitute(e, values) for e in stage.values),
            rvars=tuple(
                dataclasses.replace(
                    r, min=substitute(r.min, values), extent=substitute(r.extent, values)
                )
                for r in stage.rvars
            ),
            predicate=substitute(stage.predicate, values),
        )
        function.definitions[i] = bound
        for call in calls_of((*bound.values, *bound.args, bound.predicate)):
            if isinstance(call.func, Function):
                _bind(call.func, values, seen)


def evaluate(tensor: Tensor, symbols: Mapping[str, int]) -> Array:
    """Return the cells of a computed tensor, its inputs being set."""
    assert tensor.func is not None
    _bind(tensor.func.function, {n: i32(v) for n, v in symbols.items()}, set())
    shape = [size_of(d, symbols) for d in tensor.shape]
    if 0 in shape:
        return np.zeros(shape, tensor.type.dtype)
    return np.asarray(interpret(tensor.func, shape[::-1])).reshape(shape)


def run_graph(graph: ImportedGraph, feeds: Mapping[str, Array]) -> list[Array]:
    """Return the outputs of an imported model; checks what it requires of the sizes."""
    symbols = symbol_values(graph, feeds)
    for requirement in graph.requires:
        a, b = size_of(requirement.a, symbols), size_of(requirement.b, symbols)
        assert a == b, requirement.why
    for name, tensor in zip(graph.input_names, graph.inputs, strict=True):
        assert isinstance(tensor.image, ImageParam)
        tensor.image.set(feeds[name])
    return [evaluate(tensor, symbols) for _, tensor in graph.outputs]


@pytest.fixture
def no_plugins() -> Iterator[None]:
    """Have a test begin without plugins, and forget afterwards what it registers."""
    tables: list[dict[Any, Any]] = [registry._foreign, registry._origins, graph_passes._foreign]
    before = [dict(table) for table in tables]
    plugins.load_plugins.cache_clear()
    for table in tables:
        table.clear()
    yield
    for table, kept in zip(tables, before, strict=True):
        table.clear()
        table.update(kept)
    plugins.load_plugins.cache_clear()


CheckNode = Callable[..., list[Array]]


Run = Callable[[onnx.ModelProto, Mapping[str, Array]], list[Array]]


def _checker(run: Run, newest: int, least: int) -> CheckNode:
    """Return what compares a node, run by `run`, with onnx's reference or what is expected.

    `least` is the smallest size that a symbol may stand for.
    """

    def check(
        op: str,
        *inputs: Array | None,
        opset: int = newest,
        constants: Sequence[int] = (),
        outputs: int = 1,
        expected: Sequence[Array] | None = None,
        rtol: float = 1e-5,
        atol: float = 1e-6,
        symbolic: bool = True,
        **attributes: Any,
    ) -> list[Array]:
        feeds = {f"x{i}": x for i, x in enumerate(inputs) if x is not None and i not in constants}
        made: list[Array] = []
        symbolic = symbolic and all(min(x.shape, default=1) >= least for x in feeds.values())
        for unknown_sizes in (False, True) if symbolic else (False,):
            model = node_model(
                op,
                inputs,
                attributes,
                opset=opset,
                constants=constants,
                outputs=outputs,
                symbolic=unknown_sizes,
            )
            if expected is None:
                expected = [np.asarray(y) for y in ReferenceEvaluator(model).run(None, feeds)]
            made = run(model, feeds)
            assert len(made) == len(expected)
            for got, want in zip(made, expected, strict=True):
                assert got.dtype == want.dtype
                assert got.shape == want.shape
                np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)
        return made

    return check


@pytest.fixture
def check_node() -> CheckNode:
    """Compare one node with onnx's reference, with known sizes and with symbols for them."""
    return _checker(lambda model, feeds: run_graph(import_graph(model), feeds), 17, 0)


@pytest.fixture
def check_compiled() -> CheckNode:
    """Compile and run one node, with known sizes and with symbols; compare with the reference."""
    return _checker(lambda model, feeds: list(compile(model).run(feeds).values()), 20, 1)


@pytest.fixture
def run_imported() -> Callable[[ImportedGraph, Mapping[str, Array]], list[Array]]:
    """Run an imported model through the interpreter."""
    return run_graph


@pytest.fixture
def sizes_at() -> Callable[[ImportedGraph, Mapping[str, Array]], list[tuple[int, ...]]]:
    """Return the shapes of a model's outputs for given inputs."""

    def sizes(graph: ImportedGraph, feeds: Mapping[str, Array]) -> list[tuple[int, ...]]:
        symbols = symbol_values(graph, feeds)
        return [tuple(size_of(d, symbols) for d in t.shape) for _, t in graph.outputs]

    return sizes
