"""Each error that an entry of docs/language names is caused here; a golden text shows them all."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from language_pages import ALL, Example, run

import halo

PRELUDE = """\
x, y, z = hl.vars("x y z")
f, g, h, total, pair = hl.funcs("f g h total pair")
f[x, y] = x + y
g[x, y] = f[x, y] + f[x, y + 1]
pair[x] = (x, x)
r = hl.RDom([(0, 8)], "r")
total[()] = 0
total[()] += r.x
image = hl.ImageParam(hl.UInt(8), 2, "image")
p = hl.Param(hl.UInt(8), "p", 2, max=9)
b = hl.Buffer(np.zeros((2, 3), np.int32), "b")
out = {"out": hl.OutputScalar(int), "generate": lambda self: self.out.__setitem__((), 1)}


def made(**members):
    return hl.generator("made")(type("Made", (), members))


"""

PROGRAMS = Path(__file__).resolve().parents[1] / "support" / "language_errors.txt"
"""A line for each: an entry, and what follows the prelude and ends with an error."""


def caused(program: str, monkeypatch: pytest.MonkeyPatch) -> Exception:
    """Return the error that a program ends with."""
    with pytest.raises((halo.HaloError, OSError)) as info:
        run(Example(PRELUDE + program + "\n", ""), monkeypatch)
    return info.value


def test_errors_that_entries_name_are_raised(
    monkeypatch: pytest.MonkeyPatch, golden: Callable[[str], None]
) -> None:
    headings = {name: e.heading for e in ALL for name in e.names}
    lines, raised = [], set()
    for line in PROGRAMS.read_text(encoding="utf-8").splitlines():
        name, program = line.split(": ", 1)
        error = caused(program, monkeypatch)
        raised |= {(headings[name], c.__name__) for c in type(error).__mro__}
        if isinstance(error, halo.CodegenError) and error.where is None:
            error = halo.CodegenError(error.message.partition("/")[0])  # the rest is the compiler's
        text = re.sub(r"example\.py:\d+", "LINE", str(error)).replace("\n", "\n  ")
        lines.append(f"{name}: {program}\n  {type(error).__name__}: {text}")
    golden("\n".join(lines))
    promised = {
        (e.heading, name)
        for e in ALL
        if e.page.stem != "errors"
        for name in re.findall(r"`(\w+(?:Error|Mismatch))`", e.prose)
    }
    assert sorted(promised - raised) == []
