"""The state of printing one C function: names in scope, lines written, temporaries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from codegen.c_names import Names
from codegen.c_prelude import Prelude
from codegen.c_types import carrier, padded, scalar_type
from halo.errors import InternalError
from halo.ir.types import Type


class Code(NamedTuple):
    """C text of an expression, and how loosely its outermost operator binds (0: an atom)."""

    text: str
    level: int = 0
    mask_bits: int = 0
    """Of a vector of bools: the width of its mask lanes."""

    def within(self, level: int) -> str:
        """Return the text, in parentheses if it binds more loosely than `level`."""
        return self.text if self.level <= level else f"({self.text})"


ATOM, UNARY, PRODUCT, SUM, SHIFT, RELATION, EQUALITY, BIT_AND, BIT_XOR, BIT_OR, AND, OR, CHOICE = (
    range(13)
)


@dataclass(frozen=True, slots=True)
class Array:
    """Flat memory in scope: a pointer or array, or (`register`) one C variable."""

    text: str
    type: Type
    register: bool = False
    mask_bits: int = 0
    is_raw: bool = False
    """Allocated bytes, parts of which a called function takes as an array of any type."""
    capacity: str = ""
    """Of memory that grows: the C variable with the number of its elements."""


@dataclass(slots=True)
class Exit:
    """Where an error leaves to: the label of the innermost enclosing clean-up."""

    label: str
    used: bool = False


@dataclass(slots=True)
class Context:
    """Everything the printers of expressions and statements share."""

    prelude: Prelude
    names: Names
    printers: Mapping[type, Callable[[Context, Any], Code]]
    """Expression class -> its printer."""
    variables: dict[str, Code] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    values: dict[str, None] = field(default_factory=dict)
    """C names of scalars, vectors and pointers that do not change once they are there."""
    index_like: set[str] = field(default_factory=set)
    """Names whose values, and what is computed from them, cannot overflow."""
    index_used: frozenset[str] = frozenset()
    """Names that occur in an index, a loop bound or an allocation's size."""
    lines: list[str] = field(default_factory=list)
    depth: int = 1
    shared: frozenset[int] = frozenset()
    """Ids of the nodes that the statement being printed refers to more than once."""
    loaded: int = 0
    """How many loaded vectors have names in the statement being printed, or in the lets around."""
    lets: tuple[Any, int] = (None, 0)
    """The body of the let being printed, and how many vectors such lets in a row load."""
    temporaries: dict[int, Code] = field(default_factory=dict)
    in_index: bool = False
    in_parallel: bool = False
    exits: list[Exit] = field(default_factory=list)
    callees: dict[str, str] = field(default_factory=dict)
    """IR name -> C name of the functions of the module."""
    called: dict[str, None] = field(default_factory=dict)
    profiled: dict[str, int] = field(default_factory=dict)
    """Func, or buffer of one -> its number in the profile; empty without one."""
    producers: list[int] = field(default_factory=list)
    """Numbers of the Funcs being computed, the innermost last."""
    events: dict[str, str] = field(default_factory=dict)
    """Traced Func -> C variable with the number of its realization; "" for the pipeline."""

    loops_for_few: frozenset[int] = frozenset()
    """Ids of loops on scalars that stand in for vectors."""
    places: frozenset[int] = frozenset()
    """Ids of the conversions of floats that places of stores are made of."""
    semaphores: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Semaphore -> C names of its fork and of itself."""
    forks: bool = False
    """Whether there are any in the function."""

    def line(self, text: str) -> None:
        """Write one line at the current depth."""
        self.lines.append("    " * self.depth + text if text else "")

    def variable(self, name: str) -> Code:
        """Return what the variable `name` is called here."""
        code = self.variables.get(name)
        if code is None:
            raise InternalError(f"the C back end met '{name}', which nothing defines")
        return code

    def array(self, name: str) -> Array:
        """Return the memory called `name`."""
        array = self.arrays.get(name)
        if array is None:
            raise InternalError(f"the C back end met the array '{name}', which nothing defines")
        return array

    def value_type(self, t: Type, mask_bits: int = 0) -> str:
        """Return the C type of a value of type `t`."""
        if t.is_scalar():
            return scalar_type(t)
        if t.is_bool():
            return self.prelude.vector("i", mask_bits, t.lanes())
        letter, bits = carrier(t)
        return self.prelude.vector(letter, bits, t.lanes())

    def value_name(self, hint: str) -> str:
        """Return a new C name for what does not change once it is there."""
        name = self.names.fresh(hint)
        self.values[name] = None
        return name

    def bind(self, t: Type, code: Code, hint: str) -> Code:
        """Write `code` into a new constant and return the constant's name."""
        name = self.value_name(hint)
        self.line(f"const {self.value_type(t, code.mask_bits)} {name} = {code.text};")
        return Code(name, ATOM, code.mask_bits)

    def leave(self, error: str) -> None:
        """Write the way out of the function with the code `error`."""
        self.line(f"err = {error};")
        self.line(f"goto {self.use_exit()};")

    def leave_if_error(self) -> None:
        """Write the way out of the function where there was an error."""
        self.line(f"if (err) goto {self.use_exit()};")

    def use_exit(self) -> str:
        """Return the label that an error goes to."""
        self.exits[-1].used = True
        return self.exits[-1].label

    @contextmanager
    def index(self, on: bool = True) -> Iterator[None]:
        """Print what is inside as index arithmetic, which cannot overflow."""
        before, self.in_index = self.in_index, on
        try:
            yield
        finally:
            self.in_index = before

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Indent what is inside."""
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1


def lanes_of(t: Type) -> int:
    """Return the lanes of the C vector that holds values of `t`."""
    return padded(t.lanes())
