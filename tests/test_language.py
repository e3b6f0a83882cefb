"""docs/language: every public name has an entry with examples, and all that it shows is true."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from language_pages import INDEX, MARK, PAGES, Entry, Example, entries, index

import halo
from halo.buffer import BufferDimension
from halo.ir.expr import Expr
from halo.ir.operators import COMPARE, FORWARD
from halo.lang import names as names_of_programs
from halo.lang.func_ref import FuncRef
from halo.lang.image_dimension import ImageDimension
from halo.provenance.chain import Step
from halo.schedule.methods import Specialization
from halo.schedule.receipts import Receipt, Receipts, Status
from halo.schedule.schedule import Entry as ScheduleEntry
from halo.schedule.stories import Explanation, FuncStory, Nest

HANDED_OUT: dict[str, Any] = {
    "BufferDimension": BufferDimension,
    "Entry": ScheduleEntry,
    "Explanation": Explanation,
    "FuncRef": FuncRef,
    "FuncStory": FuncStory,
    "ImageDimension": ImageDimension,
    "Nest": Nest,
    "Receipt": Receipt,
    "Receipts": Receipts,
    "Specialization": Specialization,
    "Status": Status,
    "Step": Step,
}
"""Classes without a public name whose objects calls return."""

ALL = [e for page in PAGES for e in entries(page)]
OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip


def public(name: str) -> Any:
    """Return what is called `name`, None if nothing public is."""
    if name in HANDED_OUT:
        return HANDED_OUT[name]
    return getattr(halo, name, None) if name in halo.__all__ else None


def classes() -> Iterator[tuple[str, type]]:
    found = {**{name: public(name) for name in halo.__all__}, **HANDED_OUT}
    for name, what in found.items():
        if isinstance(what, type):
            yield name, Expr if name == "Expr" else what


def members(cls: type) -> dict[str, Any]:
    """Return the public members that halo gives a class, as they stand in the class."""
    found: dict[str, Any] = {}
    for base in cls.__mro__:
        if base.__module__.split(".")[0] == "halo":
            for name, member in vars(base).items():
                if not name.startswith("_"):
                    found.setdefault(name, member)
    return found


def is_method(member: Any) -> bool:
    return isinstance(member, (classmethod, staticmethod)) or inspect.isfunction(member)


def resolve(name: str) -> Any:
    """Return the thing that a heading names: of a member, as it stands in the class."""
    owner, _, member = name.rpartition(".")
    if not owner:
        return public(member)
    cls = public(owner)
    if isinstance(cls, ModuleType):
        return getattr(cls, member, None) if member in public_functions(cls) else None
    return members(Expr if owner == "Expr" else cls).get(member) if cls else None


def public_functions(module: ModuleType) -> list[str]:
    found = inspect.getmembers(module, inspect.isfunction)
    return [n for n, f in found if f.__module__ == module.__name__ and not n.startswith("_")]


def identity(thing: Any) -> int:
    return id(thing.__func__ if isinstance(thing, (classmethod, staticmethod)) else thing)


def entry_of(name: str) -> Entry | None:
    return next((e for e in ALL if name in e.names), None)


ENTRIES = pytest.mark.parametrize("entry", ALL, ids=lambda e: f"{e.page.stem}: {e.heading}")


def test_no_entry_is_about_something_else() -> None:
    assert [n for e in ALL for n in e.names if resolve(n) is None] == []


@ENTRIES
def test_an_entry_has_an_example_of_each_of_its_names(entry: Entry) -> None:
    shown = "".join(e.program for e in entry.examples)
    last = [n.rpartition(".")[2] for n in entry.names if n not in HANDED_OUT]
    assert entry.meaning.endswith((".", ":")) or not entry.names
    assert [n for n in last if not re.search(rf"\b{n}\b", shown)] == []


@ENTRIES
def test_an_entry_shows_calls_with_the_parameters_there_are(entry: Entry) -> None:
    wrong = []
    for name in entry.names:
        thing = resolve(name)
        function: Any = thing.__func__ if isinstance(thing, (classmethod, staticmethod)) else thing
        if not inspect.isfunction(function):
            continue
        last = name.rpartition(".")[2]
        calls = "\n".join(entry.calls)
        shown = [calls[m.end() :] for m in re.finditer(rf"\b{last}\(", calls)]
        real = list(inspect.signature(function).parameters.values())
        if (
            "." in name
            and not isinstance(thing, staticmethod)
            and isinstance(public(name.rpartition(".")[0]), type)
        ):
            real = real[1:]
        loose = any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in real)
        given = [parameters(c) for c in shown]
        if not shown or (not loose and [p.name for p in real] not in given):
            wrong.append(f"{name}({', '.join(p.name for p in real)})")
    assert wrong == []


def parameters(inside: str) -> list[str]:
    """Return the names of arguments, up to the parenthesis that ends a call; no defaults."""
    found: list[str] = []
    depth, word = 0, ""
    for c in inside:
        depth += (c in "([{") - (c in ")]}")
        if depth < 0 or (c == "," and depth == 0):
            found.append(word)
            word = ""
            if depth < 0:
                break
        else:
            word += c
    stripped = [re.split(r"[=:]", w)[0].strip() for w in found]
    return [w for w in stripped if w not in ("", "*")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_do_what_they_say(
    page: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = []
    for number, (entry, example) in enumerate((e, x) for e in entries(page) for x in e.examples):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        try:
            printed = run(example, monkeypatch)
        except Exception as error:
            wrong.append(f"{entry.heading}: {type(error).__name__}: {error}\n{example.program}")
            continue
        if "assert " not in example.program and not printed:
            wrong.append(f"{entry.heading} shows nothing that is checked")
        elif printed != example.output and request.config.getoption("--update-golden"):
            page.write_text(example.with_output(page.read_text(encoding="utf-8"), printed))
        elif printed != example.output:
            wrong.append(f"{entry.heading}:\n{example.program}prints\n{printed}")
    assert not wrong, "\n\n".join(wrong)


def run(example: Example, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run an example as a program of its own; return what it prints."""
    for name, empty in (("_taken", set()), ("_next", {}), ("_asked", {})):
        monkeypatch.setattr(names_of_programs, name, empty)
    program = compile(example.program, "example.py", "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, {"hl": halo, "np": np, "__name__": "example"})
    return printed.getvalue()


def test_errors_that_are_named_exist() -> None:
    errors = {"OSError", "StopIteration"}
    words = {w for e in ALL for w in re.findall(r"`(\w+(?:Error|Mismatch))`", e.body)}
    assert words - errors - set(halo.__all__) == set()


def test_the_index_is_that_of_the_pages(request: pytest.FixtureRequest) -> None:
    head, mark, found = INDEX.read_text(encoding="utf-8").partition(MARK)
    if request.config.getoption("--update-golden"):
        INDEX.write_text(head + MARK + "\n" + index(), encoding="utf-8")
    else:
        assert mark and found == "\n" + index(), "pytest --update-golden writes it"


@pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.stem)
def test_links_lead_to_headings(page: Path) -> None:
    lost = []
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        text = (page.parent / target if target else page).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        anchors = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings]
        if anchor not in anchors:
            lost.append(f"{target}#{anchor}")
    assert lost == []
