"""The state of writing one LLVM function: names in scope, blocks, and what the module shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from codegen.c_context import Exit
from codegen.llvm_types import Value, zero
from halo.errors import InternalError
from halo.ir.types import Type


class Memory(NamedTuple):
    """Flat memory in scope: the address of its first element, and what it holds.

    `scope` is the alias scope of an allocation, "" for memory of others. A `register` holds one
    value of `type`. Of memory that grows, `capacity` is where its number of elements lies; in
    `Context.arrays`, `address` is then where its address lies.
    """

    address: Value
    type: Type
    scope: str = ""
    register: bool = False
    capacity: Value | None = None


@dataclass(slots=True)
class ModuleState:
    """What the functions of a module share."""

    has_f16c: bool
    """Whether there are instructions between float16 and float32."""
    native_bits: int
    """Width of the vector registers."""
    machine: str
    threads: bool = True
    """Whether loops may run in parallel."""
    forwards: Mapping[str, int] = field(default_factory=dict)
    """Extern stages that are called through ``ctx->externs`` -> their place in it."""
    declarations: dict[str, str] = field(default_factory=dict)
    helpers: dict[str, str] = field(default_factory=dict)
    strings: dict[bytes, str] = field(default_factory=dict)
    metadata: list[str] = field(default_factory=list)
    scopes: str = ""
    """The domain of the alias scopes of all allocations, "" before the first."""
    functions: int = 0
    callees: dict[str, str] = field(default_factory=dict)
    """IR name -> LLVM name of the functions of the module."""
    public: str = ""
    """The linkage of functions that are called from outside."""

    def declare(self, name: str, result: str, params: str, attributes: str = "") -> str:
        """Have the function `name` declared; return how it is called."""
        self.declarations.setdefault(name, f"declare {result} @{name}({params}){attributes}")
        return f"@{name}"

    def string(self, text: str) -> Value:
        """Return the address of `text` as C has it."""
        data = text.encode("utf-8", "replace") + b"\0"
        name = self.strings.setdefault(data, f"@.text.{len(self.strings)}")
        return Value("ptr", name)

    def node(self, text: str) -> str:
        """Return the number of a new metadata node; ``{self}`` in `text` stands for it."""
        name = f"!{len(self.metadata)}"
        self.metadata.append(f"{name} = {text.replace('{self}', name)}")
        return name

    def scope(self) -> str:
        """Return a new alias scope."""
        self.scopes = self.scopes or self.node("distinct !{{self}}")
        return self.node(f"distinct !{{{{self}}, {self.scopes}}}")

    def as_it_is(self) -> str:
        """Return the number of what has LLVM make neither vectors nor copies of a loop."""
        vectors = self.node('!{!"llvm.loop.vectorize.enable", i1 false}')
        copies = self.node('!{!"llvm.loop.unroll.disable"}')
        return self.node(f"distinct !{{{{self}}, {vectors}, {copies}}}")

    def number(self) -> int:
        """Return the number of a new function."""
        self.functions += 1
        return self.functions


class Term(NamedTuple):
    """A part of a sum of places, of 64 bits."""

    value: Value
    negative: bool


Sum = tuple[tuple[Term, ...], int]
"""Terms and a constant: what a place is the sum of."""


@dataclass(slots=True)
class Loop:
    """A serial loop that is being written.

    Attributes
    ----------
    before
        How many registers there were in front of it.
    lines
        Instructions that stand in front of it, though what follows asked for them.
    shared
        Text of one of them -> its result.
    made
        Their registers.
    at
        Its variable in 64 bits, which counts.
    multiples
        Number -> the variable that counts in steps of it.
    """

    before: int
    at: str = ""
    lines: list[str] = field(default_factory=list)
    shared: dict[str, Value] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    multiples: dict[int, str] = field(default_factory=dict)

    def is_outside(self, value: Value) -> bool:
        """Whether `value` is there in front of the loop."""
        text = value.text
        return not text.startswith("%v") or int(text[2:]) <= self.before or text in self.made


@dataclass(slots=True)
class Context:
    """Everything the writers of expressions and statements share."""

    module: ModuleState
    printers: Mapping[type, Callable[[Context, Any], Value]]
    """Expression class -> its writer."""
    number: int
    parent: Context | None = None
    variables: dict[str, Value] = field(default_factory=dict)
    arrays: dict[str, Memory] = field(default_factory=dict)
    index_like: set[str] = field(default_factory=set)
    """Names whose values, and what is computed from them, cannot overflow."""
    index_used: frozenset[str] = frozenset()
    """Names that occur in an index, a loop bound or an allocation's size."""
    entry: list[str] = field(default_factory=list)
    """What stands in front: the places of variables, and what comes from the function around."""
    lines: list[str] = field(default_factory=list)
    temporaries: dict[int, Value] = field(default_factory=dict)
    """Ids of the nodes of the statement being written -> their values."""
    in_index: bool = False
    in_parallel: bool = False
    exits: list[Exit] = field(default_factory=list)
    """Where an error goes to, the innermost last."""
    captured: dict[Value, Value] = field(default_factory=dict)
    """Values of the function around -> what they are here, in the order of their places."""
    profiled: dict[str, int] = field(default_factory=dict)
    producers: list[int] = field(default_factory=list)
    events: dict[str, Value] = field(default_factory=dict)
    semaphores: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    has_scopes: bool = True
    loops_left_alone: frozenset[int] = frozenset()
    """Ids of the loops that LLVM makes neither vectors nor copies of."""
    loops: list[Loop] = field(default_factory=list)
    """The serial loops around what is being written, the innermost last."""
    front: Loop | None = None
    """The loop in front of which instructions are written now."""
    sums: dict[Value, Sum] = field(default_factory=dict)
    """Values with names -> what they are the sum of."""
    wide: dict[Value, Value] = field(default_factory=dict)
    """Loop variables -> the same numbers in 64 bits."""
    count: int = 0
    block: str = ""
    """The label of the block being written."""

    @property
    def ctx(self) -> Value:
        """The argument every function has: the address of the halo_context."""
        return Value("ptr", "%ctx", self.number)

    def emit(self, type: str, text: str) -> Value:
        """Write one instruction and return its result, of LLVM type `type`."""
        if self.front is not None:
            known = self.front.shared.get(text)
            if known is not None:
                return known
        name = self.fresh()
        self.lines.append(f"  {name} = {text}")
        value = Value(type, name, self.number)
        if self.front is not None:
            self.front.shared[text] = value
            self.front.made.add(name)
        return value

    @contextmanager
    def in_front(self, loop: Loop) -> Iterator[None]:
        """Write what is inside in front of `loop`: simple arithmetic on what is known there."""
        before = self.lines, self.temporaries, self.front
        self.lines, self.temporaries, self.front = loop.lines, {}, loop
        try:
            yield
        finally:
            self.lines, self.temporaries, self.front = before

    def line(self, text: str) -> None:
        """Write an instruction without a result."""
        self.lines.append(f"  {text}")

    def fresh(self) -> str:
        """Return a new register."""
        self.count += 1
        return f"%v{self.count}"

    def label(self, hint: str) -> str:
        """Return a new label."""
        self.count += 1
        return f"{hint}.{self.count}"

    def begin(self, label: str) -> None:
        """Begin the block `label`; the one before has ended."""
        self.lines.append(f"{label}:")
        self.block = label

    def go(self, label: str) -> None:
        """End the block."""
        self.line(f"br label %{label}")

    def choose(
        self, condition: Value, yes: str, no: str, more: str = "", *, likely: bool | None = None
    ) -> None:
        """End the block with a branch; `likely` says which way it goes nearly always.

        `more` is other metadata of it.
        """
        weights = more
        if likely is not None:
            pair = "i32 2000, i32 1" if likely else "i32 1, i32 2000"
            weights += f', !prof !{{!"branch_weights", {pair}}}'
        self.line(f"br i1 {condition.text}, label %{yes}, label %{no}{weights}")

    def place(self, type: str, count: int = 1, align: int = 0) -> Value:
        """Return the address of `count` values in the frame of the function."""
        name = self.fresh()
        many = f", i64 {count}" if count != 1 else ""
        at = f", align {align}" if align else ""
        self.entry.append(f"  {name} = alloca {type}{many}{at}")
        return Value("ptr", name, self.number)

    def call(self, result: str, name: str, *args: Value, attributes: str = "") -> Value:
        """Write a call of a function outside, which is declared by its arguments."""
        params = ", ".join(a.type for a in args)
        target = self.module.declare(name, result, params, attributes)
        text = f"call {result} {target}({', '.join(a.typed for a in args)})"
        if result == "void":
            self.line(text)
            return Value("void", "")
        return self.emit(result, text)

    def at(self, address: Value, offset: int) -> Value:
        """Return the address `offset` bytes further on."""
        if not offset:
            return address
        return self.emit("ptr", f"getelementptr i8, {address.typed}, i64 {offset}")

    def load_field(self, address: Value, offset: int, type: str) -> Value:
        """Return the field of `type` at `offset` bytes of a struct of C."""
        return self.emit(type, f"load {type}, {self.at(address, offset).typed}")

    def store_field(self, address: Value, offset: int, value: Value) -> None:
        """Write a field of a struct of C."""
        at = self.at(address, offset)
        self.line(f"store {value.typed}, {at.typed}")

    def use(self, value: Value) -> Value:
        """Return `value` as an operand of this function; it may be one of the functions around."""
        if value.owner in (0, self.number):
            return value
        known = self.captured.get(value)
        if known is None:
            if self.parent is None:
                raise InternalError(f"{value.text} is no value of this function")
            self.parent.use(value)
            known = Value(value.type, f"%c{len(self.captured)}", self.number)
            self.captured[value] = known
        return known

    def variable(self, name: str) -> Value:
        """Return the value of the variable `name`."""
        value = self.variables.get(name)
        if value is None:
            raise InternalError(f"the LLVM back end met '{name}', which nothing defines")
        return self.use(value)

    def array(self, name: str) -> Memory:
        """Return the memory called `name`, where it is now."""
        memory = self.arrays.get(name)
        if memory is None:
            raise InternalError(f"the LLVM back end met the array '{name}', which nothing defines")
        address = self.use(memory.address)
        if memory.capacity is not None:
            address = self.emit("ptr", f"load ptr, {address.typed}")
            memory = memory._replace(capacity=self.use(memory.capacity))
        return memory._replace(address=address)

    @contextmanager
    def index(self, on: bool = True) -> Iterator[None]:
        """Write what is inside as index arithmetic, which cannot overflow."""
        before, self.in_index = self.in_index, on
        try:
            yield
        finally:
            self.in_index = before

    def scoped(self, memory: Memory) -> str:
        """Return what an access of `memory` says about the accesses that it does not touch."""
        others = [m.scope for m in self.arrays.values() if m.scope and m.scope != memory.scope]
        text = ""
        if memory.scope:
            text += f", !alias.scope !{{{memory.scope}}}"
        if others:
            text += f", !noalias !{{{', '.join(dict.fromkeys(others))}}}"
        return text

    def inner(self) -> Context:
        """Return the state of writing a function that runs a part of this one on a thread."""
        made = Context(self.module, self.printers, self.module.number(), self)
        made.variables, made.arrays = dict(self.variables), dict(self.arrays)
        made.index_like, made.index_used = set(self.index_like), self.index_used
        made.profiled, made.producers = self.profiled, list(self.producers)
        made.events, made.semaphores = dict(self.events), dict(self.semaphores)
        made.has_scopes, made.loops_left_alone = self.has_scopes, self.loops_left_alone
        return made

    def leave_if(self, error: Value) -> None:
        """Leave with `error` where it is not 0."""
        failed = self.emit("i1", f"icmp ne {error.typed}, 0")
        bad, good = self.label("failed"), self.label("went_well")
        self.choose(failed, bad, good, likely=False)
        self.begin(bad)
        self.leave(error)
        self.begin(good)

    def leave(self, error: Value) -> None:
        """End the block on the way out of the function with the code `error`."""
        self.line(f"store {error.typed}, ptr %err")
        self.exits[-1].used = True
        self.go(self.exits[-1].label)

    def first_lane(self, type: str, scalar: Value) -> Value:
        """Return a vector of LLVM type `type` whose lane 0 is `scalar`."""
        return self.emit(type, f"insertelement {type} poison, {scalar.typed}, i64 0")

    def spread(self, scalar: Value, lanes: int) -> Value:
        """Return the vector of `lanes` copies of `scalar`."""
        if lanes == 1:
            return scalar
        type = f"<{lanes} x {scalar.type}>"
        one = self.first_lane(type, scalar)
        mask = zero(f"<{lanes} x i32>")
        return self.emit(type, f"shufflevector {one.typed}, {type} poison, {mask.typed}")
