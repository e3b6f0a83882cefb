"""Conversions between vectors of numbers.

GCC takes ``__builtin_convertvector`` apart lane by lane where widths differ by more than a factor
of two, and between floats and integers of 8 or 16 bits. So these go by way of 32 bit integers, and
what becomes wider or narrower does so by one instruction, or by doubling and halving where there
is none.
"""

from __future__ import annotations

from codegen.c_lanes import cast_lanes, lane_helper, select_helper, splat_helper
from codegen.c_masked import choose
from codegen.c_prelude import Prelude
from codegen.c_types import INTRINSIC, carrier, padded
from halo.ir.types import Float, Type

Lane = tuple[str, int]
"""Letter and bits of the lanes of a C vector, as `carrier` gives them."""

_INT32: Lane = ("i", 32)
_WIDENS = {128: "__SSE4_1__", 256: "__AVX2__", 512: "__AVX512F__"}


def converted(prelude: Prelude, to: Lane, source: Lane, lanes: int, x: str) -> str:
    """Return C that converts the vector `x`: to integers modulo 2**bits, to the nearest float.

    Floats are only converted to integers of at least 32 bits, and only where they fit.
    """
    if to == source:
        return x
    if to[0] == "f" and source[0] != "f" and source[1] < 32:
        x, source = converted(prelude, _INT32, source, lanes, x), _INT32
    doubled = to == ("f", 64) and source[1] == 32
    if doubled or ("f" not in (to[0], source[0]) and to[1] != source[1]):
        return f"{_resize_helper(prelude, to, source, padded(lanes))}({x})"
    return f"__builtin_convertvector({x}, {prelude.vector(*to, lanes)})"


def truncated(prelude: Prelude, to: Type, source: Type) -> str:
    """Return the function that makes integers of floats: towards zero, the nearest that fits.

    Lanes are clamped as floats; a NaN becomes 0. Where the highest integer is not a float, it is
    put in the place of what is above the highest float that fits.
    """
    lanes, (letter, bits), wide = padded(to.lanes()), carrier(to), carrier(source)[1]
    if bits == 64:
        return cast_lanes(prelude, to, source)
    name = f"halo_cast_{letter}{bits}_f{wide}x{lanes}"

    def text() -> str:
        floats, result = (prelude.vector(*c, lanes) for c in (("f", wide), (letter, bits)))
        lost = max(0, to.max_value.bit_length() - (24 if wide == 32 else 53))
        low, high = (
            f"{splat_helper(prelude, 'f', wide, lanes)}({value}.0{'f' if wide == 32 else ''})"
            for value in (to.min_value, to.max_value >> lost << lost)
        )
        lower, upper = (lane_helper(prelude, op, Float(wide, lanes)) for op in ("max", "min"))
        lines = [f"{floats} inside = {upper}({lower}(x, {low}), {high});"]
        if to.is_int():  # of a NaN, the maximum is the lower limit
            pick = select_helper(prelude, "f", wide, lanes)
            lines.append(f"inside = {pick}(x == x, inside, ({floats}){{0}});")
        whole = (letter, bits) if bits == 32 else _INT32
        value = converted(prelude, whole, ("f", wide), lanes, "inside")
        value = converted(prelude, (letter, bits), whole, lanes, value)
        if lost:
            top = f"{splat_helper(prelude, letter, bits, lanes)}({to.max_value}u)"
            pick = select_helper(prelude, letter, bits, lanes)
            value = f"{pick}(x > {high}, {top}, {value})"
        body = "\n    ".join([*lines, f"return {value};"])
        return f"HALO_INLINE {result} {name}({floats} x) {{\n    {body}\n}}\n"

    return prelude.helper(name, text)


def _resize_helper(prelude: Prelude, to: Lane, source: Lane, lanes: int) -> str:
    """Return the function that makes lanes wider, or integers narrower."""
    name = f"halo_convert_{to[0]}{to[1]}_{source[0]}{source[1]}x{lanes}"

    def text() -> str:
        result, given = (prelude.vector(*c, lanes) for c in (to, source))
        forms = _widening if to[1] > source[1] else _narrowing
        otherwise = f"return {_in_steps(prelude, to, source, lanes)};"
        body = choose(prelude, forms(to, source, lanes, result), otherwise)
        start = "" if body.startswith("#") else "    "
        return f"HALO_INLINE {result} {name}({given} x) {{\n{start}{body}\n}}\n"

    return prelude.helper(name, text)


def _in_steps(prelude: Prelude, to: Lane, source: Lane, lanes: int) -> str:
    """Return the conversion of x by doubling or halving the width of integers."""
    value, bits = "x", source[1]
    while to[0] != "f" and bits != to[1]:
        bits = bits * 2 if bits < to[1] else bits // 2
        step = prelude.vector(source[0] if bits != to[1] else to[0], bits, lanes)
        value = f"__builtin_convertvector({value}, {step})"
    return value if value != "x" else f"__builtin_convertvector(x, {prelude.vector(*to, lanes)})"


def _widening(to: Lane, source: Lane, lanes: int, result: str) -> list[tuple[str, str]]:
    """Return (condition, statement that returns x converted), or nothing if there is none."""
    before, after = source[1] * lanes, to[1] * lanes
    if after not in INTRINSIC or before < 16:
        return []
    if source[0] == "f":
        if before < 128:
            return []
        x, kind = f"(__m{before})x", "ps"
    else:
        x, kind = _in_register(before), f"ep{source[0]}{source[1]}"
    needs = [_WIDENS[after]]
    if to[0] == "f" and source[0] == "u":
        needs = ["__AVX512F__", *["__AVX512VL__"] * (after < 512)]
    elif after == 512 and to[1] == 16:
        needs = ["__AVX512BW__"]
    form = "pd" if to[0] == "f" else f"epi{to[1]}"
    value = f"{INTRINSIC[after]}_cvt{kind}_{form}({x})"
    return [(_condition(needs, before), f"return ({result}){value};")]


def _narrowing(to: Lane, source: Lane, lanes: int, result: str) -> list[tuple[str, str]]:
    """Return (condition, statement that returns x converted), or nothing if there is none."""
    before, after = source[1] * lanes, to[1] * lanes
    if before not in INTRINSIC or after < 16:
        return []
    value = f"{INTRINSIC[before]}_cvtepi{source[1]}_epi{to[1]}({_in_register(before)})"
    if after < 128:
        value = f"(int{after}_t)_mm_cvtsi128_si{max(32, after)}({value})"
    needs = ["__AVX512BW__" if source[1] == 16 else "__AVX512F__"]
    needs += ["__AVX512VL__"] * (before < 512)
    return [(_condition(needs, after), f"return ({result}){value};")]


def _in_register(width: int) -> str:
    """Return x, a vector of integers of `width` bits, as what instructions take."""
    if width >= 128:
        return f"(__m{width}i)x"
    return f"_mm_cvtsi{max(32, width)}_si128((int{width}_t)x)"


def _condition(needs: list[str], least: int) -> str:
    """Return the condition: numbers of 64 bits get into vectors on 64 bit machines only."""
    return " && ".join(f"defined({m})" for m in [*needs, *["__x86_64__"] * (least == 64)])
