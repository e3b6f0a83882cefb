"""Graph pass: what no output needs goes."""

from __future__ import annotations

from dataclasses import replace

from onnx_frontend.graph import Graph, Node


def drop_dead_nodes(graph: Graph) -> Graph:
    """Return `graph` without the nodes and constants that no output depends on.

    Requires: nodes in an order in which they can run.
    Ensures: outputs and their values are the same; inputs stay, read or not; an output of a node
    that nobody reads is left out (its name is ``""``).
    """
    live = {value.name for value in graph.outputs}
    kept: list[Node] = []
    changed = False
    for node in reversed(graph.nodes):
        outputs = tuple(name if name in live else "" for name in node.outputs)
        changed |= outputs != node.outputs
        if any(outputs):
            kept.append(node if outputs == node.outputs else replace(node, outputs=outputs))
            live.update(node.reads)
    constants = {name: value for name, value in graph.constants.items() if name in live}
    if not changed and len(constants) == len(graph.constants):
        return graph
    return replace(graph, nodes=tuple(reversed(kept)), constants=constants)
