"""What a parallel region takes of the function around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_TOKEN = re.compile(r'/\*.*?\*/|"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*')
"""A comment, a string or a word."""


def copied(values: Iterable[str], inside: Sequence[str]) -> str:
    """Return the clause by which the region `inside` has copies of those of `values` that it uses.

    Compilers that make a function of a region hand it addresses of what it shares, and then read
    a size or pointer from memory again after each store, which could have changed it.
    """
    used = {word for line in inside for word in _TOKEN.findall(line)}
    names = [name for name in values if name in used]
    return f" firstprivate({', '.join(names)})" if names else ""
