"""The functions that a model brings along are put in place of the nodes that call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import onnx
from onnx import inliner

from onnx_frontend.errors import ModelError, quoted
from onnx_frontend.proto_graphs import nodes_within

MOST_NODES = 1_000_000
"""Nodes that a model may have: a few functions that call each other twice are more in no time."""

_Key = tuple[str, str]
_Functions = Mapping[_Key, onnx.FunctionProto]


def inline_local_functions(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return `model` without functions of its own.

    Raises
    ------
    ModelError
        Two have one name, one calls itself, a call does not fit, or there would be more than a
        million nodes.
    """
    if not model.functions:
        return model
    functions: dict[_Key, onnx.FunctionProto] = {}
    for function in model.functions:
        if functions.setdefault(_key(function.domain, function.name), function) is not function:
            raise ModelError(f"the model has two functions called {quoted(function.name)}")
    nodes = _nodes_after(model, functions)
    if nodes > MOST_NODES:
        raise ModelError(
            f"the functions of the model come to {nodes} nodes when each is put in place of its "
            f"calls: {MOST_NODES} can be"
        )
    try:
        return inliner.inline_local_functions(model)
    except (RuntimeError, ValueError, onnx.checker.ValidationError) as error:
        raise ModelError(f"the functions of the model cannot be expanded: {error}") from error


def _key(domain: str, name: str) -> _Key:
    return ("" if domain == "ai.onnx" else domain, name)


def _nodes_after(model: onnx.ModelProto, functions: _Functions) -> int:
    """Return how many nodes the model will have; checks the calls.

    What functions come to is found without recursion: chains of them are as long as one likes.
    """
    count: dict[_Key, int] = {}
    calls = {key: _calls(f.node, functions, f"function {quoted(f.name)}") for key, f in
             functions.items()}  # fmt: skip
    plain = {key: sum(1 for _ in nodes_within(f.node)) for key, f in functions.items()}
    for first in functions:
        way: dict[_Key, None] = {first: None}
        while way:
            key = next(reversed(way))
            missing = next((c for c in calls[key] if c not in count), None)
            if missing is None:
                count[key] = plain[key] + sum(count[c] for c in calls[key])
                del way[key]
            elif missing in way:
                names = [*list(way)[list(way).index(missing) :], missing]
                chain = " calls ".join(quoted(n) for _, n in names[:5])
                raise ModelError(f"a function of the model calls itself: {chain}")
            else:
                way[missing] = None
    called = _calls(model.graph.node, functions, "the model")
    return sum(1 for _ in nodes_within(model.graph.node)) + sum(count[c] for c in called)


def _calls(nodes: Iterable[onnx.NodeProto], functions: _Functions, place: str) -> list[_Key]:
    """Return the functions that `nodes` call, as often as they do."""
    found: list[_Key] = []
    for node in nodes_within(nodes):
        key = _key(node.domain, node.op_type)
        function = functions.get(key)
        if function is None:
            continue
        found.append(key)
        for what, own, given in (
            ("inputs", function.input, node.input),
            ("outputs", function.output, node.output),
        ):
            if len(given) > len(own):
                raise ModelError(
                    f"{place}: node {quoted(node.name)} has {len(given)} {what}, the function "
                    f"{quoted(function.name)} that it calls has {len(own)}"
                )
    return found
