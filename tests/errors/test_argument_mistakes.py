"""Arguments of a kind that a function does not take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import halo as hl

x = hl.Var("x")
MISTAKES: dict[str, tuple[Callable[[hl.Func], object], type[hl.HaloError], str, str]] = {
    "a target as text": (
        lambda f: f.compile_jit("host"),
        hl.TypeMismatch,
        "a target is a Target, not 'host'",
        "halo.Target(text)",
    ),
    "a number as target": (
        lambda f: f.print_loop_nest(3),
        hl.TypeMismatch,
        "a target is a Target, not 3",
        "halo.Target(text)",
    ),
    "a file instead of a schedule": (
        lambda f: f.apply_schedule("blur.json"),
        hl.TypeMismatch,
        "a Schedule is asked for, not 'blur.json'",
        "halo.Schedule.load(path)",
    ),
    "a schedule to check": (
        lambda f: f.check_schedule([]),
        hl.TypeMismatch,
        "a Schedule is asked for, not []",
        "f.schedule()",
    ),
    "an update by a Var": (
        lambda f: f.update(x),
        hl.DefinitionError,
        "updates have numbers, from 0",
        ".update(0)",
    ),
    "cast the wrong way round": (
        lambda f: hl.cast(x, hl.Int(8)),
        hl.TypeMismatch,
        "cast takes a Type first, not Var('x')",
        "cast(halo.Int(32), ...)",
    ),
    "reinterpret without a Type": (
        lambda f: hl.reinterpret("float32", x),
        hl.TypeMismatch,
        "reinterpret takes a Type first, not 'float32'",
        "reinterpret(halo.Int(32), ...)",
    ),
    "saturating_cast without a Type": (
        lambda f: hl.saturating_cast(8, x),
        hl.TypeMismatch,
        "saturating_cast takes a Type first, not 8",
        "saturating_cast(halo.Int(32), ...)",
    ),
    "extract_bits without a Type": (
        lambda f: hl.extract_bits(x, hl.UInt(8), 0),
        hl.TypeMismatch,
        "extract_bits takes a Type first, not Var('x')",
        "extract_bits(halo.Int(32), ...)",
    ),
    "a Param of a name only": (
        lambda f: hl.Param("gain"),
        hl.TypeMismatch,
        "Param takes a Type first, not 'gain'",
        "Param(halo.Int(32), ...)",
    ),
    "an ImageParam of a type's name": (
        lambda f: hl.ImageParam("uint8", 2),
        hl.TypeMismatch,
        "ImageParam takes a Type first, not 'uint8'",
        "ImageParam(halo.Int(32), ...)",
    ),
    "an ImageParam with its name for dimensions": (
        lambda f: hl.ImageParam(hl.UInt(8), "image"),
        hl.DefinitionError,
        "an ImageParam of 'image' dimensions",
        "ImageParam(type, 2)",
    ),
    "an ImageParam of too many dimensions": (
        lambda f: hl.ImageParam(hl.UInt(8), 2**40),
        hl.DefinitionError,
        "an ImageParam of 1099511627776 dimensions",
        "64 at most",
    ),
    "a Buffer of too many dimensions": (
        lambda f: hl.Buffer(hl.UInt(8), [1] * 65),
        hl.BufferError,
        "a Buffer of 65 dimensions",
        "64 at most",
    ),
    "names in a list": (
        lambda f: hl.vars(["x", "y"]),
        hl.DefinitionError,
        "vars takes a text, not ['x', 'y']",
        "",
    ),
    "no names": (lambda f: hl.funcs(None), hl.DefinitionError, "funcs takes a text, not None", ""),
    "a Var of a number": (lambda f: hl.Var(3), hl.DefinitionError, "Var takes a text, not 3", ""),
    "an RVar of a number": (lambda f: hl.RVar(0), hl.DefinitionError, "RVar takes a text", ""),
    "a Pipeline of nothing": (
        lambda f: hl.Pipeline(None),
        hl.DefinitionError,
        "a Pipeline is of a Func or of a list of them, not of None",
        "",
    ),
    "a Pipeline of a number": (lambda f: hl.Pipeline([3]), hl.DefinitionError, "not of [3]", ""),
    "no bits": (
        lambda f: hl.concat_bits(None),
        hl.DefinitionError,
        "concat_bits needs one part at least",
        "",
    ),
    "an estimate for each dimension": (
        lambda f: f.set_estimates([3]),
        hl.BufferError,
        "estimates are a list of (min, extent) pairs, not [3]",
        "",
    ),
    "a number as estimates": (lambda f: f.set_estimates(3), hl.BufferError, "pairs, not 3", ""),
    "a Target of a number": (lambda f: hl.Target(3), hl.HaloError, "a target is a text, not 3", ""),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_an_argument_of_another_kind_is_refused(refused: Any, what: str) -> None:
    mistake, kind, says, hint = MISTAKES[what]
    f = hl.Func("f")
    f[x] = x
    f[x] += 1
    with refused(kind, says, hint):
        mistake(f)
