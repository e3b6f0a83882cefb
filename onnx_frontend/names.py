"""Identifiers for the values of a model."""

from __future__ import annotations

import keyword
import re

_C_WORDS = """
auto bool break case char const continue default do double else enum extern false float for goto if
inline int long main register restrict return short signed sizeof static struct switch true typedef
union unsigned void volatile while
"""

_LONGEST = 200
"""Characters of a name that become a part of an identifier."""


class Names:
    """Gives out identifiers that are valid in C and Python, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """Return `name` as an identifier that has not been given before.

        What C does not allow becomes ``_``; a number is appended where that is taken. Of a long
        name the beginning is taken.
        """
        base = re.sub(r"[^0-9A-Za-z_]", "_", name[:_LONGEST]).strip("_") or "value"
        if base[0].isdigit() or base in _C_WORDS.split() or keyword.iskeyword(base):
            base = f"v_{base}"
        made, number = base, self._numbers.get(base, 1)
        while made in self._taken:
            number += 1
            made = f"{base}_{number}"
        self._numbers[base] = number
        self._taken.add(made)
        return made
