"""Helper functions on vectors, each a loop over lanes that compilers turn into instructions."""

from __future__ import annotations

from codegen.c_instructions import instruction
from codegen.c_literals import int_literal
from codegen.c_masked import choose
from codegen.c_prelude import Prelude
from codegen.c_scalar import ARITY, cast_helper, result_type, scalar_helper
from codegen.c_types import carrier, element_of, padded, scalar_type, tag
from halo.ir.types import Type, UInt


def _vector_type(prelude: Prelude, t: Type) -> str:
    letter, bits = carrier(t)
    return prelude.vector(letter, bits, t.lanes())


def lanes_loop(result: str, name: str, params: str, lanes: int, lane: str) -> str:
    """Return a function that computes lane `i` of its result as `lane`."""
    return f"HALO_INLINE {result} {name}({params}) {{\n    {_loop(result, lanes, lane)}\n}}\n"


def over_lanes(lanes: int, statement: str) -> str:
    """Return the loop of `statement` over lanes `i`, which compilers unroll."""
    return f"HALO_LANES for (int i = 0; i < {lanes}; ++i) {statement}"


def _loop(result: str, lanes: int, lane: str) -> str:
    unroll = f"#pragma GCC unroll {lanes}\n    " if lanes > 16 else "HALO_LANES "
    loop = f"for (int i = 0; i < {lanes}; ++i) r[i] = {lane};"
    return f"{result} r = {{0}};\n    {unroll}{loop}\n    return r;"


def lane_helper(prelude: Prelude, op: str, t: Type) -> str:
    """Return the function that applies the scalar operation `op` to each lane of type `t`."""
    lanes = padded(t.lanes())
    name = f"halo_{op}_{tag(t)}x{lanes}"

    def text() -> str:
        scalar = scalar_helper(prelude, op, t)
        source = _vector_type(prelude, t)
        result = _vector_type(prelude, result_type(op, t))
        letters = "abc"[: ARITY[op]]
        params = ", ".join(f"{source} {p}" for p in letters)
        args = ", ".join(f"{p}[i]" for p in letters)
        loop = _loop(result, lanes, f"{scalar}({args})")
        body = choose(prelude, instruction(op, t, result), loop)
        start = "" if body.startswith("#") else "    "
        return f"HALO_INLINE {result} {name}({params}) {{\n{start}{body}\n}}\n"

    return prelude.helper(name, text)


def constant_lane(t: Type, value: int) -> str:
    """Return an integer as an operand that C spreads over the lanes of a vector of type `t`."""
    return f"({scalar_type(t.element)}){int_literal(t.element, value).text}"


def divide_helper(prelude: Prelude, op: str, t: Type, divisor: int) -> str:
    """Return the function that divides signed lanes by a positive constant, rounding down.

    A compiler turns ``/`` of a whole vector by a constant into multiplications; lane by lane it
    would not. For a negative x, ``~(~x / c)`` is the quotient rounded down.
    """
    name = f"halo_{op}_{tag(t)}x{padded(t.lanes())}_by_{divisor}"

    def text() -> str:
        vector, bits = _vector_type(prelude, t), prelude.vector("u", t.bits(), t.lanes())
        sign = f"    const {vector} sign = a >> {t.bits() - 1};\n"
        quotient = f"((a ^ sign) / {constant_lane(t, divisor)}) ^ sign"
        product = f"({bits})({quotient}) * {constant_lane(UInt(t.bits()), divisor)}"
        value = quotient if op == "div" else f"({vector})(({bits})a - {product})"
        return f"HALO_INLINE {vector} {name}({vector} a) {{\n{sign}    return {value};\n}}\n"

    return prelude.helper(name, text)


def cast_lanes(prelude: Prelude, to: Type, source: Type) -> str:
    """Return the function that converts each lane as `cast_helper` does."""
    lanes = padded(to.lanes())
    name = f"halo_cast_{tag(to)}_{tag(source)}x{lanes}"

    def text() -> str:
        scalar = cast_helper(prelude, to, source)
        params = f"{_vector_type(prelude, source)} x"
        return lanes_loop(_vector_type(prelude, to), name, params, lanes, f"{scalar}(x[i])")

    return prelude.helper(name, text)


def splat_helper(prelude: Prelude, letter: str, bits: int, lanes: int) -> str:
    """Return the function that puts a scalar into every lane."""
    width = padded(lanes)
    name = f"halo_splat_{letter}{bits}x{width}"

    def text() -> str:
        vector = prelude.vector(letter, bits, lanes)
        values = ", ".join(["x"] * width)
        return (
            f"HALO_INLINE {vector} {name}({element_of(letter, bits)} x) {{\n"
            f"    return ({vector}){{{values}}};\n}}\n"
        )

    return prelude.helper(name, text)


def factor_helper(prelude: Prelude, letter: str, lanes: int) -> str:
    """Return the function that puts a 16 bit constant into every lane, to multiply by it.

    GCC writes a product of vectors by a constant that it knows as shifts and sums, several of
    them, where processors multiply 16 bit lanes in one step. So it is not to know.
    """
    width = padded(lanes)
    name = f"halo_factor_{letter}16x{width}"

    def text() -> str:
        vector = prelude.vector(letter, 16, lanes)
        feature = {8: "__SSE2__", 16: "__AVX2__", 32: "__AVX512BW__"}[width]
        return (
            f"HALO_INLINE {vector} {name}({element_of(letter, 16)} x) {{\n"
            f"    {vector} factor = {splat_helper(prelude, letter, 16, lanes)}(x);\n"
            f"#if defined(__GNUC__) && !defined(__clang__) && defined({feature})\n"
            f'    __asm__("" : "+v"(factor));\n'
            f"#endif\n    return factor;\n}}\n"
        )

    return prelude.helper(name, text)


def ramp_helper(prelude: Prelude, t: Type) -> str:
    """Return the function that makes base, base + stride, ..., base + (lanes-1)*stride."""
    lanes = padded(t.lanes())
    name = f"halo_ramp_{tag(t)}x{lanes}"

    def text() -> str:
        vector, c = _vector_type(prelude, t), element_of(*carrier(t))
        head = f"HALO_INLINE {vector} {name}({c} base, {c} stride) {{\n"
        letter = "f" if t.is_float() else "u"
        bits = carrier(t)[1]
        steps, element = prelude.vector(letter, bits, lanes), element_of(letter, bits)
        splat = splat_helper(prelude, letter, bits, lanes)
        numbers = ", ".join(map(str, range(lanes)))
        ramp = f"{splat}(({element})base) + lane * {splat}(({element})stride)"
        return (
            f"{head}    const {steps} lane = {{{numbers}}};\n    return ({vector})({ramp});\n}}\n"
        )

    return prelude.helper(name, text)


def select_helper(prelude: Prelude, letter: str, bits: int, lanes: int) -> str:
    """Return the function that picks lanes of a or b by a mask."""
    width = padded(lanes)
    name = f"halo_select_{letter}{bits}x{width}"

    def text() -> str:
        vector = prelude.vector(letter, bits, lanes)
        mask = prelude.vector("i", bits, lanes)
        params = f"{mask} mask, {vector} a, {vector} b"
        if letter == "f":
            return lanes_loop(vector, name, params, width, "mask[i] ? a[i] : b[i]")
        value = f"(({vector})mask & a) | (({vector})~mask & b)"
        return f"HALO_INLINE {vector} {name}({params}) {{\n    return {value};\n}}\n"

    return prelude.helper(name, text)
