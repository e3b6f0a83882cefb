"""What an operator is told of the node it translates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from halo.ir.expr import Expr
from halo.ir.operators import as_expr
from halo.ir.types import Type
from halo.ops.elementwise import elementwise
from halo.ops.index import known, same
from halo.ops.tensor import Tensor
from halo.ops.text import TEXT
from onnx_frontend.c_function import CFunction, ExternCall, extern_tensors, number_of
from onnx_frontend.custom_tensor import Cells, Sizes, custom_tensor, shape_of
from onnx_frontend.element_types import constant_tensor, element_type
from onnx_frontend.errors import FailsAlways, ModelError, Unsupported
from onnx_frontend.graph import Node
from onnx_frontend.run_time_sizes import RunTimeSizes
from onnx_frontend.tensor_data import Array


def unequal(node: NodeContext, pairs: Iterable[tuple[Expr, Expr]]) -> tuple[tuple[Expr, Expr], ...]:
    """Return those of `pairs` of sizes that must be found equal when the model runs.

    Raises
    ------
    ModelError
        Two are known and differ.
    """
    result: list[tuple[Expr, Expr]] = []
    for a, b in pairs:
        m, n = known(a), known(b)
        if m is not None and n is not None and m != n:
            node.fail(f"sizes of its operands are {m} and {n}, which must be equal")
        if not same(a, b):
            result.append((a, b))
    return tuple(result)


class NodeContext:
    """A node's attributes by type, the names of its outputs, and ways to refuse it.

    Parameters
    ----------
    node
        The node.
    opset
        Version of the node's domain that the model imports.
    unique
        Gives a value's name as an identifier that nothing else in the model has.
    run_time
        Makes sizes of what data tell when the model runs.
    tensors
        The tensors among the node's inputs.
    """

    def __init__(
        self,
        node: Node,
        opset: int,
        unique: Callable[[str], str],
        run_time: RunTimeSizes,
        tensors: Iterable[Tensor] = (),
    ) -> None:
        self.node = node
        self.opset = opset
        self.run_time = run_time
        self.required: list[tuple[Expr, Expr, str]] = []
        self._unique = unique
        self._tensors = list(tensors)
        self._names: dict[int, str] = {}

    def output(self, number: int = 0) -> str:
        """Return the identifier of output `number`, to name its tensor."""
        if number not in self._names:
            name = self.node.outputs[number] if number < self.outputs else ""
            self._names[number] = self._unique(name or f"{self.node.op_type}_output")
        return self._names[number]

    def inner(self, role: str) -> str:
        """Return an identifier for a tensor on the way to the output."""
        return self._unique(f"{self.output()}_{role}")

    def standing_for(self, node: Node, opset: int) -> NodeContext:
        """Return the context of a node of the standard that this one is translated as."""
        made = NodeContext(node, opset, self._unique, self.run_time)
        made.required = self.required
        return made

    @property
    def outputs(self) -> int:
        """How many outputs the node has."""
        return len(self.node.outputs)

    def has(self, name: str) -> bool:
        """Whether attribute `name` is given."""
        return name in self.node.attributes

    def integer(self, name: str, default: int | None = None) -> int:
        """Return an integer attribute."""
        return int(self._get(name, default, (int, np.integer), "an integer"))

    def flag(self, name: str, default: bool = False) -> bool:
        """Return an attribute that is 0 or 1."""
        return bool(self.integer(name, int(default)))

    def number(self, name: str, default: float | None = None) -> float:
        """Return a float attribute; attributes, and so the defaults of them, are float32."""
        return float(np.float32(self._get(name, default, (float, int), "a number")))

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string attribute."""
        return str(self._get(name, default, (str,), "a string"))

    def integers(self, name: str, default: Sequence[int] | None = None) -> list[int]:
        """Return a list of integers."""
        given = None if default is None else list(default)
        value = self._get(name, given, (list,), "a list of integers")
        return [int(v) for v in value]

    def numbers(self, name: str, default: Sequence[float] | None = None) -> list[float]:
        """Return a list of floats."""
        given = None if default is None else list(default)
        value = self._get(name, given, (list,), "a list of numbers")
        return [float(v) for v in value]

    def texts(self, name: str, default: Sequence[str] | None = None) -> list[str]:
        """Return a list of strings."""
        given = None if default is None else list(default)
        value = self._get(name, given, (list,), "a list of strings")
        return [str(v) for v in value]

    def array(self, name: str) -> Array:
        """Return a tensor attribute."""
        value: Array = self._get(name, None, (np.ndarray,), "a tensor")
        return value

    def element_named(self, number: int) -> tuple[Type, str | None]:
        """Return the halo type of an ONNX element type, and its encoding if it is stored in one."""
        type, encoding = element_type(number, self.node.label)
        if encoding == TEXT:
            self.unsupported("elements that are numbers, not text")
        return type, encoding

    def type_named(self, number: int) -> Type:
        """Return the halo type of an ONNX element type that the language has."""
        type, encoding = self.element_named(number)
        if encoding is not None:
            self.unsupported(f"elements of type {encoding}")
        return type

    def _get(self, name: str, default: Any, types: tuple[type, ...], what: str) -> Any:
        value = self.node.attributes.get(name, default)
        if value is None:
            self.fail(f"attribute '{name}' is missing")
        if not isinstance(value, types):
            self.fail(f"attribute '{name}' is {value!r}, not {what}")
        return value

    def fail(self, message: str, hint: str = "") -> NoReturn:
        """Refuse the node because it has no meaning."""
        raise ModelError(f"{self.node}: {message}", hint=hint)

    def fail_always(self, message: str) -> NoReturn:
        """Refuse the node because it fails whatever the inputs are, if a run comes to it.

        A branch of an If that only data choose may have one: then it must not be taken.
        """
        raise FailsAlways(f"{self.node}: {message}")

    def unsupported(self, needed: str) -> NoReturn:
        """Refuse the node because it asks for something that is not there; say what."""
        raise Unsupported(needed)

    def require(self, a: Expr, b: Expr, otherwise: str) -> None:
        """Require that two sizes are equal when the model runs; if not, `otherwise` is wrong.

        What a branch of an If requires counts only where it is taken.
        """
        self.required.append((a, b, otherwise))

    def elementwise(
        self,
        cell: Callable[..., Any],
        *inputs: Tensor,
        type: Type | None = None,
        number: int = 0,
    ) -> Tensor:
        """Return output `number` as the tensor whose cells are `cell` of the inputs' cells.

        The inputs are broadcast together. The compiler fuses it with whatever is around.

        Parameters
        ----------
        cell
            From an Expr for each input to an Expr.
        inputs
            Tensors, at least one.
        type
            Of the elements, to which cells are cast; that of the first input if None.
        """
        name = self.output(number)
        made = elementwise(name, lambda *cells: as_expr(cell(*cells)), *inputs, type=type)
        return self._made(made)

    def tensor(
        self,
        cells: Cells,
        shape: Sizes,
        *,
        type: Type | None = None,
        number: int = 0,
        reads: Sequence[Tensor] = (),
    ) -> Tensor:
        """Return output `number` as the tensor of `cells`, which are written in the language.

        What stands behind it elementwise in the model is computed along with it.

        Parameters
        ----------
        cells
            What gives the cell at coordinates, outermost axis first; or a Func, with all its
            update definitions. Its first coordinate is the *last* axis, as of a numpy array.
        shape
            The size of each axis, outermost first: ints, and what is computed from the shapes of
            tensors.
        type
            Of the elements; that of the cells if None.
        reads
            What is read beside the node's inputs and what was made here before.

        Raises
        ------
        DefinitionError
            The cells cannot be those of a tensor of this shape.
        """
        name = self.output(number)
        return self._made(custom_tensor(name, cells, shape, [*self._tensors, *reads], type))

    def extern(
        self,
        function: CFunction,
        inputs: Sequence[Tensor],
        outputs: Sequence[tuple[Type, Sizes]],
        *numbers: int | float | Expr,
    ) -> tuple[Tensor, ...]:
        """Return what a C function makes of whole tensors; see `CFunction`.

        Parameters
        ----------
        function
            What to call, once in each run.
        inputs
            What it reads.
        outputs
            The element type and the shape of each output of the node: ints, and what is computed
            from the shapes of tensors.
        numbers
            Behind the inputs: Python numbers, and what is computed from sizes.
        """
        names = [self.output(i) for i in range(len(outputs))]
        title = f"{self.node}: {function.code.name}"
        made = ExternCall(function.code, tuple(inputs), tuple(map(number_of, numbers)), title)
        shaped = [(type, shape_of(sizes)) for type, sizes in outputs]
        tensors = extern_tensors(made, names, shaped)
        self._tensors += tensors
        return tensors

    def constant(self, value: Any, role: str = "table") -> Tensor:
        """Return an array that is known now as a tensor, to be read by others."""
        return self._made(constant_tensor(self.inner(role), np.asarray(value)))

    def _made(self, x: Tensor) -> Tensor:
        self._tensors.append(x)
        return x

    def content(self, x: Tensor, what: str) -> tuple[Expr, ...]:
        """Return the elements of a small integer `x`; what data tell becomes run-time sizes."""
        content = self.run_time.follow(x)
        if content is None:
            self.unsupported(f"{what} of few integers, how many being known")
        return content

    def scalar(self, x: Tensor, what: str) -> Expr:
        """Return the element of an integer `x` that has one; a run-time size if data tell it."""
        content = self.content(x, what)
        if len(content) != 1:
            self.fail(f"{what} is given by {len(content)} numbers, not one")
        return content[0]

    def constants(self, x: Tensor, what: str) -> list[int]:
        """Return the elements of an integer `x` as ints, which must be known."""
        if x.constant is not None and x.type.is_integral:
            return [int(v) for v in x.constant.reshape(-1)]
        found = self.known_constants(x)
        if found is None:
            self.unsupported(f"{what} that is known before the model runs")
        return found

    def known_constants(self, x: Tensor) -> list[int] | None:
        """Return the elements of an integer `x` as ints where they are known, else None."""
        values = [None] if x.content is None else [known(e) for e in x.content]
        found = [v for v in values if v is not None]
        return found if len(found) == len(values) else None
