"""Graph passes."""

from dataclasses import replace

from onnx_frontend import Graph, Node, graph_pass


@graph_pass
def find_swish(graph: Graph) -> Graph:
    """x * sigmoid(x) becomes Swish(x)."""
    sigmoids = {
        n.outputs[0]: n.inputs[0] for n in graph.nodes if (n.domain, n.op_type) == ("", "Sigmoid")
    }

    def merged(n: Node) -> Node:
        if (n.domain, n.op_type) != ("", "Mul"):
            return n
        for x, gate in (n.inputs, n.inputs[::-1]):
            if sigmoids.get(gate) == x:
                return replace(n, domain="example.plugin", op_type="Swish", inputs=(x,))
        return n

    nodes = tuple(map(merged, graph.nodes))
    return graph if nodes == graph.nodes else replace(graph, nodes=nodes)
