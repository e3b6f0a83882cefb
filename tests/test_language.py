"""docs/language: the programs in it run, what they print is what stands there, calls are right."""

from __future__ import annotations

import builtins
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from language_pages import ALL, INDEX, MARK, PAGES, Entry, entries, examples, index, run
from public_names import HANDED_OUT, public, resolve

import halo

ENTRIES = pytest.mark.parametrize("entry", ALL, ids=lambda e: f"{e.page.stem}: {e.heading}")


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
    return [w for w in stripped if w not in ("", "*", "self")]


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


def test_the_program_of_the_index_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = examples(INDEX.read_text(encoding="utf-8"))
    assert "assert " in first.program and run(first, monkeypatch) == ""


def test_errors_that_are_named_exist() -> None:
    words = {w for e in ALL for w in re.findall(r"`(\w+(?:Error|Mismatch))`", e.body)}
    assert [w for w in words if not (w in halo.__all__ or hasattr(builtins, w))] == []


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
