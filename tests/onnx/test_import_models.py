"""Whole models: the shapes of their outputs, with symbols, are those that onnxruntime finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import onnx
import onnxruntime
import pytest
from real_models import LIGHT, TESTED, cases_of, draw_inputs, model_path

from halo.ir.expr import as_const
from halo.ops.tensor import OpKind
from onnx_frontend.importer import ImportedGraph, import_graph


def light(name: str) -> ImportedGraph:
    return import_graph(LIGHT / f"light_{name}.onnx")


def kinds(graph: ImportedGraph) -> Counter[OpKind]:
    return Counter(t.kind for t in graph.tensors)


@pytest.mark.parametrize("name", ["squeezenet", "resnet50"])
def test_weights_made_by_nodes_are_constants(name: str) -> None:
    graph = light(name)
    assert all(t.constant is not None for t in graph.tensors if t.kind is OpKind.CONSTANT)
    assert not graph.symbols
    convolutions = [t for t in graph.tensors if t.kind is OpKind.CONV]
    assert all(t.op.inputs[1].constant is not None for t in convolutions)


@pytest.mark.parametrize("name", ["squeezenet", "resnet50"])
def test_light_models_have_the_shapes_that_they_declare(name: str) -> None:
    graph = light(name)
    model = onnx.load(LIGHT / f"light_{name}.onnx")
    declared = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in model.graph.output]
    assert [[as_const(d) for d in t.shape] for _, t in graph.outputs] == declared


def test_batch_normalizations_of_resnet_go_into_its_weights() -> None:
    found = kinds(light("resnet50"))
    assert found[OpKind.CONV] == 53
    assert found[OpKind.ELEMENTWISE] == 49 + 16


def test_tensors_come_after_what_they_read_and_have_names_of_their_own() -> None:
    graph = light("resnet50")
    place = {t: i for i, t in enumerate(graph.tensors)}
    assert all(place[x] < place[t] for t in graph.tensors for x in t.op.inputs)
    assert len({t.name for t in graph.tensors}) == len(graph.tensors)


@pytest.mark.parametrize("name", TESTED)
def test_one_import_has_the_shapes_of_onnxruntime_at_every_size(
    name: str, sizes_at: Callable[..., list[tuple[int, ...]]]
) -> None:
    path = model_path(name)
    graph = import_graph(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for number in range(len(cases_of(name))):
        feeds = draw_inputs(name, number, onnx.load(path))
        want = [y.shape for y in session.run(None, feeds)]
        assert sizes_at(graph, feeds) == want


@pytest.mark.parametrize("name", TESTED)
def test_given_shapes_leave_no_symbols(name: str) -> None:
    shapes = {x: how["shape"] for x, how in cases_of(name)[0].items()}
    graph = import_graph(model_path(name), shapes)
    assert not graph.symbols and not graph.requires
    assert all(as_const(d) is not None for t in graph.tensors for d in t.shape)


def test_the_height_of_a_text_line_is_all_that_the_recogniser_requires() -> None:
    graph = import_graph(model_path("ppocr-v4-rec"))
    assert {str(r.b) for r in graph.requires} == {"1"}
    fixed = import_graph(model_path("ppocr-v4-rec"), {"x": ["N", 3, 48, "W"]})
    assert fixed.symbols == ("N", "W") and not fixed.requires
