"""What always holds, and where the values of affine expressions lie."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import reduce
from typing import Any

from halo.ir.expr import (
    EQ,
    GE,
    GT,
    LE,
    LT,
    Add,
    And,
    Div,
    Expr,
    Max,
    Min,
    Mod,
    Mul,
    Or,
    Select,
    Sub,
    const,
)
from halo.ir.interval import Interval
from halo.ir.operators import cast_to
from halo.ir.substitute import free_variables
from halo.ir.types import Type
from halo.polyhedral.isl import isl
from halo.polyhedral.question import NotAnswered, number_of, question
from halo.polyhedral.translate import Ranges, Translator

_VALUE = "=value"
"""The parameter that takes the expression's value: no IR name begins with an equals sign."""


@dataclass(frozen=True, slots=True)
class Affine:
    """The value ``constant + sum(terms[v] * v)``; no term is zero."""

    constant: int
    terms: dict[str, int]


def affine_from_expr(expr: Expr, variables: Collection[str]) -> Affine | None:
    """Return an int32 or int64 expression as an affine function of `variables` alone.

    None if it is not one: other free variables, quotients that do not divide out, data.

    >>> affine_from_expr((x + 2) * 3 - y, {"x", "y"})
    Affine(constant=6, terms={'x': 3, 'y': -1})
    """
    try:
        with question() as context:
            t = Translator(context, {})
            pw = t.integer(expr).pw.coalesce()
            if t.unknowns or not t.leaves.keys() <= set(variables) or not pw.isa_aff():
                return None
            return _coefficients(pw.as_aff())
    except NotAnswered:
        return None


def _coefficients(aff: Any) -> Affine | None:
    if aff.dim(isl.dim_type.div) or not aff.get_denominator_val().is_one():
        return None
    param = isl.dim_type.param
    terms = {
        aff.get_dim_name(param, i): number_of(aff.get_coefficient_val(param, i))
        for i in range(aff.dim(param))
    }
    constant = number_of(aff.get_constant_val())
    return Affine(constant, {name: c for name, c in terms.items() if c})


def always_true(condition: Expr, ranges: Ranges) -> bool | None:
    """Whether `condition` holds for all values that its variables may take.

    Variables that `ranges` does not name, and those in its ends, take every integer value.

    Returns
    -------
    True if it is proven; False if there are values for which it does not hold; None if the
    condition contains what is not affine and nothing is proven without it.
    """
    try:
        with question() as context:
            t = Translator(context, ranges)
            holds = t.boolean(condition)
            if (t.facts - holds).is_empty():
                return True
            return None if t.unknowns else False
    except NotAnswered:
        return None


def image_box(
    exprs: tuple[Expr, ...], domain: Ranges, where: Expr | None = None
) -> tuple[Interval | None, ...]:
    """Return for each expression the exact least and greatest value over `domain`.

    With `where`, over the points of `domain` for which that condition holds. The bounds are
    expressions of the variables that `domain` does not name; they hold where the domain is not
    empty. None for an expression that is not affine, or that has no bounds.

    >>> image_box((2 * x + 1,), {"x": Interval(a, b)})
    (Interval(2*a + 1, 2*b + 1),)
    """
    return tuple([_image(e, domain, where) for e in exprs])


def _image(expr: Expr, domain: Ranges, where: Expr | None) -> Interval | None:
    try:
        with question() as context:
            t = Translator(context, domain)
            value = t.integer(expr)
            points = t.named(_VALUE).eq_set(value.pw)
            if where is not None:
                points &= t.boolean(where)
            points &= t.facts
            if any(free_variables(e) & domain.keys() for e, _ in t.unknowns):
                return None
            for name in domain.keys() & t.leaves.keys():
                points = points.project_out_param_id(isl.Id(name, context=context))
            place = points.find_dim_by_name(isl.dim_type.param, _VALUE)
            line = isl.Set.from_params(points).move_dims(
                isl.dim_type.set, 0, isl.dim_type.param, place, 1
            )
            return _ends(line, _Reader(t, expr.type))
    except NotAnswered:
        return None


def _ends(line: Any, reader: _Reader) -> Interval | None:
    if not (line.dim_has_lower_bound(isl.dim_type.set, 0) and not line.is_empty()):
        return None
    if not line.dim_has_upper_bound(isl.dim_type.set, 0):
        return None
    line = line.coalesce()
    build = isl.AstBuild.from_context(line.params())
    low = build.expr_from_pw_aff(line.dim_min(0).coalesce())
    high = build.expr_from_pw_aff(line.dim_max(0).coalesce())
    return Interval(reader.expr(low), reader.expr(high))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes expressions of `type` from isl's."""

    translator: Translator
    type: Type

    def expr(self, e: Any) -> Expr:
        kind = e.get_type()
        if kind == isl.ast_expr_type.int:
            return const(self.type, number_of(e.int_get_val()))
        if kind == isl.ast_expr_type.id:
            return cast_to(self.type, self.translator.leaves[e.id_get_id().get_name()])
        args = [self.expr(e.op_get_arg(i)) for i in range(e.op_get_n_arg())]
        op = _OPS[e.op_get_type().name]
        return reduce(op, args) if op in (Min, Max) else op(*args)


_OPS: dict[str, Callable[..., Expr]] = {
    "add": Add,
    "sub": Sub,
    "mul": Mul,
    "minus": lambda a: Sub(const(a.type, 0), a),
    "div": Div,
    "fdiv_q": Div,
    "pdiv_q": Div,
    "pdiv_r": Mod,
    "zdiv_r": Mod,
    "min": Min,
    "max": Max,
    "select": Select,
    "cond": Select,
    "and_": And,
    "and_then": And,
    "or_": Or,
    "or_else": Or,
    "eq": EQ,
    "le": LE,
    "lt": LT,
    "ge": GE,
    "gt": GT,
}
