"""Names that no two Funcs, images or parameters of the process share."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from halo.errors import DefinitionError, user_location

_lock = threading.Lock()
_taken: set[str] = set()
_next: dict[str, int] = {}
_asked: dict[str, str] = {}


def unique_name(base: str) -> str:
    """Return `base`, or ``base$1``, ``base$2``, ... if that name has been given before."""
    with _lock:
        name = base
        while name in _taken:
            number = _next.get(base, 1)
            _next[base] = number + 1
            name = f"{base}${number}"
            _asked[name] = base
        _taken.add(name)
        return name


def need_text(owner: str, text: object) -> str:
    """Return `text`, having refused what is none where `owner` takes names."""
    if isinstance(text, str):
        return text
    raise DefinitionError(f"{owner} takes a text, not {text!r}", where=user_location())


def asked_name(name: str) -> str:
    """Return the name that `unique_name` was asked for when it gave `name`."""
    return _asked.get(name, name)


def fresh_name(prefix: str) -> str:
    """Return the first of ``prefix0``, ``prefix1``, ... that has not been given before."""
    with _lock:
        while True:
            number = _next.get(f"{prefix}#", 0)
            _next[f"{prefix}#"] = number + 1
            name = f"{prefix}{number}"
            if name not in _taken:
                _taken.add(name)
                return name


@dataclass(frozen=True, slots=True)
class GivenNames:
    """Which names have been given so far."""

    taken: frozenset[str]
    next: tuple[tuple[str, int], ...]
    asked: tuple[tuple[str, str], ...]


def given_names() -> GivenNames:
    """Return which names have been given so far."""
    with _lock:
        return GivenNames(frozenset(_taken), tuple(_next.items()), tuple(_asked.items()))


def take_back_names(since: GivenNames) -> None:
    """Let names given after `since` be given again: for when all that has them is gone."""
    with _lock:
        for now in (_taken, _next, _asked):
            now.clear()
        _taken.update(since.taken)
        _next.update(since.next)
        _asked.update(since.asked)
