"""The pages of docs/language: their entries, the examples in them, and the index made of them.

An entry is a heading ``### `name` `name` ``, an indented block of calls, prose, and examples. An
example is a block of Python; what it prints stands in the ``text`` block after it.
"""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

import halo
from halo.generators import registry
from halo.lang import names as names_of_programs

DOCS = Path(__file__).resolve().parents[2] / "docs"
INDEX = DOCS / "language.md"
_ORDER = (
    "algorithms",
    "inputs",
    "buffers",
    "expressions",
    "mathematics",
    "loops",
    "places",
    "schedules",
    "running",
    "compiling",
    "generators",
    "targets",
    "errors",
    "handles",
)
PAGES = [DOCS / "language" / f"{name}.md" for name in _ORDER]
MARK = "<!-- from here on written by: pytest tests/test_language.py --update-golden -->\n"

_ENTRY = re.compile(r"^### (.*)$", re.MULTILINE)
_EXAMPLE = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A program, and what it prints."""

    program: str
    output: str

    def with_output(self, text: str, printed: str) -> str:
        """Return the text of a page with `printed` as what this prints."""
        program = f"```python\n{self.program}```\n"
        block = "\n```text\n{}```\n"
        old = program + (block.format(self.output) if self.output else "")
        return text.replace(old, program + (block.format(printed) if printed else ""))


@dataclass(frozen=True)
class Entry:
    """What stands under one heading."""

    page: Path
    heading: str
    body: str

    @property
    def names(self) -> list[str]:
        """The names it is about."""
        return re.findall(r"`([\w.]+)`", self.heading)

    @property
    def anchor(self) -> str:
        """What a link to it ends with."""
        text = re.sub(r"[^\w\- ]", "", self.heading.lower())
        return text.replace(" ", "-")

    @cached_property
    def calls(self) -> list[str]:
        """The lines of the first indented block, how the names are called."""
        before = self.body.partition("```")[0]
        return [line.strip() for line in re.findall(r"^    \S.*$", before, re.MULTILINE)]

    @cached_property
    def prose(self) -> str:
        """All of it but the indented block and the examples."""
        rest = _EXAMPLE.sub("", self.body)
        return re.sub(r"^    \S.*\n", "", rest, flags=re.MULTILINE).strip()

    @property
    def meaning(self) -> str:
        """The first sentence."""
        first = re.split(r"\n\n|(?<=\.)\s", self.prose, maxsplit=1)[0]
        return " ".join(first.split())

    @cached_property
    def examples(self) -> list[Example]:
        """The programs, in order."""
        return examples(self.body)


def entries(page: Path) -> list[Entry]:
    """Return the entries of a page."""
    parts = _ENTRY.split(page.read_text(encoding="utf-8"))[1:]
    return [
        Entry(page, parts[i], re.split(r"^## ", parts[i + 1], maxsplit=1, flags=re.MULTILINE)[0])
        for i in range(0, len(parts), 2)
    ]


def examples(text: str) -> list[Example]:
    """Return the programs of a text."""
    return [Example(program, output) for program, output in _EXAMPLE.findall(text)]


ALL = [e for page in PAGES for e in entries(page)]


def run(example: Example, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run an example as a program of its own; return what it prints."""
    for name, empty in (("_taken", set()), ("_next", {}), ("_asked", {})):
        monkeypatch.setattr(names_of_programs, name, empty)
    monkeypatch.setattr(registry, "_registered", {})
    for variable in ("HL_TARGET", "HL_JIT_TARGET"):
        monkeypatch.delenv(variable, raising=False)
    program = compile(example.program, "example.py", "exec")
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(program, {"hl": halo, "np": np, "__name__": "example"})
    finally:
        halo.memoization_cache_cleanup()
        halo.memoization_cache_set_size(64 << 20)
    return printed.getvalue()


def index() -> str:
    """Return the tables of the index: each page, and what each entry of it is about."""
    parts = []
    for page in PAGES:
        title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        link = page.relative_to(INDEX.parent)
        rows = [_row(e, f"{link}#{e.anchor}") for e in entries(page)]
        head = [f"## [{title}]({link})", "", "| name | meaning |", "| --- | --- |"]
        parts.append("\n".join([*head, *rows]))
    return "\n\n".join(parts) + "\n"


def _row(entry: Entry, link: str) -> str:
    names = " ".join(f"`{n}`" for n in entry.names)
    meaning = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", entry.meaning).replace("|", r"\|")
    return f"| [{names}]({link}) | {meaning} |"
