"""The public names of halo: they exist, and docs/language has an entry for each and for no other.

Whoever adds a name writes its entry, with an example, and runs ``pytest tests/test_language.py
--update-golden``, which puts it into the index.
"""

from __future__ import annotations

import inspect
import re

from language_pages import ALL, Entry
from public_names import (
    HANDED_OUT,
    classes,
    identity,
    is_method,
    members,
    public_functions,
    resolve,
)

import codegen
import halo
import onnx_frontend
from halo.ir.operators import COMPARE, FORWARD

OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip


def test_public_names_exist_and_are_listed_once() -> None:
    for package in (halo, codegen, onnx_frontend):
        names = package.__all__
        assert len(names) == len(set(names)), package.__name__
        assert [name for name in names if not hasattr(package, name)] == []


def test_public_classes_and_functions_have_docstrings() -> None:
    bare = [
        name
        for name in halo.__all__
        if callable(found := getattr(halo, name)) and not inspect.getdoc(found)
    ]
    assert bare == []


def test_public_methods_have_docstrings() -> None:
    bare = [
        f"{name}.{member}"
        for name, cls in classes()
        for member, thing in members(cls).items()
        if (is_method(thing) or isinstance(thing, property)) and not inspect.getdoc(thing)
    ]
    assert bare == []


def test_the_package_says_what_it_is() -> None:
    assert halo.__doc__ and "import halo as hl" in halo.__doc__


def test_every_public_name_has_one_entry() -> None:
    named = [n for e in ALL for n in e.names if "." not in n]
    assert {*halo.__all__, *HANDED_OUT} - {*named} == set()
    assert [n for n in named if named.count(n) > 1] == []


def test_every_public_method_has_an_entry() -> None:
    known = {identity(resolve(n)) for e in ALL for n in e.names if resolve(n) is not None}
    missing = [
        f"{name}.{member}"
        for name, cls in classes()
        for member, thing in members(cls).items()
        if is_method(thing) and identity(thing) not in known
    ]
    assert missing == []


def test_every_public_attribute_is_named_in_the_entry_of_its_class() -> None:
    missing = []
    for name, cls in classes():
        entry = entry_of(name)
        told = " ".join(re.findall(r"`([^`]+)`", entry.prose)) if entry else ""
        for member, thing in members(cls).items():
            shown = re.search(rf"\b{member}\b", told) or entry_of(f"{name}.{member}")
            if not is_method(thing) and not shown:
                missing.append(f"{name}.{member}")
    assert missing == []


def test_every_function_of_a_public_module_has_an_entry() -> None:
    found = public_functions(halo.BoundaryConditions)
    assert [n for n in found if not entry_of(f"BoundaryConditions.{n}")] == []


def test_every_operator_is_in_the_entry_of_expressions() -> None:
    entry = entry_of("Expr")
    assert entry is not None
    text = entry.body.replace("\\|", "|")
    assert [n for n in (*FORWARD, *COMPARE) if f"`a {OPERATORS[n]} b`" not in text] == []


def test_no_entry_is_about_something_else() -> None:
    assert [n for e in ALL for n in e.names if resolve(n) is None] == []


def entry_of(name: str) -> Entry | None:
    return next((e for e in ALL if name in e.names), None)
