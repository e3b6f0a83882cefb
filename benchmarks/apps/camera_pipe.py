"""From the raw values of a camera's sensor to a picture: 16 bit in, three colours of 8 bit out.

Under the filters of a Bayer sensor (rows of G R and rows of B G in turn) a cell knows one colour.
Hot cells are capped by their neighbours, the other two colours of each cell are interpolated along
the direction that changes less, colours are corrected by a matrix for their temperature, a curve
brings them to 8 bit, and the picture is sharpened.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size

LEFT, TOP = 16, 12
"""Cells of the sensor around the picture, on each side."""

BLACK, WHITE = 25, 1023
"""The raw values of black and of white."""

TEMPERATURES = (3200.0, 7000.0)
"""For which there are matrices, in kelvin."""

Place = tuple[int, int]


def build(hl: ModuleType) -> Program:
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    source = hl.ImageParam(hl.UInt(16), 2, "source")
    warm, cold = (hl.ImageParam(hl.Float(32), 2, name) for name in ("warm", "cold"))
    kelvin, gamma, contrast = (
        hl.Param(hl.Float(32), name, 1.0) for name in ("kelvin", "gamma", "contrast")
    )
    strength = hl.Param(hl.UInt(8), "strength", 32)

    calm, quads = hl.Func("calm"), hl.Func("quads")
    raw = hl.Func("raw")
    raw[x, y] = hl.i16(source[x + LEFT, y + TOP])
    around = [raw[x - 2, y], raw[x + 2, y], raw[x, y - 2], raw[x, y + 2]]
    calm[x, y] = hl.clamp(raw[x, y], hl.i16(0), _largest(hl, around))
    corners = [calm[2 * x + i, 2 * y + j] for j in (0, 1) for i in (0, 1)]
    quads[x, y, c] = hl.mux(c, corners)

    colours, greens, rest = _demosaiced(hl, quads)
    corrected = _corrected(hl, colours, warm, cold, kelvin)
    curve = _curve(hl, gamma, contrast)
    curved = hl.Func("curved")
    curved[x, y, c] = curve[hl.i32(hl.clamp(corrected[x, y, c], hl.i16(0), hl.i16(1023)))]
    output, rows = _sharpened(hl, curved, strength)
    funcs = {"calm": calm, "quads": quads, "colours": colours, "greens": greens, "rest": rest}
    stages = {"corrected": corrected, "curve": curve, "curved": curved, "rows": rows}
    arguments = (source, warm, cold, kelvin, gamma, contrast, strength)
    return Program(output, arguments, {**funcs, **stages})


def _largest(hl: ModuleType, values: list[Any]) -> Any:
    first, second, third, fourth = values
    return hl.max(hl.max(first, second), hl.max(third, fourth))


def _demosaiced(hl: ModuleType, quads: Any) -> tuple[Any, list[Any], list[Any]]:
    """Return all colours of each cell, and of the Funcs over squares of 2 x 2 cells those that are
    read at many places (green where it is interpolated) and the others."""
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")

    def at(f: Any, place: Place) -> Any:
        i, j = place
        return quads[x + i, y + j, f] if isinstance(f, int) else f[x + i, y + j]

    def mean(f: Any, a: Place, b: Place) -> Any:
        return hl.rounding_halving_add(at(f, a), at(f, b))

    def distance(f: Any, a: Place, b: Place) -> Any:
        return hl.absd(at(f, a), at(f, b))

    def func(name: str, value: Any) -> Any:
        f = hl.Func(name)
        f[x, y] = value
        return f

    def green(name: str, across: int, right: Place, along: int, up: Place) -> Any:
        calmer = distance(across, (0, 0), right) < distance(along, (0, 0), up)
        both = mean(across, (0, 0), right), mean(along, (0, 0), up)
        return func(name, hl.select(calmer, *both))

    def towards(colour: int, by: Any, here: Any, a: Place, b: Place) -> Any:
        """The mean of two cells of a colour, moved by as much as green differs here."""
        return at(here, (0, 0)) - mean(by, a, b) + mean(colour, a, b)

    def across(name: str, colour: int, by: Any, here: Any, side: int) -> Any:
        falling, rising = ((0, 0), (-side, side)), ((-side, 0), (0, side))
        calmer = distance(colour, *falling) < distance(colour, *rising)
        both = (towards(colour, by, here, *way) for way in (falling, rising))
        return func(name, hl.select(calmer, *both))

    gr, r, b, gb = range(4)
    g_r = green("g_r", gr, (1, 0), gb, (0, -1))
    g_b = green("g_b", gb, (-1, 0), gr, (0, 1))
    r_gr = func("r_gr", towards(r, g_r, gr, (0, 0), (-1, 0)))
    b_gr = func("b_gr", towards(b, g_b, gr, (0, 0), (0, -1)))
    r_gb = func("r_gb", towards(r, g_r, gb, (0, 0), (0, 1)))
    b_gb = func("b_gb", towards(b, g_b, gb, (0, 0), (1, 0)))
    r_b, b_r = across("r_b", r, g_r, g_b, 1), across("b_r", b, g_b, g_r, -1)

    colours = hl.Func("colours")
    squares = [(r_gr, r, r_b, r_gb), (gr, g_r, g_b, gb), (b_gr, b_r, b, b_gb)]

    def whole(square: tuple[Any, ...]) -> Any:
        def cell(f: Any) -> Any:
            i, j = x // 2, y // 2
            return quads[i, j, f] if isinstance(f, int) else f[i, j]

        first, second, third, fourth = (cell(f) for f in square)
        return hl.select(
            y % 2 == 0,
            hl.select(x % 2 == 0, first, second),
            hl.select(x % 2 == 0, third, fourth),
        )

    colours[x, y, c] = hl.mux(c, [whole(square) for square in squares])
    return colours, [g_r, g_b], [r_gr, b_gr, r_gb, b_gb, r_b, b_r]


def _corrected(hl: ModuleType, colours: Any, warm: Any, cold: Any, kelvin: Any) -> Any:
    """Return the colours by a matrix between those of two temperatures, in 1/256."""
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    low, high = (1.0 / t for t in TEMPERATURES)
    share = (1.0 / kelvin - hl.f32(high)) / hl.f32(low - high)
    matrix, corrected = hl.Func("matrix"), hl.Func("corrected")
    matrix[x, y] = hl.i16((warm[x, y] * share + cold[x, y] * (1.0 - share)) * 256.0)
    matrix.compute_root()
    rows = []
    for j in range(3):
        total = hl.i32(matrix[3, j])
        for i in range(3):
            total = total + hl.i32(matrix[i, j]) * hl.i32(colours[x, y, i])
        rows.append(hl.i16(total / 256))
    corrected[x, y, c] = hl.mux(c, rows)
    return corrected


def _curve(hl: ModuleType, gamma: Any, contrast: Any) -> Any:
    """Return the 8 bit value for each of 10 bit."""
    x = hl.Var("x")
    steep = 2.0 - hl.pow(2.0, contrast / 100.0)
    bent = 2.0 - 2.0 * steep
    light = hl.clamp(hl.f32(x - BLACK) / hl.f32(WHITE - BLACK), 0.0, 1.0)
    g = hl.pow(light, 1.0 / gamma)
    h = 1.0 - g
    value = hl.select(g > 0.5, 1.0 - (bent * h * h + steep * h), bent * g * g + steep * g)
    curve = hl.Func("curve")
    curve[x] = hl.u8(hl.clamp(value * 255.0 + 0.5, 0.0, 255.0))
    return curve


def _sharpened(hl: ModuleType, picture: Any, strength: Any) -> tuple[Any, Any]:
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    mean = hl.rounding_halving_add
    rows, blurred, output = hl.Func("rows"), hl.Func("blurred"), hl.Func("camera_pipe")
    above, here, below = (picture[x, y + j, c] for j in (-1, 0, 1))
    rows[x, y, c] = mean(mean(above, below), here)
    before, at, after = (rows[x + i, y, c] for i in (-1, 0, 1))
    blurred[x, y, c] = mean(mean(before, after), at)
    detail = hl.i16(picture[x, y, c]) - hl.i16(blurred[x, y, c])
    output[x, y, c] = hl.u8_sat(hl.i16(picture[x, y, c]) + detail * hl.i16(strength) / 32)
    return output, rows


def schedule(hl: ModuleType, app: Program) -> None:
    names = ("x", "y", "c", "xi", "yo", "yi", "yii")
    x, y, c, xi, yo, yi, yii = (hl.Var(name) for name in names)
    out, whole = app.output, hl.TailStrategy.RoundUp
    app.curve.compute_root().vectorize(x, 16)
    out.bound(c, 0, 3).split(y, yo, yi, 24, whole).split(yi, yi, yii, 2, whole)
    out.split(x, x, xi, 64, whole)
    out.reorder(xi, c, yii, x, yi, yo).vectorize(xi).unroll(c).unroll(yii).parallel(yo)
    app.calm.store_at(out, yo).compute_at(out, yi).vectorize(x, 32)
    app.quads.store_at(out, yo).compute_at(out, yi).reorder(c, x, y).bound(c, 0, 4)
    app.quads.vectorize(x, 32).unroll(c)
    app.curved.store_at(out, yo).compute_at(out, yi).reorder(c, x, y).bound(c, 0, 3)
    app.curved.align_bounds(x, 2).align_bounds(y, 2)
    app.curved.tile(x, y, xi, yi, 64, 2).vectorize(xi).unroll(yi).unroll(c)
    app.corrected.compute_at(app.curved, x).reorder(c, x, y).vectorize(x).unroll(y).unroll(c)
    app.colours.compute_at(app.curved, x).reorder(c, x, y).vectorize(x).unroll(y).unroll(c)
    for f in (*app.greens, *app.rest):
        f.compute_at(app.curved, x).vectorize(x, 32)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    y, x = np.mgrid[: size[1], : size[0]]
    light = 400 + 250 * np.sin(x / 37) * np.cos(y / 23) + rng.normal(0, 30, x.shape)
    raw = (light * np.where((x + y) % 2, 0.8, 1.0)).clip(0, 1023).astype(np.uint16)
    raw[rng.random(raw.shape) < 1e-3] = 1023
    matrices = (
        ((1.67, -0.27, -0.4, -42.0), (-0.36, 1.06, 0.39, -37.0), (-0.22, -1.3, 2.9, -27.0)),
        ((2.3, -0.45, 0.17, -39.0), (-0.38, 1.59, -0.21, -25.0), (-0.09, -0.73, 2.28, -20.0)),
    )
    return (raw, *(np.array(m, np.float32) for m in matrices), 3700.0, 2.0, 50.0, 32)


def shape(source: Array, *_: Any) -> Size:
    return 3, source.shape[0] - 2 * TOP, source.shape[1] - 2 * LEFT


def _moved(a: Array, i: int, j: int) -> Array:
    return np.roll(a, (-j, -i), (-2, -1))


def _mean(a: Array, b: Array) -> Array:
    return (a + b + 1) >> 1


def expected(
    source: Array,
    warm: Array,
    cold: Array,
    kelvin: float,
    gamma: float,
    contrast: float,
    strength: int,
) -> Array:
    """Return the picture; what is rolled in at the edges of the sensor does not reach it."""
    raw = source.astype(np.int32)
    around = [_moved(raw, *step) for step in ((-2, 0), (2, 0), (0, -2), (0, 2))]
    colours = _interpolated(np.clip(raw, 0, np.maximum.reduce(around)))
    low, high = (1 / t for t in TEMPERATURES)
    share = np.float32((1 / kelvin - high) / (low - high))
    matrix = ((warm * share + cold * (1 - share)) * 256).astype(np.int32)
    corrected = np.tensordot(matrix[:, :3], colours, 1) + matrix[:, 3, None, None] >> 8
    steep = 2 - 2 ** (contrast / 100)
    light = np.clip((np.arange(1024) - BLACK) / (WHITE - BLACK), 0, 1) ** (1 / gamma)
    bent, dark = 2 - 2 * steep, 1 - light
    low_end, high_end = (bent * g * g + steep * g for g in (light, dark))
    curve = np.clip(np.where(light > 0.5, 1 - high_end, low_end) * 255 + 0.5, 0, 255).astype(int)
    picture = curve[np.clip(corrected, 0, 1023)]
    rows = _mean(_mean(_moved(picture, 0, -1), _moved(picture, 0, 1)), picture)
    blurred = _mean(_mean(_moved(rows, -1, 0), _moved(rows, 1, 0)), rows)
    sharp = np.clip(picture + (picture - blurred) * strength // 32, 0, 255)
    return sharp[:, TOP:-TOP, LEFT:-LEFT].astype(np.uint8)


def _interpolated(raw: Array) -> Array:
    """Return the three colours of each cell: along lines and diagonals, less changing first."""
    y, x = np.indices(raw.shape)
    red, blue = (y % 2 == 0) & (x % 2 == 1), (y % 2 == 1) & (x % 2 == 0)

    def calmer(a: Array, first: Array, b: Array, second: Array) -> Array:
        return np.where(a < b, first, second)

    def pair(a: Array, i: int, j: int) -> tuple[Array, Array]:
        return _moved(a, i, j), _moved(a, -i, -j)

    def gap(i: int, j: int) -> Array:
        return np.abs(np.subtract(*pair(raw, i, j)))

    along, up = _mean(*pair(raw, 1, 0)), _mean(*pair(raw, 0, 1))
    green = np.where(red | blue, calmer(gap(1, 0), along, gap(0, 1), up), raw)

    def towards(i: int, j: int) -> Array:
        return green - _mean(*pair(green, i, j)) + _mean(*pair(raw, i, j))

    diagonal = calmer(gap(1, -1), towards(1, -1), gap(1, 1), towards(1, 1))
    odd = y % 2 == 1
    near, far = towards(1, 0), towards(0, 1)
    r = np.where(red, raw, np.where(blue, diagonal, np.where(odd, far, near)))
    b = np.where(blue, raw, np.where(red, diagonal, np.where(odd, near, far)))
    return np.stack([r, green, b])


APP = App(
    "camera_pipe",
    build,
    schedule,
    inputs,
    expected,
    shape,
    (2592, 1968),
    (160, 120),
    np.uint8,
    tolerance=0.008,
)
