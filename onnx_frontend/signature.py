"""What a compiled model takes and gives: names, types, shapes and the symbols in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count as count_from
from typing import Any

import numpy as np

from halo.errors import BufferError
from halo.ir.types import Type, TypeCode
from halo.ops.text import TEXT
from onnx_frontend.element_types import dtype_of
from onnx_frontend.extents import Serial, describe, evaluate, names_in
from onnx_frontend.input_sequences import DATA, SHAPES, THERE, part_name
from onnx_frontend.pictures import decoded, pixels_of
from onnx_frontend.sequence_arrays import from_arrays, to_arrays
from onnx_frontend.text_arrays import to_bytes

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a model.

    Attributes
    ----------
    name
        Its name in the model.
    identifier
        Its name in the generated code.
    type
        Element type.
    shape
        Extents in JSON form, outermost axis first.
    encoding
        As of `Tensor`.
    """

    name: str
    identifier: str
    type: Type
    shape: tuple[Serial, ...]
    encoding: str | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy dtype of its elements."""
        return dtype_of(self.type, self.encoding)

    def describe(self) -> str:
        """Return the port as text: ``x: float32[1, 3, 48, W]``."""
        extents = ", ".join(describe(d) for d in self.shape)
        return f"{self.name}: {self.encoding or self.type}[{extents}]"

    def to_data(self) -> dict[str, Any]:
        """Return the port as plain data for JSON."""
        return {
            "name": self.name,
            "identifier": self.identifier,
            "type": [self.type.code().value, self.type.bits()],
            "shape": list(self.shape),
            "encoding": self.encoding,
        }

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Port:
        """Return the port that `to_data` gave `data` for."""
        code, bits = data["type"]
        type = Type(TypeCode(code), bits)
        shape = tuple(data["shape"])
        return Port(data["name"], data["identifier"], type, shape, data.get("encoding"))


@dataclass(frozen=True, slots=True)
class Signature:
    """The inputs and outputs of a model called `name` in C, and its symbols.

    `sequences` names the inputs and outputs that are sequences of which only a run tells the
    length: each is two ports, ``name[data]`` and ``name[shapes]``. `optionals` names the inputs and
    outputs that may be absent: beside what each is then, a port ``name[there]`` says whether it is
    there.
    """

    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    symbols: tuple[str, ...]
    sequences: tuple[str, ...] = ()
    optionals: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return the signature as plain data for JSON."""
        return {
            "name": self.name,
            "inputs": [p.to_data() for p in self.inputs],
            "outputs": [p.to_data() for p in self.outputs],
            "symbols": list(self.symbols),
            "sequences": list(self.sequences),
            "optionals": list(self.optionals),
        }

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Signature:
        """Return the signature that `to_data` gave `data` for."""
        inputs = tuple(Port.from_data(p) for p in data["inputs"])
        outputs = tuple(Port.from_data(p) for p in data["outputs"])
        symbols, *several = (tuple(data.get(k, ())) for k in ("symbols", "sequences", "optionals"))
        return Signature(data["name"], inputs, outputs, symbols, *several)

    def check_names(self, given: Iterable[str]) -> None:
        """Check that exactly the inputs of the model are `given`.

        Raises
        ------
        BufferError
            One is missing, or one is not an input.
        """
        names = list(given)
        wanted = [p.name for p in self.inputs]
        missing = [n for n in wanted if n not in names]
        unknown = [n for n in names if n not in wanted]
        for name in self.sequences:
            parts = [part_name(name, part) for part in (DATA, SHAPES)]
            if all(part in missing for part in parts):
                missing = [n for n in missing if n not in parts] + [name]
        if missing or unknown:
            parts = [f"input {n!r} is missing" for n in missing]
            parts += [f"{n!r} is not an input" for n in unknown]
            raise BufferError(
                f"{self.name}: {', '.join(parts)}",
                hint="inputs: " + "; ".join(p.describe() for p in self.inputs),
            )

    def prepare(self, inputs: Mapping[str, Any]) -> list[Array]:
        """Return the input arrays in order, C-contiguous, checked against the signature.

        Raises
        ------
        BufferError
            A name, type or rank that does not fit; the message names the input.
        """
        given = self._split(inputs)
        self.check_names(given)
        return [_prepare(port, given[port.name]) for port in self.inputs]

    def _split(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return an array for each port, of lists that stand for sequences two."""
        ports = {p.name: p for p in self.inputs}
        result = self._with_absent(inputs, ports)
        for name in self.sequences:
            parts = [part_name(name, part) for part in (DATA, SHAPES)]
            if name in result and parts[0] in ports:
                port, rank = ports[parts[0]], ports[parts[1]].shape[1]
                assert isinstance(rank, int)
                types = (port.dtype, port.type.dtype)
                arrays = to_arrays(name, result.pop(name), types, rank)
                result |= zip(parts, arrays, strict=True)
        return result

    def _with_absent(self, inputs: Mapping[str, Any], ports: Mapping[str, Port]) -> dict[str, Any]:
        """Return inputs with something for each that is not there, and with what says so."""
        result = dict(inputs)
        for name in self.optionals:
            there = part_name(name, THERE)
            if there not in ports or there in result:
                continue
            result[there] = np.array(result.get(name) is not None)
            if result.get(name) is None:
                port = ports.get(name)
                result[name] = [] if port is None else _any_array(port)
        return result

    def join(self, results: Mapping[str, Array]) -> dict[str, Any]:
        """Return the outputs by name, given an array of each port.

        Of a sequence that is a list of arrays, of what is absent None.
        """
        joined: dict[str, Any] = {}
        for port in self.outputs:
            several = (*self.sequences, *self.optionals)
            whole = next((n for n in several if port.name.startswith(f"{n}[")), port.name)
            if whole not in joined:
                joined[whole] = self._joined(whole, results)
        return joined

    def _joined(self, name: str, results: Mapping[str, Array]) -> Any:
        if name in self.optionals and not results[part_name(name, THERE)]:
            return None
        if name in self.sequences:
            return from_arrays(*(results[part_name(name, part)] for part in (DATA, SHAPES)))
        if name in results:
            return results[name]
        count = next(i for i in count_from(0) if part_name(name, i) not in results)
        return [results[part_name(name, i)] for i in range(count)]

    def bind(self, arrays: Sequence[Array]) -> dict[str, int]:
        """Return the values of the symbols for these input arrays.

        Raises
        ------
        BufferError
            An extent is not what the model expects; the message names input and axis.
        """
        symbols: dict[str, int] = {}
        origin: dict[str, str] = {}
        for port, array in zip(self.inputs, arrays, strict=True):
            for axis, (expected, extent) in enumerate(zip(port.shape, array.shape, strict=True)):
                place = f"input {port.name!r} dim {axis}"
                if isinstance(expected, str) and expected not in symbols:
                    symbols[expected], origin[expected] = extent, place
        for port, array in zip(self.inputs, arrays, strict=True):
            _check_extents(port, array, symbols, origin)
        return symbols

    @property
    def outputs_are_known(self) -> bool:
        """Whether the inputs' shapes alone tell those of the outputs."""
        return all(names_in(d) <= set(self.symbols) for port in self.outputs for d in port.shape)

    def output_shapes(self, symbols: Mapping[str, int]) -> list[tuple[int, ...]]:
        """Return the shapes of the outputs for the given values of the symbols.

        A size is negative where the inputs are so small that nothing is left of an output.
        """
        return [tuple(evaluate(d, symbols) for d in p.shape) for p in self.outputs]


def _any_array(port: Port) -> Array:
    """Return an array that fits `port`, of size 1 where its size is open."""
    return np.zeros([d if isinstance(d, int) else 1 for d in port.shape], port.dtype)


def _prepare(port: Port, value: Any) -> Array:
    array = np.asarray(value)
    if port.encoding == TEXT and array.dtype.kind in "OUS":
        array = to_bytes(port.name, array)
    pixels = pixels_of(port.encoding)
    if pixels is not None and array.ndim == 1:
        array = decoded(port.name, array, pixels)
    if array.dtype not in (port.dtype, port.type.dtype):
        raise BufferError(
            f"input {port.name!r}: got elements of type {array.dtype}, expected {port.dtype}",
            hint=f"convert it: array.astype(np.{port.dtype})",
        )
    if array.ndim != len(port.shape):
        raise BufferError(
            f"input {port.name!r}: got {array.ndim} dimensions {array.shape}, "
            f"expected {len(port.shape)}",
            hint=port.describe(),
        )
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


def _check_extents(
    port: Port, array: Array, symbols: Mapping[str, int], origin: Mapping[str, str]
) -> None:
    for axis, (wanted, extent) in enumerate(zip(port.shape, array.shape, strict=True)):
        expected = evaluate(wanted, symbols)
        if extent != expected:
            why = f", as in {origin[wanted]}" if isinstance(wanted, str) else ""
            raise BufferError(
                f"input {port.name!r} dim {axis}: got {extent}, expected {expected}{why}",
                hint=port.describe(),
            )
