"""Comparing a compiled model with a reference, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from halo.errors import HaloError
from onnx_frontend.comparing import Difference, Tolerance, compare
from onnx_frontend.compiler import compile
from onnx_frontend.errors import ModelError
from onnx_frontend.example_inputs import example_inputs
from onnx_frontend.example_lists import list_of, parts_of, with_lists
from onnx_frontend.example_maps import dicts_of, rows_of, with_dicts
from onnx_frontend.graph import Array
from onnx_frontend.input_sequences import KEYS, THERE, VALUES, Given, part_name
from onnx_frontend.layers import reads_of, with_all_values
from onnx_frontend.lower_kernels import Progress
from onnx_frontend.model_file import ModelSource, load_model
from onnx_frontend.names import Names
from onnx_frontend.reference import REFERENCES, ReferenceValues, reference_values
from onnx_frontend.reference_optional import OptionalValue


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """A tensor that a node makes, compared.

    Attributes
    ----------
    node, operator
        The node's name, or its place in the model, and its operator.
    value
        The name of the tensor.
    shape
        Its shape.
    reads
        What the node reads: ``x: float32[2, 3]``.
    difference
        How it differs from what it should be.
    unchecked
        Why it was not compared; empty if it was.
    """

    node: str
    operator: str
    value: str
    shape: tuple[int, ...]
    reads: tuple[str, ...]
    difference: Difference
    unchecked: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check_model` found.

    Attributes
    ----------
    name
        The model's name.
    reference
        What it was compared with.
    tolerance
        What may differ.
    layers
        The tensors that nodes make, in the order of the nodes, of a model compiled so that each of
        them is stored.
    outputs
        The outputs of the model as it is compiled otherwise.
    problem
        Why there are no `layers`; empty if there are.
    """

    name: str
    reference: str
    tolerance: Tolerance
    layers: tuple[ValueCheck, ...]
    outputs: tuple[ValueCheck, ...]
    problem: str = ""

    @property
    def first_wrong(self) -> ValueCheck | None:
        """The first tensor that differs by more than is tolerated; None if there is none."""
        return next((c for c in (*self.layers, *self.outputs) if c.difference.is_wrong), None)


def check_model(
    model: ModelSource,
    inputs: Mapping[str, Array] | None = None,
    *,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    tolerance: Tolerance | None = None,
    reference: str = "onnx",
    seed: int = 0,
    dump: Path | None = None,
    progress: Progress | None = None,
) -> CheckReport:
    """Compare what a model computes with a reference, tensor by tensor.

    It is compiled twice: as it is, of which the outputs are compared, and with every tensor between
    its nodes stored.

    Parameters
    ----------
    model
        A path, the bytes of a file, or a loaded ``onnx.ModelProto``.
    inputs
        Arrays by name; those that are not given are random.
    shapes
        By name of an input the shape to compile it for, as of `compile`; by name of a symbolic
        size, as a shape of one axis, how large it is in random arrays.
    tolerance
        What may differ.
    reference
        ``onnx``, the evaluator of the standard, or ``onnxruntime``.
    seed
        Of the random numbers.
    dump
        A directory to write all tensors to, ``halo/NAME.npy`` and ``reference/NAME.npy``.
    progress
        As of `compile`.

    Raises
    ------
    ModelError
        The model or a shape makes no sense, or the reference cannot evaluate it.
    UnsupportedOp
        Some of its nodes cannot be compiled.
    """
    if reference not in REFERENCES:
        known = " and ".join(REFERENCES)
        raise ModelError(f"there is no reference {reference!r}", hint=f"there are {known}")
    proto = load_model(model)
    given = dict(shapes or {})
    arrays = example_inputs(proto, inputs or {}, given, seed, parts=True)
    fixed: Given = {name: shape for name, shape in given.items() if name in arrays}
    allowed = tolerance or Tolerance()
    results = compile(proto, shapes=fixed or None, progress=progress).run_ports(arrays)
    layered, problem = with_all_values(proto), ""
    try:
        found = compile(layered, shapes=fixed or None, progress=progress).run_ports(arrays)
    except HaloError as error:
        found, problem = results, error.message

    def own(model: onnx.ModelProto, node: onnx.NodeProto, _: object) -> list[Any] | None:
        names = [name for name in node.output if name]
        made = [found.get(n, dicts_of(n, found) or list_of(n, found)) for n in names]
        return None if any(value is None for value in made) else made

    given_to = with_lists(proto, with_dicts(proto, arrays))
    wanted = reference_values(layered, given_to, own, reference)
    if dump is not None:
        _dump(dump, {"halo": found, "reference": wanted.values})
    makers = _Makers(proto, wanted, allowed)
    layers = () if problem else tuple(makers.checks({n: found[n] for n in found}))
    outputs = tuple(makers.checks(results))
    name = proto.graph.name or "model"
    return CheckReport(name, reference, allowed, layers, outputs, problem)


@dataclass(frozen=True, slots=True)
class _Makers:
    """The nodes of a model, to tell what made a tensor."""

    model: onnx.ModelProto
    wanted: ReferenceValues
    tolerance: Tolerance

    def checks(self, found: Mapping[str, Array]) -> Iterator[ValueCheck]:
        """Yield the comparisons of tensors that nodes make, in the order of the nodes."""
        values = self.wanted.values
        for place, node in enumerate(self.model.graph.node):
            for name in node.output:
                label = f"'{node.name}'" if node.name else f"#{place}"
                reads = tuple(_describe(n, values.get(n)) for n in reads_of(node))
                unchecked = self.wanted.taken.get(place, "")
                for own, right in _parts(name, values.get(name), found):
                    difference = Difference()
                    if not unchecked:
                        difference = compare(found[own], np.asarray(right), self.tolerance)
                    yield ValueCheck(
                        label, node.op_type, own, found[own].shape, reads, difference, unchecked
                    )


def _parts(name: str, right: Any, found: Mapping[str, Array]) -> Iterator[tuple[str, Any]]:
    """Yield what `name` consists of among `found`, and what each should be; `right` is the whole.

    An optional value says whether it is there; what it would be if it were has no meaning.
    """
    if isinstance(right, OptionalValue):
        right = right.content
    there, rows = part_name(name, THERE), part_name(name, VALUES)
    if there in found:
        yield there, right is not None
    if name in found and (there not in found or right is not None):
        yield name, right
    elif isinstance(right, list) and rows not in found:
        yield from parts_of(name, right, found).items()
    elif rows in found:
        yield rows, rows_of(right, found[part_name(name, KEYS)], found[rows].dtype)


def _describe(name: str, value: object) -> str:
    if not isinstance(value, np.ndarray):
        return name
    return f"{name}: {value.dtype}[{', '.join(map(str, value.shape))}]"


def _dump(directory: Path, sources: Mapping[str, Mapping[str, object]]) -> None:
    for source, values in sources.items():
        folder, names = directory / source, Names()
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                np.save(folder / f"{names.unique(name)}.npy", value, allow_pickle=False)
