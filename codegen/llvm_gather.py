"""The places of gathers: lanes taken out of vectors by words of several."""

from __future__ import annotations

from codegen.c_index import split_places
from codegen.llvm_context import Context
from codegen.llvm_types import Value
from codegen.llvm_vectors import lane
from codegen.llvm_walk import index_expression, place
from halo.ir.expr import Expr

_WORD = 64
"""Bits that one instruction takes from a vector register into one for general use."""


def lanes_by_words(ctx: Context, index: Expr) -> list[Value]:
    """Return the lanes of the vector `index` as int64, each a value of its own.

    Narrower integers that were widened are taken out of their vector by words: half or a quarter
    of the instructions, which are slow ones.
    """
    narrow, count = split_places(index)[1], index.type.lanes()
    bits = narrow.type.bits()
    if narrow is index or bits * count % _WORD:
        places = place(ctx, index)
        return [lane(ctx, places, i) for i in range(count)]
    vector, each = index_expression(ctx, narrow), _WORD // bits
    number = count // each
    # Of a vector of one word LLVM leaves out that the first number is widened.
    type = f"i{_WORD}" if number == 1 else f"<{number} x i{_WORD}>"
    words = ctx.emit(type, f"bitcast {vector.typed} to {type}")
    lanes: list[Value] = []
    for k in range(number):
        word = words if number == 1 else lane(ctx, words, k)
        lanes += (_part(ctx, word, bits, i, narrow.type.is_int()) for i in range(each))
    return lanes


def _part(ctx: Context, word: Value, bits: int, i: int, signed: bool) -> Value:
    """Return the `i`-th number of `bits` bits in `word`, widened."""
    above = _WORD - bits * (i + 1)
    if signed:
        if above:
            word = ctx.emit(word.type, f"shl {word.typed}, {above}")
        return ctx.emit(word.type, f"ashr {word.typed}, {_WORD - bits}")
    if i:
        word = ctx.emit(word.type, f"lshr {word.typed}, {bits * i}")
    if above:
        word = ctx.emit(word.type, f"and {word.typed}, {2**bits - 1}")
    return word
