"""Walks over the messages of a model; none of them calls itself, however deep graphs stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import onnx


def graphs_of(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """Yield the bodies of `node`, not those inside them."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def nodes_within(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Yield `nodes` and those of all bodies in them."""
    open_ = [iter(nodes)]
    while open_:
        node = next(open_[-1], None)
        if node is None:
            open_.pop()
            continue
        yield node
        open_ += [iter(graph.node) for graph in graphs_of(node)]


def all_graphs(model: onnx.ModelProto) -> Iterator[onnx.GraphProto]:
    """Yield the graph of `model` and all bodies, those in functions included."""
    yield model.graph
    for nodes in (model.graph.node, *(f.node for f in model.functions)):
        for node in nodes_within(nodes):
            yield from graphs_of(node)


def tensors_of(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Yield every tensor of `model`: weights, and attributes of nodes."""
    for graph in all_graphs(model):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for nodes in (model.graph.node, *(f.node for f in model.functions)):
        for node in nodes_within(nodes):
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors
                sparse = list(attribute.sparse_tensors)
                if attribute.HasField("sparse_tensor"):
                    sparse.append(attribute.sparse_tensor)
                for one in sparse:
                    yield from (one.values, one.indices)
