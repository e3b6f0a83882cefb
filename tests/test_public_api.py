"""The public names of halo are those of docs/api.md, all of them there and in order."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import codegen
import halo
import onnx_frontend

DOCS = Path(__file__).resolve().parent.parent / "docs" / "api.md"


def documented() -> list[str]:
    """Return the names in the first column of the tables."""
    rows = re.findall(r"^\| (`.*?) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def test_the_documentation_lists_every_public_name_once() -> None:
    assert sorted(documented()) == sorted(halo.__all__)


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


def test_the_package_says_what_it_is() -> None:
    assert halo.__doc__ and "import halo as hl" in halo.__doc__
