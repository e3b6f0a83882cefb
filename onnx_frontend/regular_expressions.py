"""Regular expressions in RE2's syntax as automata over the bytes of UTF-8 text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from onnx_frontend.errors import Unsupported
from onnx_frontend.tensor_data import Array

_STATES = 4096
"""States that an automaton may have."""
_REPEATS = 1000

_DIGITS = frozenset(b"0123456789")
_WORD = frozenset(b"0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SPACE = frozenset(b"\t\n\f\r ")
_ASCII = frozenset(range(1, 128))
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_TAIL = frozenset(range(0x80, 0xC0))
_LONG = (
    (range(0xC2, 0xE0), 1),
    (range(0xE0, 0xF0), 2),
    (range(0xF0, 0xF5), 3),
)
"""First bytes of characters beyond ASCII, and how many bytes follow."""

_BEGIN, _END, _EDGE, _NO_EDGE = range(4)
"""What is asked of the place between two characters."""


_Key = tuple[frozenset[int], bool, bool]
"""States of the net, whether text has begun, and whether its last byte is one of a word."""


@dataclass(slots=True)
class _Net:
    """A nondeterministic automaton: steps by byte, and steps that only ask for a place."""

    steps: list[tuple[frozenset[int], int] | None] = field(default_factory=list)
    free: list[list[tuple[int | None, int]]] = field(default_factory=list)

    def state(self) -> int:
        """Return a new state."""
        if len(self.steps) >= 16 * _STATES:
            raise Unsupported("a pattern that is not as large")
        self.steps.append(None)
        self.free.append([])
        return len(self.steps) - 1


class _Parser:
    """Reads a pattern; each part becomes states from a first to a last."""

    def __init__(self, pattern: str) -> None:
        self.text, self.at, self.net = pattern, 0, _Net()

    def whole(self) -> tuple[int, int]:
        """Return the first and the last state of the pattern."""
        made = self.choice(self.net.state())
        if self.at < len(self.text):
            raise Unsupported(f"a pattern without the '{self.text[self.at]}' at {self.at}")
        return 0, made

    def choice(self, first: int) -> int:
        """Read alternatives that begin in state `first`; return where they end."""
        last = self.net.state()
        while True:
            own = self.net.state()
            self.net.free[first].append((None, own))
            self.net.free[self.sequence(own)].append((None, last))
            if not self._take("|"):
                return last

    def sequence(self, state: int) -> int:
        """Read what stands one behind the other."""
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            start = self.at
            end = self.atom(state)
            state = self._repeated(state, end, start)
        return state

    def _repeated(self, first: int, end: int, start: int) -> int:
        """Read how often the part from `first` to `end`, whose text begins at `start`, stands."""
        low, high = self._counts()
        if (low, high) == (1, 1):
            return end
        self._take("?")  # the shortest match: a whole one is the same
        behind = self.at
        if self._counts() != (1, 1):
            raise Unsupported("a pattern in which no part is repeated twice over")
        self.at = behind
        net, part = self.net, self.text[start:]
        # What was read is one copy; a part of its own state can be left out or come again.
        state, made = net.state(), 0
        net.free[first] = [(None, state)]
        net.steps[first] = None
        ends: list[int] = []
        while made < low or (high is not None and made < high):
            if made >= low:
                ends.append(state)
            state = self._copy(part, state)
            made += 1
        if high is None:
            loop, back = net.state(), net.state()
            net.free[state].append((None, loop))
            net.free[self._copy(part, loop)].append((None, loop))
            net.free[loop].append((None, back))
            state = back
        last = net.state()
        for e in (*ends, state):
            net.free[e].append((None, last))
        self.at = behind
        return last

    def _copy(self, text: str, state: int) -> int:
        """Read the part that begins `text` once more, from `state` on."""
        inner = _Parser(text)
        inner.net = self.net
        own = self.net.state()
        self.net.free[state].append((None, own))
        return inner.atom(own)

    def _counts(self) -> tuple[int, int | None]:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return counts
        end = self.text.find("}", self.at)
        if not self.text.startswith("{", self.at) or end < 0:
            return 1, 1
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        if not low.isdigit() or (high and not high.isdigit()):
            return 1, 1  # the brace is a character
        self.at = end + 1
        most = int(low) if not comma else int(high) if high else None
        if max(int(low), most or 0) > _REPEATS:
            raise Unsupported(f"a pattern that repeats nothing more than {_REPEATS} times")
        return int(low), most

    def _take(self, sign: str) -> bool:
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) if found else 0
        return found

    def atom(self, state: int) -> int:
        """Read one part that begins in `state`; return where it ends."""
        c = self._next()
        if c == "(":
            if self._take("?"):
                if self._take("P<"):
                    self.at = self.text.find(">", self.at) + 1
                elif not self._take(":"):
                    raise Unsupported("a pattern without flags")
            last = self.choice(state)
            if not self._take(")"):
                raise Unsupported("a pattern whose brackets are closed")
            return last
        if c == "[":
            return self._characters(state, *self._bracket())
        if c == ".":
            return self._characters(state, _ASCII - {10}, True)
        if c in "^$":
            return self._ask(state, _BEGIN if c == "^" else _END)
        if c in "*+?":
            raise Unsupported(f"a pattern in which something stands before '{c}'")
        if c == "\\":
            return self._escape(state)
        return self._bytes(state, c)

    def _next(self) -> str:
        if self.at >= len(self.text):
            raise Unsupported("a pattern that does not end within a part")
        self.at += 1
        return self.text[self.at - 1]

    def _escape(self, state: int) -> int:
        c = self._next()
        places = {"b": _EDGE, "B": _NO_EDGE, "A": _BEGIN, "z": _END}
        if c in places:
            return self._ask(state, places[c])
        if c.lower() in _CLASSES:
            own = _CLASSES[c.lower()]
            return self._characters(state, own if c.islower() else _ASCII - own, c.isupper())
        if c in _CONTROLS:
            return self._bytes(state, chr(_CONTROLS[c]))
        if c.isalnum() and c.isascii():
            raise Unsupported(f"a pattern without '\\{c}'")
        return self._bytes(state, c)

    def _ask(self, state: int, what: int) -> int:
        last = self.net.state()
        self.net.free[state].append((what, last))
        return last

    def _bytes(self, state: int, text: str) -> int:
        for code in text.encode():
            state = self._step(state, frozenset({code}))
        return state

    def _step(self, state: int, codes: frozenset[int]) -> int:
        last = self.net.state()
        self.net.steps[state] = codes, last
        return last

    def _characters(self, state: int, codes: frozenset[int], beyond: bool) -> int:
        """Read one character of `codes`, or any beyond ASCII."""
        last = self.net.state()
        own = self.net.state()
        self.net.free[state].append((None, own))
        self.net.free[self._step(own, codes)].append((None, last))
        for firsts, more in _LONG if beyond else ():
            own = self.net.state()
            self.net.free[state].append((None, own))
            own = self._step(own, frozenset(firsts))
            for _ in range(more):
                own = self._step(own, _TAIL)
            self.net.free[own].append((None, last))
        return last

    def _bracket(self) -> tuple[frozenset[int], bool]:
        """Read a set of characters; return those of ASCII, and whether all others belong to it."""
        negated = self._take("^")
        codes: set[int] = set()
        beyond = False
        first = True
        while first or not self._take("]"):
            first = False
            c = self._next()
            if c == "[" and self.text.startswith(":", self.at):
                raise Unsupported("a pattern without named sets of characters")
            if c == "\\":
                c = self._next()
                if c.lower() in _CLASSES:
                    own = _CLASSES[c.lower()]
                    codes |= own if c.islower() else _ASCII - own
                    beyond |= c.isupper()
                    continue
                if c.isalnum() and c not in _CONTROLS:
                    raise Unsupported(f"a pattern without '\\{c}' in a set")
                c = chr(_CONTROLS.get(c, ord(c)))
            codes |= self._range(c)
        return (_ASCII - codes, not beyond) if negated else (frozenset(codes), beyond)

    def _range(self, c: str) -> set[int]:
        last = c
        behind = self.text[self.at + 1 : self.at + 2]
        if self.text.startswith("-", self.at) and behind not in ("]", ""):
            self.at += 1
            last = self._next()
            if last in "\\[":
                raise Unsupported("a pattern whose ranges end in plain characters")
        if not (c.isascii() and last.isascii()) or ord(last) < ord(c):
            raise Unsupported("a pattern whose sets are of ASCII characters")
        return set(range(ord(c), ord(last) + 1))


def automaton(pattern: str) -> tuple[Array, Array]:
    """Return the table of the next state (states, 256) and which states accept; 0 is the first.

    Raises
    ------
    Unsupported
        The pattern has parts that are not known here, or too many states.
    """
    parser = _Parser(pattern)
    first, last = parser.whole()
    net = parser.net
    begin: _Key = (frozenset({first}), False, False)
    numbers = {begin: 0}
    rows: list[list[int]] = []
    accepts: list[bool] = []
    for key in _growing(numbers):
        states, started, word = key
        accepts.append(last in _closure(net, states, started, word, None))
        row: list[int] = []
        reached = {w: _closure(net, states, started, word, w) for w in (False, True)}
        for code in range(256):
            is_word = code in _WORD
            found = (net.steps[s] for s in reached[is_word])
            after = frozenset(to for step in found if step for codes, to in [step] if code in codes)
            row.append(numbers.setdefault((after, True, is_word), len(numbers)))
        if len(numbers) > _STATES:
            raise Unsupported(f"a pattern of at most {_STATES} states")
        rows.append(row)
    return np.array(rows, np.int32), np.array(accepts, np.bool_)


def _growing(numbers: dict[_Key, int]) -> Iterator[_Key]:
    """Yield the keys in order, those that are added on the way, too."""
    done = 0
    while done < len(numbers):
        for key in list(itertools.islice(numbers, done, None)):
            done += 1
            yield key


def _closure(
    net: _Net, states: frozenset[int], started: bool, word: bool, following: bool | None
) -> set[int]:
    """Return what is reached without a byte; `following`: whether one of a word comes, or none."""
    edge = word != bool(following)
    holds = {
        None: True,
        _BEGIN: not started,
        _END: following is None,
        _EDGE: edge,
        _NO_EDGE: not edge,
    }
    found: set[int] = set()
    waiting = list(states)
    while waiting:
        state = waiting.pop()
        if state not in found:
            found.add(state)
            waiting += [to for what, to in net.free[state] if holds[what]]
    return found
