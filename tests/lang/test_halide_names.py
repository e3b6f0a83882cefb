"""Names of Halide's binding are in halo, or docs/language/halide.md says what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from halide_names import LIST, found, lacking, lines_of, written

import halo
from halo.lang.absent import MEMBERS, MODULE, PARAMETERS
from halo.schedule.methods.devices import DeviceMethods

PAGE = Path(__file__).resolve().parents[2] / "docs" / "language" / "halide.md"
NAMES = written()
DECLARATIONS = {
    "InputBuffer": "ImageParam",
    "InputScalar": "Param",
    "OutputBuffer": "Func",
    "OutputScalar": "Func",
}
"""What the declarations of a Generator become: what is said of it is said of them."""


def explained(name: str) -> bool:
    owner, _, member = name.rpartition(".")
    of = f"{DECLARATIONS.get(owner, owner)}.{member}"
    return name in MODULE or owner in MODULE or of in MEMBERS or of in PARAMETERS


def test_every_name_is_there_or_explained() -> None:
    missing = {name for name in NAMES if found(name) is None}
    assert [name for name in missing if not explained(name)] == []


def test_every_parameter_is_taken_by_its_name_or_explained() -> None:
    missing = [
        f"{name}({parameter})"
        for name, parameters in NAMES.items()
        if found(name) is not None
        for parameter in lacking(name, parameters)
    ]
    assert [name for name in missing if not explained(name)] == []


def test_what_is_explained_is_a_name_of_the_binding_that_is_missing() -> None:
    assert [n for n in (*MODULE, *MEMBERS) if n not in NAMES or found(n) is not None] == []
    for call in PARAMETERS:
        name, parameter = re.fullmatch(r"(.*)\((.*)\)", call).groups()
        assert parameter in lacking(name, NAMES[name]), call


def test_the_page_has_the_names_and_the_explanations() -> None:
    told = {**MODULE, **MEMBERS, **PARAMETERS}
    rows = re.findall(r"^\| `(.*)` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(rows) == told


def test_the_page_has_the_directives_that_are_refused() -> None:
    text = PAGE.read_text(encoding="utf-8")
    refused = [n for n in vars(DeviceMethods) if not n.startswith("_")]
    assert refused and [n for n in refused if f"`{n}`" not in text] == []


def test_the_list_is_what_the_binding_has(request: pytest.FixtureRequest) -> None:
    binding = pytest.importorskip("halide", reason="the peer is not installed")
    now = "".join(f"{line}\n" for line in lines_of(binding))
    if request.config.getoption("--update-golden"):
        LIST.write_text(now, encoding="utf-8")
    assert LIST.read_text(encoding="utf-8") == now


def test_one_argument_has_one_of_its_names() -> None:
    x, f = halo.Var("x"), halo.Func("f")
    f[x] = x
    assert [list(f.realize(sizes=[3])), list(f.realize(destination=[3]))] == [[0, 1, 2]] * 2
    with pytest.raises(TypeError, match="sizes and destination are names of one argument"):
        f.realize(sizes=[3], destination=[3])
