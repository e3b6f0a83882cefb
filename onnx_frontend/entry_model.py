"""What the entry functions of a model are made from."""

from __future__ import annotations

from dataclasses import dataclass

from halo.ir.expr import Expr, Load, Variable
from halo.ir.function import Dimension
from halo.ir.intrinsics import intrinsic
from halo.ir.lowered import BufferArg, Field, buffer_field
from halo.ir.types import Type
from onnx_frontend.errors import quoted
from onnx_frontend.plan import Workspace


@dataclass(frozen=True, slots=True)
class Argument:
    """A buffer of the model: its name there, its name in the code, and its shape as Exprs."""

    name: str
    identifier: str
    type: Type
    shape: tuple[Expr, ...]
    is_output: bool

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{'output' if self.is_output else 'input'} {quoted(self.name)}"

    def extent(self, axis: int) -> Variable:
        """The variable that holds the extent of `axis`, counted from the outermost."""
        return buffer_field(self.identifier, Field.EXTENT, len(self.shape) - 1 - axis)

    def stride(self, axis: int) -> Variable:
        """The variable that holds the stride of `axis`, counted from the outermost."""
        return buffer_field(self.identifier, Field.STRIDE, len(self.shape) - 1 - axis)

    def declaration(self) -> BufferArg:
        """The parameter of the public function."""
        dims = tuple(Dimension() for _ in self.shape)
        return BufferArg(self.identifier, self.type, dims, self.is_output)


@dataclass(frozen=True, slots=True)
class Place:
    """An address: element `offset` (int64) of a buffer, constant or the workspace (of bytes)."""

    name: str
    type: Type
    offset: Expr

    def address(self) -> Expr:
        """The address as an expression."""
        return intrinsic("address_of", Load(self.type, self.name, self.offset))


@dataclass(frozen=True, slots=True)
class Step:
    """A call of `kernel`: per parameter a place or the value of a scalar.

    `tells_size` says that a size depends on what it computes.
    """

    kernel: str
    arguments: tuple[Place | Expr, ...]
    tells_size: bool = False


@dataclass(frozen=True, slots=True)
class Guarded:
    """A step that is done only where `condition` holds; else the cells `otherwise` become 0."""

    condition: Expr
    step: Step | Loop
    otherwise: tuple[Place, ...] = ()

    @property
    def tells_size(self) -> bool:
        """Whether a size depends on what it computes."""
        return self.step.tells_size


@dataclass(frozen=True, slots=True)
class Bind:
    """`name` becomes `value` (int32), in which variables stand for the cells at places."""

    name: str
    value: Expr
    cells: tuple[tuple[str, Place], ...]


@dataclass(frozen=True, slots=True)
class Cells:
    """Memory for a tensor of its own; `growing`: as much as is asked for while it is used."""

    name: str
    type: Type
    shape: tuple[Expr, ...]
    growing: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Has growing memory hold as many cells as are asked for, and tells sizes.

    Attributes
    ----------
    memory
        Its name.
    count
        How many cells (int64).
    extents
        Where to tell `sizes`, as int64.
    free
        When the sizes may be others than those told before; None: always.
    what
        What has the sizes, for messages.
    """

    memory: str
    count: Expr
    extents: Place
    sizes: tuple[Expr, ...]
    free: Expr | None = None
    what: str = ""


@dataclass(frozen=True, slots=True)
class Loop:
    """Steps that are run again and again, with memory that all of them use.

    Attributes
    ----------
    number
        The variable that is the number of the step: int32.
    count
        How many there are, or at most if `going` is given: int32.
    step
        Where the number of the step is told: int64.
    going
        Where a step tells whether another runs; None if all do.
    steps
        Where to tell how many ran: int64; None if that is known.
    workspace, plan
        The memory.
    cells
        Memory for tensors of their own.
    begin, stages, end
        What is done before the first step, in each, and behind each.
    tells_size
        Whether a size depends on what is computed.
    """

    number: str
    count: Expr
    step: Place
    going: Place | None
    steps: Place | None
    workspace: str
    plan: Workspace
    cells: tuple[Cells, ...]
    begin: tuple[Step | Hold, ...]
    stages: tuple[Stage, ...]
    end: tuple[Step | Hold, ...]
    tells_size: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a run: sizes become known, memory is taken, kernels are called.

    `results` are the outputs that sizes depend on: who asks for sizes only has none of them.
    """

    binds: tuple[Bind, ...]
    workspace: str
    plan: Workspace
    cells: tuple[Cells, ...]
    results: tuple[Cells, ...]
    steps: tuple[Step | Loop | Guarded | Hold, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """Two extents that must be equal when the model runs, and the tensor that needs it.

    `otherwise` says what is wrong if they are not; empty where it is that they differ.
    """

    a: Expr
    b: Expr
    tensor: str
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """What the entry functions are made from.

    `shapes` are those of all tensors of the model, by name: each tensor must have fewer than
    2**31 elements, and at least one where its shape depends on the inputs' shapes. The stages are
    carried out in order.
    """

    name: str
    arguments: tuple[Argument, ...]
    requirements: tuple[Requirement, ...]
    shapes: tuple[tuple[str, tuple[Expr, ...]], ...]
    stages: tuple[Stage, ...]

    @property
    def inputs(self) -> tuple[Argument, ...]:
        return tuple(a for a in self.arguments if not a.is_output)

    @property
    def outputs(self) -> tuple[Argument, ...]:
        return tuple(a for a in self.arguments if a.is_output)
