"""Einstein sums: products of tensors along axes that letters name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr
from halo.ops.index import known, product, same
from halo.ops.matmul import matmul
from halo.ops.reduce import reduce
from halo.ops.reshape import reshape
from halo.ops.tensor import Tensor
from halo.ops.views import squeeze, transpose, view

Unique = Callable[[str], str]
"""From a role to a name for a tensor on the way."""


@dataclass(frozen=True, slots=True)
class _Term:
    """A tensor whose axes have letters."""

    x: Tensor
    letters: str


def einsum(name: str, inner: Unique, equation: str, operands: Sequence[Tensor]) -> Tensor:
    """Return the Einstein sum of `operands` as numpy's ``einsum`` computes it.

    Operands are multiplied one after the other, each time by a matrix product; what no later
    operand nor the result needs is summed as soon as possible.

    Raises
    ------
    DefinitionError
        The equation makes no sense, or does not fit the operands.
    """
    terms, result = _parse(equation, operands)
    sizes = _sizes(terms)
    terms = [_without_repeats(inner, _stretched(inner, t, sizes)) for t in terms]
    done = terms[0]
    for i, term in enumerate(terms[1:], start=1):
        needed = result + "".join(t.letters for t in terms[i + 1 :])
        done = _summed(inner, done, term.letters + needed)
        done = _multiplied(inner, done, _summed(inner, term, done.letters + needed), needed)
    done = _summed(inner, done, result)
    return transpose(name, done.x, [done.letters.index(c) for c in result])


def _parse(equation: str, operands: Sequence[Tensor]) -> tuple[list[_Term], str]:
    left, arrow, right = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(operands):
        raise DefinitionError(f"{equation!r} is for {len(parts)} operands, not {len(operands)}")
    deepest = 0
    spread: list[tuple[str, str, int]] = []
    for part, x in zip(parts, operands, strict=True):
        before, dots, after = part.partition("...")
        count = x.rank - len(before) - len(after)
        written = before + after
        if count < 0 or (count and not dots) or (written and not written.isalpha()):
            raise DefinitionError(f"'{part}' of {equation!r} does not fit {x.rank} axes")
        deepest = max(deepest, count)
        spread.append((before, after, count))
    dotted = "".join(chr(0x2460 + i) for i in range(deepest))  # letters that nobody writes
    terms = [
        _Term(x, before + dotted[deepest - count :] + after)
        for x, (before, after, count) in zip(operands, spread, strict=True)
    ]
    every = "".join(t.letters for t in terms)
    if arrow:
        result = right.replace("...", dotted)
    else:
        once = sorted(c for c in set(every) - set(dotted) if every.count(c) == 1)
        result = dotted + "".join(once)
    wrong = [c for c in result if c not in every or result.count(c) > 1]
    if wrong:
        raise DefinitionError(f"'{wrong[0]}' stands wrongly on the right of {equation!r}")
    return terms, result


def _sizes(terms: Sequence[_Term]) -> dict[str, Expr]:
    """Return the size of each letter: of those given the one that is not 1."""
    sizes: dict[str, Expr] = {}
    for t in terms:
        for letter, size in zip(t.letters, t.x.shape, strict=True):
            old = sizes.get(letter)
            firmer = old is not None and known(old) is None and known(size) not in (None, 1)
            if old is None or known(old) == 1 or firmer:
                sizes[letter] = size
            elif None not in (known(old), known(size)) and known(size) not in (1, known(old)):
                raise DefinitionError(f"axes of {known(old)} and {known(size)} have one letter")
    return sizes


def _stretched(inner: Unique, t: _Term, sizes: dict[str, Expr]) -> _Term:
    """Return `t` without axes of size 1 that other operands stretch."""
    gone = [
        i
        for i, (c, d) in enumerate(zip(t.letters, t.x.shape, strict=True))
        if known(d) == 1 and known(sizes[c]) != 1
    ]
    if not gone:
        return t
    kept = "".join(c for i, c in enumerate(t.letters) if i not in gone)
    return _Term(squeeze(inner("squeezed"), t.x, gone), kept)


def _without_repeats(inner: Unique, t: _Term) -> _Term:
    """Return the diagonal of `t` along axes of one letter."""
    letters = "".join(dict.fromkeys(t.letters))
    if len(letters) == len(t.letters):
        return t

    def cell(*coords: Any) -> Expr:
        return t.x.at(*[coords[letters.index(c)] for c in t.letters])

    shape = [t.x.shape[t.letters.index(c)] for c in letters]
    requires = tuple(
        (d, shape[letters.index(c)])
        for c, d in zip(t.letters, t.x.shape, strict=True)
        if not same(d, shape[letters.index(c)])
    )
    made = view(inner("diagonal"), shape, cell, t.x, what="diagonal", requires=requires)
    return _Term(made, letters)


def _summed(inner: Unique, t: _Term, needed: str) -> _Term:
    """Return `t` summed along the axes whose letters are not among those `needed`."""
    gone = [i for i, c in enumerate(t.letters) if c not in needed]
    if not gone:
        return t
    kept = "".join(c for c in t.letters if c in needed)
    return _Term(reduce(inner("sum"), t.x, "sum", gone, keep_axes=False), kept)


def _multiplied(inner: Unique, a: _Term, b: _Term, needed: str) -> _Term:
    """Return the product of `a` and `b`, summed along what is not `needed` behind it."""
    both = [c for c in a.letters if c in b.letters]
    batch = [c for c in both if c in needed]
    summed = [c for c in both if c not in needed]
    rows = [c for c in a.letters if c not in both]
    columns = [c for c in b.letters if c not in both]
    sizes = dict(zip(b.letters, b.x.shape, strict=True))
    sizes |= dict(zip(a.letters, a.x.shape, strict=True))
    other = dict(zip(b.letters, b.x.shape, strict=True))

    def matrix(t: _Term, first: list[str], last: list[str], own: dict[str, Expr]) -> Tensor:
        order = [t.letters.index(c) for c in (*batch, *first, *last)]
        moved = transpose(inner("moved"), t.x, order)
        shape = [own[c] for c in batch]
        shape += [product(own[c] for c in first), product(own[c] for c in last)]
        return reshape(inner("matrix"), moved, shape)

    left = matrix(a, rows, summed, sizes)
    right = matrix(b, summed, columns, other)
    made = matmul(inner("product"), left, right)
    pairs = tuple((sizes[c], other[c]) for c in both if not same(sizes[c], other[c]))
    made.op = replace(made.op, requires=(*made.op.requires, *pairs))
    letters = "".join((*batch, *rows, *columns))
    return _Term(reshape(inner("axes"), made, [sizes[c] for c in letters]), letters)
