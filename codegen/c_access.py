"""Helper functions that move vectors between memory and registers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from codegen.c_gather import gathered_bytes, joined, places_of_lanes
from codegen.c_lanes import lanes_loop, over_lanes
from codegen.c_masked import choose, masked_load, masked_store
from codegen.c_prelude import Prelude
from codegen.c_scalar import memory_helper
from codegen.c_stream import stream_text
from codegen.c_types import carrier, element_of, is_half, memory_type, padded, scalar_type, tag
from halo.ir.types import Int, Type


def _name(op: str, t: Type) -> str:
    """Return a helper's name, with the real lanes: they decide what memory is touched."""
    return f"halo_{op}_{tag(t)}x{t.lanes()}"


def _raw(prelude: Prelude, t: Type) -> tuple[str, str, int]:
    """Return vector type, element type and bits of `t` as memory holds it."""
    if t.is_bool():
        letter, bits = "i", 8
    elif is_half(t):
        letter, bits = "u", 16
    else:
        letter, bits = carrier(t)
    return prelude.vector(letter, bits, t.lanes()), element_of(letter, bits), bits


MOST_APART = 4
"""Up to which stride loading all that lies between is cheaper than loading lane by lane."""


def _value(prelude: Prelude, t: Type) -> str:
    return prelude.vector("f", 32, t.lanes()) if is_half(t) else _raw(prelude, t)[0]


def _mask(prelude: Prelude, t: Type) -> str:
    return prelude.vector("i", 8 * t.bytes(), t.lanes())


def load_helper(prelude: Prelude, t: Type, masked: bool) -> str:
    """Return the function that loads neighbouring elements; masked-off lanes are 0, not read."""
    name = _name("load_masked" if masked else "load", t)
    return prelude.helper(name, lambda: _load_text(prelude, t, name, masked))


def _load_text(prelude: Prelude, t: Type, name: str, masked: bool) -> str:
    vector = _raw(prelude, t)[0]
    if not masked:
        params = f"const {memory_type(t)} *p"
        body = f"memcpy(&v, p, {t.lanes()} * sizeof *p);"
        return _loader(prelude, t, name, params, vector, body)
    loop = over_lanes(t.lanes(), "if (mask[i]) v[i] = p[i];")
    body = _at_place(choose(prelude, masked_load(t, vector), loop))
    return _loader(prelude, t, name, _masked_params(prelude, t), vector, body)


def _masked_params(prelude: Prelude, t: Type) -> str:
    return f"const {memory_type(t)} *p, int64_t place, {_mask(prelude, t)} mask"


def _at_place(body: str) -> str:
    """Return `body` for p[place]: not the caller's `&p[place]`, as all lanes may be outside."""
    return f"p += place;{_indented(body)}"


def _loader(
    prelude: Prelude, t: Type, name: str, params: str, vector: str, body: str, first: str = "0"
) -> str:
    """Return the function that returns v, made of the lanes `first` and changed by `body`."""
    value = _value(prelude, t)
    result = f"{widen_helper(prelude, t)}(v)" if is_half(t) else "v"
    rest = _indented(body) if body else ""
    return (
        f"HALO_INLINE {value} {name}({params}) {{\n    {vector} v = {{{first}}};{rest}\n"
        f"    return {result};\n}}\n"
    )


def reversed_helper(prelude: Prelude, t: Type, masked: bool) -> str:
    """Return the function that loads neighbouring elements, the last one into lane 0."""
    name = _name("load_reversed_masked" if masked else "load_reversed", t)

    def text() -> str:
        vector, last = _raw(prelude, t)[0], t.lanes() - 1
        if masked:
            guard = "if (mask[i]) "
            body = over_lanes(t.lanes(), f"{guard}v[i] = p[{last} - i];")
            params = _masked_params(prelude, t)
            return _loader(prelude, t, name, params, vector, _at_place(body))
        lanes = [last - i for i in range(t.lanes())] + [-1] * (padded(t.lanes()) - t.lanes())
        order = ", ".join(map(str, lanes))
        body = (
            f"memcpy(&v, p, {t.lanes()} * sizeof *p);\n"
            f"    v = __builtin_shufflevector(v, v, {order});"
        )
        return _loader(prelude, t, name, f"const {memory_type(t)} *p", vector, body)

    return prelude.helper(name, text)


@dataclass(frozen=True, slots=True)
class Places:
    """How the elements of a scattered access are told: base and stride, or a vector `index`.

    The places are `base`, if there is one, and a lane; lanes may be read from memory one by one.
    """

    index: Type | None = None
    base: bool = False
    in_memory: bool = False

    def name(self, strided: str, scattered: str) -> str:
        """Return what an access to such places is called."""
        if self.index is None:
            return strided
        offset = ("_from" if self.base else "") + ("_at" if self.in_memory else "")
        return scattered + (
            f"{offset}_{tag(self.index)}" if offset or self.index != Int(64) else ""
        )

    def parameters(self, prelude: Prelude, lanes: int) -> str:
        """Return the parameters that tell the places."""
        if self.index is None:
            return "int64_t base, int64_t stride"
        if self.in_memory:
            vector = f"const {memory_type(self.index)} *index"
        else:
            letter, bits = carrier(self.index)
            vector = f"{prelude.vector(letter, bits, lanes)} index"
        return f"int64_t base, {vector}" if self.base else vector

    def of_lane(self, lane: int | str) -> str:
        """Return the index of a lane in terms of the parameters."""
        if self.index is None:
            return f"base + {lane} * stride"
        return f"base + index[{lane}]" if self.base else f"index[{lane}]"


def every_helper(prelude: Prelude, t: Type, stride: int) -> str:
    """Return the function that loads every `stride`-th element: neighbours, shuffled.

    It reads what lies between its first and its last element, and nothing else.

    Requires: 2 <= stride <= `MOST_APART`; `t` is not bool.
    """
    name = _name(f"load_every_{stride}", t)

    def text() -> str:
        lanes, vector = t.lanes(), _raw(prelude, t)[0]
        last = (lanes - 1) * stride + 1 - lanes
        starts = [min(j * lanes, last) for j in range(stride)]
        lines = []
        for j, start in enumerate(starts):
            part = "v" if j == 0 else "next"
            at = "p" if start == 0 else f"p + {start}"
            lines.append(f"memcpy(&{part}, {at}, {lanes} * sizeof *p);")
            if j:
                lines.append(
                    f"v = __builtin_shufflevector(v, next, {_merge(t, stride, j, start)});"
                )
        body = "\n    ".join([f"{vector} next = {{0}};", *lines])
        return _loader(prelude, t, name, f"const {memory_type(t)} *p", vector, body)

    return prelude.helper(name, text)


def _merge(t: Type, stride: int, j: int, start: int) -> str:
    """Return which lanes of what parts before `j` gave, and of part `j`, make the next vector."""
    lanes, width = t.lanes(), padded(t.lanes())
    order = []
    for i in range(lanes):
        element = i * stride
        if element >= j * lanes:
            order.append(width + element - start if element < start + lanes else -1)
        else:
            order.append(element if j == 1 else i)
    return ", ".join(map(str, [*order, *[-1] * (width - lanes)]))


_IN_TURN = """\
#if defined(__clang__)
    /* One gather after another: clang mixes them, and all their addresses wait on the stack. */
    __asm__ volatile("" : "+r"(p));
#endif"""


def gather_helper(prelude: Prelude, t: Type, at: Places, masked: bool) -> str:
    """Return the function that loads scattered elements lane by lane."""
    kind = at.name("load_strided", "gather") + ("_masked" if masked else "")
    name = _name(kind, t)

    def text() -> str:
        guard = "if (mask[i]) " if masked else ""
        mask = f", {_mask(prelude, t)} mask" if masked else ""
        params = f"const {memory_type(t)} *p, {at.parameters(prelude, t.lanes())}{mask}"
        vector, element, bits = _raw(prelude, t)
        cast = f"({element})" if t.is_bool() else ""
        if at.base and not masked:
            # Gathers that differ in the base alone take the lanes apart once.
            moved = gather_helper(prelude, t, replace(at, base=False), masked=False)
            return (
                f"HALO_INLINE {_value(prelude, t)} {name}({params}) {{\n"
                f"    return {moved}(p + base, index);\n}}\n"
            )
        if bits == 16 and not masked:
            # No instruction gathers these; in a loop gcc sends the vector through memory in parts.
            return _gather_words(prelude, t, name, params, at)
        if bits == 8 and not masked and at.index is not None:
            lines: list[str] = []
            places = [at.of_lane(i) for i in range(t.lanes())]
            if not at.in_memory:
                lines, places = places_of_lanes(prelude, at.index, t.lanes())
            letter = "i" if t.is_bool() else carrier(t)[0]
            cells = [f"{cast}p[{place}]" for place in places]
            lines += gathered_bytes(prelude, letter, t.lanes(), cells)
            return _loader(prelude, t, name, params, vector, "\n    ".join(lines))
        value = f"{cast}p[{at.of_lane('i')}]"
        body = over_lanes(t.lanes(), f"{guard}v[i] = {value};")
        if at.index is not None and not masked:
            body = f"{_IN_TURN}\n    {body}"
        return _loader(prelude, t, name, params, vector, body)

    return prelude.helper(name, text)


_FEW = 8
"""How many scalars a vector is made of at once: of more, gcc has some wait in other registers."""


def _gather_words(prelude: Prelude, t: Type, name: str, params: str, at: Places) -> str:
    vector, _, bits = _raw(prelude, t)
    lanes, width = [f"p[{at.of_lane(i)}]" for i in range(t.lanes())], padded(t.lanes())
    if width <= _FEW:
        return _loader(prelude, t, name, params, vector, "", ", ".join(lanes))
    few = prelude.vector("u" if is_half(t) else carrier(t)[0], bits, _FEW)
    parts = [f"({few}){{{', '.join(lanes[i : i + _FEW])}}}" for i in range(0, width, _FEW)]
    return _loader(prelude, t, name, params, vector, f"v = {joined(parts, _FEW)};")


def store_helper(prelude: Prelude, t: Type, masked: bool) -> str:
    """Return the function that stores lanes to neighbouring elements, where the mask is set."""
    name = _name("store_masked" if masked else "store", t)

    def text() -> str:
        place = ", int64_t place" if masked else ""
        params = f"{memory_type(t)} *p{place}, {_value(prelude, t)} v"
        if masked:
            params += f", {_mask(prelude, t)} mask"
            lane = _lane(t, "raw[i]" if is_half(t) else "v[i]")
            loop = over_lanes(t.lanes(), f"if (mask[i]) p[i] = {lane};")
            source = "raw" if is_half(t) else "(-v)" if t.is_bool() else "v"
            body = _at_place(choose(prelude, masked_store(t, source), loop))
        elif t.is_bool():
            body = f"v = -v;\n    memcpy(p, &v, {t.lanes()} * sizeof *p);"
        else:
            body = f"memcpy(p, &{'raw' if is_half(t) else 'v'}, {t.lanes()} * sizeof *p);"
        return _storer(prelude, t, name, params, body)

    return prelude.helper(name, text)


def stream_helper(prelude: Prelude, t: Type) -> str:
    """Return the function that stores lanes to neighbouring elements, around the caches."""
    name = _name("stream", t)

    def text() -> str:
        params = f"{memory_type(t)} *p, {_value(prelude, t)} v"
        source = "raw" if is_half(t) else "v"
        body = stream_text(prelude, t, source, _raw(prelude, t)[0])
        return _storer(prelude, t, name, params, body)

    return prelude.helper(name, text)


def _storer(prelude: Prelude, t: Type, name: str, params: str, body: str) -> str:
    raw = ""
    if is_half(t):
        raw = f"\n    const {_raw(prelude, t)[0]} raw = {narrow_helper(prelude, t)}(v);"
    return f"HALO_INLINE void {name}({params}) {{{raw}{_indented(body)}\n}}\n"


def _indented(body: str) -> str:
    """Return `body` on a new line; a preprocessor directive starts in the first column."""
    return f"\n{body}" if body.startswith("#") else f"\n    {body}"


def _lane(t: Type, text: str) -> str:
    return f"{text} != 0" if t.is_bool() else text


def scatter_helper(prelude: Prelude, t: Type, at: Places, masked: bool) -> str:
    """Return the function that stores lanes, in order, to scattered elements."""
    kind = at.name("store_strided", "scatter") + ("_masked" if masked else "")
    name = _name(kind, t)

    def text() -> str:
        guard = "if (mask[i]) " if masked else ""
        mask = f", {_mask(prelude, t)} mask" if masked else ""
        places = at.parameters(prelude, t.lanes())
        params = f"{memory_type(t)} *p, {places}, {_value(prelude, t)} v{mask}"
        lane = _lane(t, "raw[i]" if is_half(t) else "v[i]")
        body = over_lanes(t.lanes(), f"{guard}p[{at.of_lane('i')}] = {lane};")
        return _storer(prelude, t, name, params, body)

    return prelude.helper(name, text)


def widen_helper(prelude: Prelude, t: Type) -> str:
    """Return the function from the memory of a 16-bit float to the floats that carry it."""
    memory_helper(prelude, t)
    lanes = padded(t.lanes())
    name = f"halo_load_{tag(t)}x{lanes}_lanes"
    raw, value = _raw(prelude, t)[0], _value(prelude, t)
    text = lanes_loop(value, name, f"{raw} x", lanes, f"halo_load_{tag(t)}(x[i])")
    return prelude.helper(name, lambda: text)


def narrow_helper(prelude: Prelude, t: Type) -> str:
    """Return the inverse of `widen_helper`."""
    memory_helper(prelude, t)
    lanes = padded(t.lanes())
    name = f"halo_store_{tag(t)}x{lanes}_lanes"
    raw, value = _raw(prelude, t)[0], _value(prelude, t)
    text = lanes_loop(raw, name, f"{value} x", lanes, f"halo_store_{tag(t)}(x[i])")
    return prelude.helper(name, lambda: text)


def scalar_bits_helper(prelude: Prelude, to: Type, source: Type) -> str:
    """Return the function that reads the bits of a scalar as another type."""
    to, source = to.element, source.element
    memory_helper(prelude, to)
    memory_helper(prelude, source)
    name = f"halo_bits_{tag(to)}_{tag(source)}"
    get = f"halo_store_{tag(source)}(x)" if is_half(source) else "x"
    put = f"halo_load_{tag(to)}(to)" if is_half(to) else "to"
    text = (
        f"HALO_INLINE {scalar_type(to)} {name}({scalar_type(source)} x) {{\n"
        f"    const {memory_type(source)} from = {get};\n    {memory_type(to)} to;\n"
        f"    memcpy(&to, &from, sizeof to);\n    return {put};\n}}\n"
    )
    return prelude.helper(name, lambda: text)


def bits_helper(prelude: Prelude, to: Type, source: Type) -> str:
    """Return the vector form of `scalar_bits_helper`, where a cast does not do."""
    lanes = padded(to.lanes())
    scalar = scalar_bits_helper(prelude, to, source)
    result, vector = (
        prelude.vector(*carrier(to), lanes),
        prelude.vector(*carrier(source), lanes),
    )
    name = f"{scalar}x{lanes}"
    text = lanes_loop(result, name, f"{vector} x", lanes, f"{scalar}(x[i])")
    return prelude.helper(name, lambda: text)
