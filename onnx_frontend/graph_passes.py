"""The passes over a model's graph: halo's own, then those that others add."""

from __future__ import annotations

from collections.abc import Callable

from halo.errors import HaloError, InternalError
from onnx_frontend.check_nodes import check_nodes
from onnx_frontend.drop_dead_nodes import drop_dead_nodes
from onnx_frontend.errors import ModelError, PluginError
from onnx_frontend.expand_gradients import expand_gradients
from onnx_frontend.fold_batch_norm import fold_batch_norm
from onnx_frontend.fold_constants import fold_constants, fold_unscaled_constants
from onnx_frontend.graph import Graph, check_values
from onnx_frontend.plugins import Origin, origin_of, raised_in
from onnx_frontend.use_integer_products import use_integer_products

GraphPass = Callable[[Graph], Graph]

OWN_PASSES: tuple[GraphPass, ...] = (
    expand_gradients,
    drop_dead_nodes,
    check_nodes,
    fold_unscaled_constants,
    use_integer_products,
    drop_dead_nodes,
    fold_constants,
    fold_batch_norm,
    drop_dead_nodes,
)
"""In this order: what a Gradient names is not dead; what is dead is not evaluated; integer weights
must be seen before they become floats, and floats be known before they are merged."""

_foreign: dict[tuple[str, str], tuple[GraphPass, Origin]] = {}


def graph_pass(function: GraphPass) -> GraphPass:
    """Register the decorated function as a pass over the graph of every model.

    It takes a `Graph`, which it must not change, and returns one that computes the same outputs
    from the same inputs: `dataclasses.replace` makes it, and what a pass has nothing to do with it
    returns as it is. Constants are folded when it runs; nodes that nobody reads are dropped
    afterwards. Bodies of ``If``, ``Loop`` and ``Scan`` are not visited. Passes run in the order in
    which they are registered.

    Raises
    ------
    PluginError
        What is decorated is no function.
    """
    origin = origin_of(function)
    if origin is None or not callable(function):
        raise PluginError(
            f"{function!r} is registered as a graph pass",
            hint="@graph_pass stands in front of a function from a Graph to a Graph",
        )
    _foreign[origin.function] = function, origin
    return function


def has_foreign_passes() -> bool:
    """Whether others have added a pass."""
    return bool(_foreign)


def run_passes(graph: Graph) -> Graph:
    """Return `graph` after all passes.

    Requires: `load_plugins` was called.
    Ensures: nodes are in an order in which they can run, and nobody's result is unused.

    Raises
    ------
    PluginError
        A pass of a plugin raised an error, or what it returned is no graph of this model.
    """
    for own in OWN_PASSES:
        graph = own(graph)
    for function, origin in _foreign.values():
        graph = drop_dead_nodes(_checked(function, origin, graph))
    return graph


def _checked(function: GraphPass, origin: Origin, graph: Graph) -> Graph:
    title = f"graph pass over model {graph.name}"
    try:
        made = function(graph)
    except (ModelError, InternalError):
        raise
    except Exception as error:
        raise raised_in(origin, title, error) from error
    if made is graph:
        return made
    if not isinstance(made, Graph):
        raise PluginError(
            f"{title}: {origin} returned {_kind(made)}",
            where=origin.where,
            hint="a pass returns a Graph, the one it was given if there is nothing to do",
        )
    for what in ("inputs", "outputs"):
        before = [v.name for v in getattr(graph, what)]
        after = [v.name for v in getattr(made, what)]
        if before != after:
            raise PluginError(
                f"{title}: {origin} made {what} {after} of {before}",
                where=origin.where,
                hint="a pass keeps the inputs and outputs, and their order",
            )
    try:
        check_values(made)
    except HaloError as error:
        raise PluginError(
            f"{title}: {origin} returned a graph that makes no sense: {error.message}",
            where=origin.where,
            hint="nodes stand in an order in which they can run, and each name is made once",
        ) from error
    return made


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
