"""Coordinates stay in 32 bits: what is checked before anything runs.

Regions, loops and indices are int32 and are taken not to overflow. That is so where no buffer
reaches further than some M, which follows from the program; what a parameter or a product of sizes
leads to is worked out in 64 bits and compared.

    f(x) = g(x*2) + g(x + p)  ->  assert f.min.0 >= -M && f.min.0 + f.extent.0 <= M  (M = 2**30)
                                  assert int64(f.min.0) + int64(p) >= -2147418112 && ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from halo.ir.bounds import bounds_in
from halo.ir.expr import LE, Add, And, Comparison, Expr, Max, Min, Sub, Variable, i32, i64
from halo.ir.function import Definition, Function, Image, output_buffer
from halo.ir.interval import Interval
from halo.ir.lowered import Field, buffer_field
from halo.ir.simplify import simplify
from halo.ir.stmt import AssertStmt, ErrorCode, Stmt, block
from halo.ir.substitute import find
from halo.ir.types import Int
from halo.lowering.bounds_inference import Box, with_rvars
from halo.lowering.lets import with_lets
from halo.lowering.loop_nests import Nest
from halo.lowering.magnitude import Dim, FieldValue, Magnitude, Magnitudes, at_most, largest
from halo.lowering.program import Program, calls_in
from halo.lowering.wide_sums import sums_in, wide

LIMIT = (1 << 31) - (1 << 16)
"""What coordinates stay within; steps of loops may run over the end by the rest."""

FREE = (1 << 31) - (1 << 20)
"""How far any buffer may reach: the entry of a compiled function checks that."""

_LEAST_REACH = 1 << 20
"""A program that would allow less than this of all its buffers has its regions checked."""

_MOST_PAIRS = 16
"""Of ends of a region that are looked at one by one."""


@dataclass(slots=True)
class CoordinateChecks:
    """Checks that coordinates stay in 32 bits.

    Attributes
    ----------
    entry
        Of how far the buffers reach.
    before
        What comes before each of the names of a nest; after all of them, by the number of names.
    """

    entry: list[Stmt] = field(default_factory=list)
    before: dict[int, list[Stmt]] = field(default_factory=dict)

    def around(self, lets: Sequence[tuple[str, Expr]], body: Stmt) -> Stmt:
        """Return `body` inside `lets`, the first outermost, each after what is checked of it."""
        body = block(*self.before.get(len(lets), []), body)
        for i in reversed(range(len(lets))):
            body = block(*self.before.get(i, []), with_lets(lets[i : i + 1], body))
        return body


def fields_of(
    known: Mapping[str, Expr], outputs: Mapping[str, Function], images: Mapping[str, Image]
) -> dict[str, FieldValue]:
    """Return what the mins and extents of buffers are: values where known, else themselves."""
    made: dict[str, FieldValue] = {}
    buffers = {output_buffer(name, 0, len(f.types)): f.dimensions for name, f in outputs.items()}
    buffers.update({name: len(image.dims) for name, image in images.items()})
    for buffer, dimensions in buffers.items():
        for d in range(dimensions):
            for what in (Field.MIN, Field.EXTENT):
                made[buffer_field(buffer, what, d).name] = ((buffer, d), what)
    return made | dict(known)


def check_coordinates(
    program: Program, nest: Nest, fields: Mapping[str, FieldValue]
) -> CoordinateChecks:
    """Return what keeps the coordinates of a nest in 32 bits.

    Ensures: where the checks hold, every sum and product of coordinates in an index or a
    predicate, every end of a region and its extent is what it is over the integers.
    """
    outputs = [program.functions[name] for name in program.outputs]
    fit = _Fit(fields, {output_buffer(f.name, 0, len(f.types)) for f in outputs})
    owners = {name: f for f, region in nest.regions.items() for name, _ in region.lets}
    for i, (name, value) in enumerate(nest.lets):
        fit.place, fit.what = i, owners.get(name, name)
        if name in nest.sizes:
            fit.name(name, at_most(1 << 30))
        elif value.type == Int(32):
            fit.bind(name, value)
    fit.place = len(nest.lets)
    for name, region in nest.regions.items():
        fit.what = name
        fit.box(region.box(program.functions[name].args))
        for d, reach in zip(program.definitions[name], region.reaches, strict=True):
            fit.stage(d, with_rvars(d, reach.reads))
    for name, box in nest.needed.items():
        fit.what = name
        fit.box(box)
    return CoordinateChecks(fit.entry(), fit.checks)


class _Fit:
    """Gathers checks: `what` the coordinates are of, and where the checks found now come."""

    def __init__(self, fields: Mapping[str, FieldValue], outputs: set[str]) -> None:
        self.outputs = outputs
        self.values: dict[str, Expr] = {}
        self.found = Magnitudes(fields, {})
        self.checks: dict[int, list[Stmt]] = {}
        self.limits: dict[Dim, int] = {}
        self.place, self.what = 0, ""
        self._done: set[str] = set()

    def name(self, name: str, size: Magnitude) -> None:
        """Take in a name, bound from here on."""
        self.found.names[name] = size

    def bind(self, name: str, value: Expr) -> None:
        """Take in a name whose value is required to be in range."""
        self.require(value)
        size = self.found.of(value)
        self.name(name, size if size is not None and self._decided(size) else at_most(LIMIT))
        self.values[name] = value

    def entry(self) -> list[Stmt]:
        """Return the checks of how far buffers reach."""
        made: list[Stmt] = []
        for (buffer, d), most in self.limits.items():
            low = buffer_field(buffer, Field.MIN, d)
            end = Add(low, buffer_field(buffer, Field.EXTENT, d))
            role = "output" if buffer in self.outputs else "input"
            text = f"{role} '{buffer}' dimension {d}: its cells must lie between "
            last = Sub(end, i32(1))
            message = (text, i32(-most), " and ", i32(most), ", it has ", low, " to ", last)
            inside = And(LE(i32(-most), low), LE(end, i32(most)))
            made.append(AssertStmt(inside, ErrorCode.BAD_EXTENT, message))
        return made

    def box(self, box: Box) -> None:
        """Require that the ends of `box` and its extents are in range."""
        for r in box:
            if r.min is None or r.max is None:
                continue
            self.require(r.min)
            self.require(r.max)
            self._extent(r.min, r.max)

    def _extent(self, low: Expr, high: Expr) -> None:
        # Names that names are made of may stand for more ends than can be looked at.
        highs = list(islice(self._ends(high, Max), _MOST_PAIRS + 1))
        lows = list(islice(self._ends(low, Min), _MOST_PAIRS + 1))
        few = len(highs) * len(lows) <= _MOST_PAIRS
        if not few or not all([self._is_near(a, b) for a in highs for b in lows]):
            self.require(Sub(high, low))

    def _is_near(self, a: Expr, b: Expr) -> bool:
        apart = Sub(a, b)
        if self._decided(self.found.of(apart)):
            return True
        return self._decided(self.found.of(simplify(apart)))  # what both depend on cancels

    def _ends(self, e: Expr, union: type[Min] | type[Max]) -> Iterator[Expr]:
        """Yield the ends of which `e` is the union."""
        if isinstance(e, Variable):
            e = self.values.get(e.name, e)
        if isinstance(e, union):
            yield from self._ends(e.a, union)
            yield from self._ends(e.b, union)
        else:
            yield e

    def require(self, e: Expr) -> None:
        """Require that `e` and all sums and products in it are in range."""
        for part in sums_in(e):
            self._fit(part)
        self._fit(e)

    def _fit(self, e: Expr) -> None:
        if self._in_range(e):
            return
        self.found.note(e, at_most(LIMIT))
        text = str(e)
        if text in self._done:
            return
        self._done.add(text)
        value = wide(e)
        inside = And(LE(i64(-LIMIT), value), LE(value, i64(LIMIT)))
        message = (
            f"coordinates of {self.what}: {text} is ",
            value,
            ", it must lie between ",
            i32(-LIMIT),
            " and ",
            i32(LIMIT),
        )
        check = AssertStmt(inside, ErrorCode.OVERFLOW, message)
        self.checks.setdefault(self.place, []).append(check)

    def _in_range(self, e: Expr) -> bool:
        if self._decided(self.found.of(e)):
            return True
        return isinstance(e, (Min, Max)) and self._in_range(e.a) and self._in_range(e.b)

    def _decided(self, size: Magnitude | None) -> bool:
        """Whether what is so large is in range by how far the buffers reach."""
        if size is None:
            return False
        multiples, least = size.multiples(), size.least()
        total = sum(multiples.values())
        if least > LIMIT:
            return False
        most = (LIMIT - least) // total if total else FREE
        if most < _LEAST_REACH:
            return False
        if most < FREE:
            for dim in multiples:
                self.limits[dim] = min(most, self.limits.get(dim, most))
        return True

    def stage(self, d: Definition, scope: Mapping[str, Interval]) -> None:
        """Require that the sums and products inside the indices of `d` are in range over `scope`.

        The values of the indices themselves are within regions.
        """
        for r in d.rvars:
            self.require(r.min)
            self.require(Sub(Add(r.min, r.extent), i32(1)))
        names = dict(self.found.names)
        for name, ends in scope.items():
            sizes = [None if e is None else self.found.of(e) for e in (ends.min, ends.max)]
            if sizes[0] is not None and sizes[1] is not None:
                names[name] = largest(sizes[0], sizes[1])
        here, bounds = Magnitudes(self.found.fields, names), bounds_in(scope)
        for part in _sums_inside(d):
            if self._decided(here.of(part)):
                continue
            read = bounds.of(part)
            if read.min is not None and read.max is not None:
                self.require(read.min)
                self.require(read.max)


def _sums_inside(d: Definition) -> Iterator[Expr]:
    """Yield the sums inside the indices of `d`, and those its predicate compares."""
    for e in (*d.args, *(a for call in calls_in(d) for a in call.args)):
        yield from (part for part in sums_in(e) if part is not e)
    for comparison in find((d.predicate,), Comparison):
        yield from sums_in(comparison.a)
        yield from sums_in(comparison.b)
