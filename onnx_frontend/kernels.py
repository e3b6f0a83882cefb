"""From a group of tensors to Functions of its own, named by their roles.

Networks repeat blocks. A kernel's Functions, variables and images are therefore copied under names
that come from what they do, not from the model, so that kernels that do the same thing have equal
keys and are lowered and compiled once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field

from halo.ir.equality import StructuralKeys
from halo.ir.expr import Call, CallKind, Expr, Variable, i32
from halo.ir.function import Definition, Dimension, Function, Image, ReductionVar, SymbolicSize
from halo.ir.interval import Interval
from halo.ir.substitute import walk
from halo.ops.tensor import Tensor
from onnx_frontend.c_function import ExternCall, call_of
from onnx_frontend.groups import Group, Grouping, group_tensors
from onnx_frontend.layouts import Layouts, choose_layouts
from onnx_frontend.loop_call import LoopCall
from onnx_frontend.procedure import ProcedureCall

_AXIS_NAMES = frozenset("xycn")


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The body of a loop: its tensors cut into kernels, and how these are stored."""

    grouping: Grouping
    layouts: Layouts
    kernels: tuple[Kernel, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """What one kernel computes, in names of its own.

    Attributes
    ----------
    label
        What it does, for people: ``conv_add_relu``.
    root
        The Function it stores; `functions` holds it and all it needs.
    functions
        By name, producers before consumers.
    images
        What it reads, and `reads` the tensors of the model these stand for.
    result
        The dimensions of what it stores.
    symbols
        The symbols of the model that it depends on, sorted, and what they range over.
    names
        Name of each of the group's own Functions -> its name here.
    key
        Equal for kernels that do the same.
    body
        What a loop consists of.
    """

    label: str
    group: Group
    root: Function
    functions: Mapping[str, Function]
    images: tuple[Image, ...]
    reads: tuple[Tensor, ...]
    result: tuple[Dimension, ...]
    symbols: Mapping[str, Interval]
    names: Mapping[str, str]
    key: Hashable
    body: Body | None = None


class KernelMaker:
    """Makes the kernels of one model; those it makes can be compared by their keys.

    `titles` says what people call the operation that makes a tensor.
    """

    def __init__(
        self,
        layouts: Layouts,
        titles: Mapping[Tensor, str],
        keys: StructuralKeys | None = None,
    ) -> None:
        self.layouts = layouts
        self.titles = titles
        self._keys = keys or StructuralKeys()

    def kernel(self, group: Group) -> Kernel:
        """Return the kernel that computes `group`."""
        call = call_of(group.root)
        if isinstance(call, LoopCall):
            return self._loop(group, call)
        if call is not None:
            return self._extern(group, call)
        copy = _Copy(group, self.titles)
        assert group.root.func is not None
        root = copy.function(group.root.func.function)
        images = tuple(copy.image_of(t, self._dims(t)) for t in copy.reads)
        result = self._dims(group.root)
        copy.link()
        return Kernel(
            "_".join(copy.labels),
            group,
            root,
            copy.functions,
            images,
            tuple(copy.reads),
            result,
            _symbols(copy.functions, images, result),
            copy.names,
            self._key(copy, images, result),
        )

    def _extern(self, group: Group, call: ExternCall | ProcedureCall) -> Kernel:
        """Return the kernel of a C function or a procedure: it has no Functions."""
        images = tuple(
            Image(f"in{i}", t.type, list(self._dims(t))) for i, t in enumerate(group.reads)
        )
        results = [self._dims(t) for t in group.stored]
        order = [group.stored.index(t) for t in call.outputs]
        key = (
            call.about if isinstance(call, ProcedureCall) else call.code,
            tuple((i.type, self._extents(i.dims)) for i in images),
            tuple((t.type, self._extents(d)) for t, d in zip(group.stored, results, strict=True)),
            tuple(group.reads.index(t) for t in call.inputs),
            tuple(self._keys.key(n) for n in call.numbers),
            tuple(order),
            call.title,
        )
        every = tuple(d for dims in results for d in dims)
        symbols = _symbols({}, images, every, call.numbers)
        assert group.root.func is not None
        root = group.root.func.function
        own_name = call.title if isinstance(call, ProcedureCall) else call.code.name
        label = self.titles.get(group.root, own_name).lower()
        return Kernel(label, group, root, {}, images, group.reads, results[0], symbols, {}, key)

    def _loop(self, group: Group, call: LoopCall) -> Kernel:
        """Return the kernel that runs a loop, with the kernels of its body."""
        given = frozenset((*call.given, *call.stand_ins))
        grouping = group_tensors(call.results, given)
        layouts = choose_layouts(grouping, (*call.results, *given))
        maker = KernelMaker(layouts, self.titles, self._keys)
        body = Body(grouping, maker.layouts, tuple(map(maker.kernel, grouping.groups)))
        images = tuple(
            Image(f"in{i}", t.type, list(self._dims(t))) for i, t in enumerate(group.reads)
        )
        every = tuple(
            d
            for t in (*group.stored, *call.results)
            if t not in call.growing
            for d in maker.layouts.dimensions(t)
        )
        numbers = (
            *call.numbers,
            *(size.value for size in call.sizes),
            *(d for t in call.inside for d in t.shape),
            *(e for t in call.inside for pair in t.op.requires for e in pair),
        )
        symbols = dict(_symbols({}, images, every, numbers))
        for kernel in body.kernels:
            symbols |= kernel.symbols
        for size in call.sizes:
            for name in (size.name, *size.cells):
                symbols.pop(name, None)
        assert group.root.func is not None
        root = group.root.func.function
        known = {name: symbols[name] for name in sorted(symbols)}
        return Kernel("loop", group, root, {}, images, group.reads, every, known, {}, call, body)

    def _dims(self, tensor: Tensor) -> tuple[Dimension, ...]:
        return self.layouts.dimensions(tensor)

    def _key(
        self, copy: _Copy, images: tuple[Image, ...], result: tuple[Dimension, ...]
    ) -> Hashable:
        functions = tuple(
            (name, f.args, f.types, tuple(self._definition(d) for d in copy.unlinked[name]))
            for name, f in copy.functions.items()
        )
        return (
            functions,
            tuple((i.name, i.type, self._extents(i.dims)) for i in images),
            (self._extents(result)),
        )

    def _definition(self, d: Definition) -> Hashable:
        rvars = tuple((r.name, self._keys.key(r.min), self._keys.key(r.extent)) for r in d.rvars)
        exprs = tuple(self._keys.key(e) for e in (*d.args, *d.values, d.predicate))
        return len(d.args), exprs, rvars

    def _extents(self, dims: tuple[Dimension, ...] | list[Dimension]) -> Hashable:
        return tuple(
            (self._keys.key(d.extent), self._keys.key(d.stride))
            for d in dims
            if d.extent is not None and d.stride is not None
        )


def _symbols(
    functions: Mapping[str, Function],
    images: tuple[Image, ...],
    result: tuple[Dimension, ...],
    numbers: tuple[Expr, ...] = (),
) -> dict[str, Interval]:
    found = {v.name: v for e in numbers for v in _variables(e)}
    for f in functions.values():
        for d in f.definitions:
            ends = [e for r in d.rvars for e in (r.min, r.extent)]
            bound = {*f.args, *(r.name for r in d.rvars)}
            for e in (*d.args, *d.values, d.predicate, *ends):
                found |= {v.name: v for v in _variables(e) if v.name not in bound}
    for dim in (*result, *(dim for image in images for dim in image.dims)):
        for extent in (dim.extent, dim.stride):
            if extent is not None:
                found |= {v.name: v for v in _variables(extent)}
    return {name: _range(found[name]) for name in sorted(found)}


def _variables(e: Expr) -> Iterator[Variable]:
    return (v for v in walk(e) if isinstance(v, Variable))


def _range(symbol: Variable) -> Interval:
    # The greatest value is left out: that no tensor is too large is checked on entry.
    low = symbol.source.min if isinstance(symbol.source, SymbolicSize) else 0
    return Interval(i32(low), None)


@dataclass(slots=True)
class _Copy:
    """Copies a group's Functions under new names; first without links between them."""

    group: Group
    titles: Mapping[Tensor, str]
    functions: dict[str, Function] = field(default_factory=dict)
    unlinked: dict[str, list[Definition]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    reads: dict[Tensor, str] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    _roles: dict[str, str] = field(default_factory=dict)
    _sources: dict[str, Tensor] = field(default_factory=dict)
    _taken: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for t in self.group.members:
            what = self.titles.get(t, str(t.op.attrs.get("what", t.kind.value))).lower()
            self.labels.append(what)
            for role, func in t.op.funcs.items():
                self._roles[func.function.name] = f"{what}_{role}"
            if t.func is not None:
                self._roles[t.func.function.name] = what
        for t in self.group.reads:
            if t.func is not None:
                self._sources[t.func.function.name] = t
            if t.image is not None:
                self._sources[t.image.image().name] = t

    def function(self, original: Function) -> Function:
        """Copy `original` and everything it needs; return its copy."""
        name = self._fresh(self._roles.get(original.name, "part"))
        self.names[original.name] = name
        args = tuple(a if a in _AXIS_NAMES else f"d{i}" for i, a in enumerate(original.args))
        made = Function(name, args, [], original.types, original.where)
        self.unlinked[name] = [
            self._definition(d, dict(zip(original.args, args, strict=True)), name)
            for d in original.definitions
        ]
        self.functions[name] = made
        return made

    def _fresh(self, base: str) -> str:
        count = self._taken.get(base, 0)
        self._taken[base] = count + 1
        return f"{base}{count + 1}" if count else base

    def _definition(self, d: Definition, names: Mapping[str, str], owner: str) -> Definition:
        table = dict(names)
        table.update({r.name: f"r{i}" for i, r in enumerate(d.rvars)})
        rename = _Rename(self, table)
        return Definition(
            tuple(rename(a) for a in d.args),
            tuple(rename(v) for v in d.values),
            tuple(ReductionVar(table[r.name], rename(r.min), rename(r.extent)) for r in d.rvars),
            rename(d.predicate),
            d.where,
        )

    def callee(self, call: Call) -> tuple[str, CallKind]:
        """Return the name and kind that a call of a Func or image has here."""
        source = self._sources.get(call.name)
        if source is not None:
            name = self.reads.setdefault(source, f"in{len(self.reads)}")
            return name, CallKind.IMAGE
        if call.name not in self.names:
            assert isinstance(call.func, Function), call.name
            self.function(call.func)
        return self.names[call.name], CallKind.FUNC

    def image_of(self, tensor: Tensor, dims: tuple[Dimension, ...]) -> Image:
        """Return the image that stands for `tensor`."""
        name = self.reads[tensor]
        self.images[name] = Image(name, tensor.type, list(dims))
        return self.images[name]

    def link(self) -> None:
        """Give the copied Functions definitions whose calls know what they call."""
        for name, definitions in self.unlinked.items():
            link = _Link(self)
            for d in definitions:
                self.functions[name].definitions.append(
                    Definition(
                        tuple(link(a) for a in d.args),
                        tuple(link(v) for v in d.values),
                        d.rvars,
                        link(d.predicate),
                        d.where,
                    )
                )


class _Rename:
    """Puts the names of the copy into expressions; calls are left without what they call."""

    def __init__(self, copy: _Copy, table: Mapping[str, str]) -> None:
        self.copy, self.table = copy, table
        self.done: dict[int, tuple[Expr, Expr]] = {}

    def __call__(self, e: Expr) -> Expr:
        found = self.done.get(id(e))
        if found is None:
            made = e.map_children(self)
            if isinstance(made, Variable) and made.name in self.table:
                made = Variable(made.type, self.table[made.name])
            elif isinstance(made, Call) and made.kind in (CallKind.FUNC, CallKind.IMAGE):
                name, kind = self.copy.callee(made)
                made = Call(made.type, name, made.args, kind, None, made.value_index)
            found = self.done[id(e)] = (e, made)
        return found[1]


class _Link:
    """Gives calls the Function or image of their name."""

    def __init__(self, copy: _Copy) -> None:
        self.copy = copy
        self.done: dict[int, tuple[Expr, Expr]] = {}

    def __call__(self, e: Expr) -> Expr:
        found = self.done.get(id(e))
        if found is None:
            made = e.map_children(self)
            if isinstance(made, Call) and made.kind in (CallKind.FUNC, CallKind.IMAGE):
                table = self.copy.functions if made.kind is CallKind.FUNC else self.copy.images
                made = Call(
                    made.type, made.name, made.args, made.kind, table[made.name], made.value_index
                )
            found = self.done[id(e)] = (e, made)
        return found[1]
