"""RDom and RVar: the domain that an update definition runs over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.ir.expr import And, Call, CallKind, Expr, Variable, is_true
from halo.ir.function import ReductionDomain, ReductionVar
from halo.ir.intrinsics import is_effect, is_undefined
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int
from halo.lang.handle import Handle
from halo.lang.names import fresh_name, need_text, unique_name
from halo.lang.random import is_random
from halo.lang.walk import is_dimension, nodes
from halo.synonyms import also_named

_LETTERS = "xyzw"


class Range(NamedTuple):
    """The integers min, ..., min + extent - 1."""

    min: Any
    extent: Any


class RVar(Handle):
    """One dimension of an RDom; without a domain it only names a new dimension in a schedule.

    Parameters
    ----------
    name
        A name, or an RDom of one dimension whose dimension it is to be.
    """

    __slots__ = ("_domain", "_name", "_variable")

    def __init__(
        self, name: str | RDom = "", *, domain: ReductionDomain | None = None, index: int = 0
    ) -> None:
        if isinstance(name, RDom):
            name._as_expr()  # refuses several dimensions
            domain, name = name.domain, ""
        name = need_text("RVar", name)
        self._domain = domain
        self._name = domain.rvars[index].name if domain else name or fresh_name("rv")
        self._variable = Variable(Int(32), self._name, source=domain)

    def name(self) -> str:
        """Return the name, unique among the dimensions of all RDoms."""
        return self._name

    def min(self) -> Expr:
        """Return the first value."""
        return self._bounds().min

    def extent(self) -> Expr:
        """Return the number of values."""
        return self._bounds().extent

    def _bounds(self) -> ReductionVar:
        for rvar in self._domain.rvars if self._domain else ():
            if rvar.name == self._name:
                return rvar
        raise DefinitionError(
            f"RVar {self._name} belongs to no RDom and has no bounds", where=user_location()
        )

    def _as_expr(self) -> Expr:
        if self._domain is None:
            raise DefinitionError(
                f"RVar {self._name} belongs to no RDom and has no value",
                where=user_location(),
                hint="take it from a domain: r = halo.RDom([(min, extent)]); r.x",
            )
        return self._variable

    def __repr__(self) -> str:
        return f"RVar({self._name!r})"


class RDom(Handle):
    """A reduction domain: the points of a box, the first dimension innermost.

    Parameters
    ----------
    region
        A (min, extent) pair per dimension, or a Buffer or ImageParam whose dimensions to take.
        Mins and extents are int32 expressions of constants, parameters and image sizes.
    name
        A name for the generated code.

    Notes
    -----
    ``r.x, r.y, r.z, r.w`` and ``r[i]`` are its dimensions; a one-dimensional domain may itself
    stand for its dimension.
    """

    __slots__ = ("_domain", "_vars")

    @also_named(buffer="region", image_param="region")
    def __init__(self, region: Any, name: str = "") -> None:
        pairs = _pairs(region)
        name = unique_name(name) if name else fresh_name("r")
        rvars = tuple(
            ReductionVar(f"{name}.{_letter(i)}", _bound(low), _bound(extent))
            for i, (low, extent) in enumerate(pairs)
        )
        self._domain = ReductionDomain(name, rvars)
        self._vars = tuple(RVar(domain=self._domain, index=i) for i in range(len(rvars)))

    @property
    def domain(self) -> ReductionDomain:
        """The data behind this handle."""
        return self._domain

    @property
    def x(self) -> RVar:
        """The first, innermost dimension."""
        return self[0]

    @property
    def y(self) -> RVar:
        """The second dimension."""
        return self[1]

    @property
    def z(self) -> RVar:
        """The third dimension."""
        return self[2]

    @property
    def w(self) -> RVar:
        """The fourth dimension."""
        return self[3]

    def __getitem__(self, index: int) -> RVar:
        if not 0 <= index < len(self._vars):
            raise DefinitionError(
                f"RDom {self._domain.name} has {len(self._vars)} dimensions and no number {index}",
                where=user_location(),
            )
        return self._vars[index]

    def __len__(self) -> int:
        return len(self._vars)

    def __iter__(self) -> Iterator[RVar]:
        return iter(self._vars)

    def dimensions(self) -> int:
        """Return the number of dimensions."""
        return len(self._vars)

    def defined(self) -> bool:
        """Whether this is a domain; halo has no empty ones."""
        return True

    def same_as(self, other: RDom) -> bool:
        """Whether `other` is the same domain."""
        return self._domain is other._domain

    def where(self, predicate: Any) -> None:
        """Restrict the domain to the points where `predicate` holds, a bool expression.

        It may use the domain's dimensions, and the Vars of the Func that the domain will update.
        """
        condition = as_expr(predicate)
        name = self._domain.name
        if not condition.type.is_bool():
            raise TypeMismatch(
                f"the condition of RDom {name} has type {condition.type}, not bool",
                where=user_location(),
            )
        if self._domain.frozen:
            raise DefinitionError(
                f"RDom {name} is in use already and cannot be restricted any more",
                where=user_location(),
                hint="call where() before the domain appears in a definition",
            )
        old = self._domain.predicate
        self._domain.predicate = condition if is_true(old) else And(old, condition)

    def _as_expr(self) -> Expr:
        if len(self._vars) != 1:
            raise DefinitionError(
                f"RDom {self._domain.name} has {len(self._vars)} dimensions: "
                "it cannot stand for a single one",
                where=user_location(),
                hint="name the dimension: r.x, r.y, r.z, r.w or r[i]",
            )
        return self._vars[0]._as_expr()

    def __repr__(self) -> str:
        parts = ", ".join(f"({v.min}, {v.extent})" for v in self._domain.rvars)
        return f"RDom([{parts}], {self._domain.name!r})"


def _letter(i: int) -> str:
    return _LETTERS[i] if i < len(_LETTERS) else str(i)


def _pairs(region: Any) -> list[tuple[Any, Any]]:
    if hasattr(region, "dimensions") and hasattr(region, "dim"):
        dims = [region.dim(i) for i in range(region.dimensions())]
        return [(d.min(), d.extent()) for d in dims]
    good = isinstance(region, Sequence) and all(
        isinstance(p, Sequence) and len(p) == 2 for p in region
    )
    if not good or not region:
        raise DefinitionError(
            "the region of an RDom is a sequence of (min, extent) pairs, one at least",
            where=user_location(),
            hint="for instance halo.RDom([(0, 3), (0, 3)])",
        )
    return [(p[0], p[1]) for p in region]


def _bound(value: Any) -> Expr:
    e = as_expr(value)
    if not e.type.is_integral or e.type.bits() > 32 or (e.type.is_uint() and e.type.bits() == 32):
        raise TypeMismatch(
            f"a bound of an RDom has type {e.type}, not int32",
            where=user_location(),
            hint="halo.i32(...) converts it",
        )
    for n in nodes(e):
        varies = _varies(n)
        if varies is not None:
            raise DefinitionError(
                f"a bound of an RDom may not use {varies}",
                where=user_location(),
                hint="bounds are made of constants, parameters and image sizes; "
                "use RDom.where for a bound that varies",
            )
    return cast_to(Int(32), e)


def _varies(e: Expr) -> str | None:
    """Return the name of `e` if it is something that changes from cell to cell."""
    if isinstance(e, Call) and (
        e.kind in (CallKind.FUNC, CallKind.IMAGE) or is_effect(e) or is_random(e) or is_undefined(e)
    ):
        return e.name
    return e.name if isinstance(e, Variable) and is_dimension(e) else None
