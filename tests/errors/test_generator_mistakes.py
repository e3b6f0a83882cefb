"""Generators that are declared, called or asked for wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import halo as hl
from halo.generators.command import command

x, y = hl.vars("x y")
LINE = hl.Buffer(np.zeros(3, np.int32))


@hl.generator("mistaken")
class Mistaken:
    factor = hl.GeneratorParam(2)
    source = hl.InputBuffer(hl.Int(32), 1)
    amount = hl.InputScalar(hl.UInt(8))
    out = hl.OutputBuffer(hl.Int(32), 1)

    def generate(self) -> None:
        self.out[x] = self.source[x] * self.factor + hl.i32(self.amount)


def broken(**members: Any) -> type[hl.Generator]:
    """Return a generator with an output and `members`."""
    return type("Broken", (hl.Generator,), {"out": hl.OutputBuffer(hl.Int(32), 1), **members})


def defines(value: Any) -> Any:
    def generate(self: Any) -> None:
        self.out[x] = value

    return generate


@pytest.mark.parametrize(
    ("args", "named", "kind", "texts"),
    [
        ((LINE,), {}, hl.DefinitionError, ("no value for amount", "source, amount")),
        ((LINE, 1, 2), {}, hl.DefinitionError, ("takes 2 inputs, 3 are given",)),
        ((LINE, 1), {"gain": 2}, hl.DefinitionError, ("no input 'gain'",)),
        ((LINE, 1), {"source": LINE}, hl.DefinitionError, ("'source' twice",)),
        ((np.zeros(3), 1), {}, hl.TypeMismatch, ("'source' is a Buffer or an ImageParam",)),
        ((LINE, LINE), {}, hl.TypeMismatch, ("'amount' is a number or a Param",)),
        ((LINE, 300), {}, hl.BufferError, ("uint8 cannot hold 300",)),
        ((LINE, hl.Param(hl.Int(32))), {}, hl.TypeMismatch, ("uint8 of 0", "given int32")),
        ((hl.Buffer(hl.Int(8), [3]), 1), {}, hl.TypeMismatch, ("int32 of 1", "given int8 of 1")),
        ((hl.Buffer(hl.Int(32), [3, 3]), 1), {}, hl.TypeMismatch, ("given int32 of 2",)),
    ],
)
def test_a_call_that_does_not_fit(
    args: Any, named: Any, kind: Any, texts: Any, refused: Any
) -> None:
    with refused(kind, *texts):
        Mistaken.call(*args, **named)


@pytest.mark.parametrize(
    ("params", "kind", "texts"),
    [
        ({"speed": 3}, hl.DefinitionError, ("mistaken has no parameter 'speed'", "factor")),
        ({"factor": "fast"}, hl.TypeMismatch, ("'factor' is of type int, not 'fast'",)),
        ({"factor": 2.5}, hl.TypeMismatch, ("'factor' is of type int, not 2.5",)),
        ({"source.type": "int8"}, hl.DefinitionError, ("'source.type' is set", "already")),
        ({"out.dim": 2}, hl.DefinitionError, ("'out.dim' is set", "already")),
        ([("factor", 2)], hl.TypeMismatch, ("is a dict of names to values", "factor")),
    ],
)
def test_a_parameter_that_does_not_fit(params: Any, kind: Any, texts: Any, refused: Any) -> None:
    with refused(kind, *texts):
        Mistaken(params)


@pytest.mark.parametrize(
    ("members", "kind", "texts"),
    [
        ({"s": hl.InputBuffer(None, 1)}, hl.DefinitionError, ("'s' has no type", "s.type")),
        ({"s": hl.InputBuffer(int, None)}, hl.DefinitionError, ("'s' has no number", "s.dim")),
        ({"_s": hl.InputScalar(int)}, hl.DefinitionError, ("called '_s'", "begins with a letter")),
        ({"a__b": hl.InputScalar(int)}, hl.DefinitionError, ("called 'a__b'", "no __")),
        ({"target": hl.InputScalar(int)}, hl.DefinitionError, ("called 'target'", "no method")),
        ({"out": None}, hl.DefinitionError, ("declares no output",)),
        ({}, hl.DefinitionError, ("has no generate method",)),
        ({"generate": lambda self: None}, hl.DefinitionError, ("its output 'out' undefined",)),
        (
            {"generate": defines(hl.u8(x))},
            hl.TypeMismatch,
            ("only hold values of type int32", "uint8"),
        ),
        (
            {"generate": lambda self: self.out.__setitem__((x, y), x)},
            hl.DefinitionError,
            ("exactly 1 dimensions", "with 2 dimensions"),
        ),
        (
            {"generate": lambda self: setattr(self, "out", hl.Func())},
            hl.DefinitionError,
            ("'out' of generator", "assigned to", "self.out[...] = ..."),
        ),
        (
            {"generate": lambda self: self.add_input("late", hl.InputScalar(int))},
            hl.DefinitionError,
            ("outside of configure()",),
        ),
        (
            {"configure": lambda self: self.add_input("out", hl.InputScalar(int))},
            hl.DefinitionError,
            ("has a member 'out' already",),
        ),
        (
            {"configure": lambda self: self.add_output("more", hl.InputScalar(int))},
            hl.TypeMismatch,
            ("is no output",),
        ),
    ],
)
def test_a_class_that_declares_or_makes_something_wrong(
    members: Any, kind: Any, texts: Any, refused: Any
) -> None:
    with refused(kind, *texts):
        broken(**members)().build_pipeline()


def test_a_parameter_of_another_kind(refused: Any) -> None:
    with refused(hl.TypeMismatch, "cannot be [1, 2]", "a Type"):
        hl.GeneratorParam([1, 2])


def test_a_declaration_of_no_type(refused: Any) -> None:
    with refused(hl.TypeMismatch, "'uint8' is no type", "halo.UInt(8)"):
        hl.InputBuffer("uint8", 1)


def test_a_type_that_is_none_of_halos(refused: Any) -> None:
    with refused(hl.TypeMismatch, "'out.type' is a type, not 'int12'", "float32"):
        broken(out=hl.OutputBuffer(None, 1))({"out.type": "int12"})


def test_a_name_that_is_taken(refused: Any) -> None:
    with refused(hl.DefinitionError, "a generator 'mistaken' already"):
        hl.generator("mistaken")(type("Other", (), {}))


def test_a_function_as_a_generator(refused: Any) -> None:
    with refused(hl.TypeMismatch, "decorates classes"):
        hl.generator("function")(lambda: None)


def test_an_alias_of_what_has_no_name(refused: Any) -> None:
    with refused(hl.DefinitionError, "@alias decorates a generator", "above @halo.generator"):
        hl.alias(other={})(type("Nameless", (), {}))


def test_an_alias_without_parameters(refused: Any) -> None:
    with refused(hl.TypeMismatch, "the alias other", "not a dict"):
        hl.alias(other=3)(Mistaken)


def test_a_generator_that_is_not_there(refused: Any) -> None:
    with refused(hl.DefinitionError, "no generator 'nobody'", "mistaken"):
        hl.create_callable_from_generator(hl.Target("host"), "nobody")


def test_a_context_that_is_not_active(refused: Any) -> None:
    with refused(hl.DefinitionError, "no GeneratorContext is active", "with halo.Generator"):
        hl.active_generator_context()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-g", "nobody"], "no generator 'nobody'"),
        (["-g", "mistaken", "factor"], "'factor' is no NAME=VALUE"),
        (["-g", "mistaken", "speed=3"], "no parameter 'speed'"),
        (["-g", "mistaken", "target=z80"], "unknown target 'z80'"),
        (["-g", "mistaken", "-e", "poem"], "there are no 'poem' files"),
        (["-g", "mistaken", "-e", "hlpipe"], "does not write hlpipe files"),
        (["-g", "mistaken", "-x", ".h"], "'.h' is no NAME=VALUE"),
        (["--load", "no_such_file.py"], "cannot load no_such_file.py"),
        (["--load", "no_such_module"], "cannot load no_such_module"),
    ],
)
def test_a_command_that_cannot_be(words: list[str], text: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(command, [*words, "-o", str(tmp_path)])
    assert done.exit_code in (1, 2) and text in done.output
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(command, ["-g", "mistaken", "-o", str(tmp_path / "file")])
    assert done.exit_code == 2 and "cannot make the folder" in done.output
