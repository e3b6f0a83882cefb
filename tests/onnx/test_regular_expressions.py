"""Automata of regular expressions against Python's own, and the operator that runs them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from onnx_frontend import backend
from onnx_frontend.errors import Unsupported
from onnx_frontend.regular_expressions import automaton


def accepts(pattern: str, text: str) -> bool:
    table, ends = automaton(pattern)
    state = 0
    for code in text.encode():
        state = table[state, code]
    return bool(ends[state])


PATTERNS = [
    r"",
    r"abc",
    r"a|b|",
    r"(ab)*c",
    r"a+b?",
    r"(?:a|bc){2,3}",
    r"a{0}b",
    r"a{2,}",
    r"x{,2}",
    r"[a-c_]+-[^a-c]",
    r"[\w.-]{0,3}@\d+",
    r"\W\D\S",
    r"^a.*z$",
    r"(^|,)\w+(,|$)",
    r"\bab\b.*",
    r"a\b.",
    r"a\Bb",
    r"\\\.\t",
    r"é+|日本",
    r".",
    r"[]a]",
    r"(?P<name>a)b",
    r"(a*)*b",
    r"(a?){3}",
    r"www\.[\w.-]+\.\bcom\b",
]
TEXTS = ["", "a", "b", "c", "ab", "abc", "aab", "abab", "bcbc", "aaa", "x{,2}", "a-d", "b_-é"]
TEXTS += ["ab@12", "é", "éé", "日本", "\n", "a\nz", "a..z", "aZz", ",a,", "a,", "ab cd", "a ", "]"]
TEXTS += [" xy", "-é-", "\\.\t", "www.a.com", "www.acom", "aaab", "bcabc"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_whole_texts_match_as_in_python(pattern: str) -> None:
    if pattern == r"x{,2}":  # RE2 takes it for characters, Python for a count
        assert accepts(pattern, "x{,2}") and not accepts(pattern, "x")
        return
    compiled = re.compile(pattern.replace("$", r"\Z"), re.ASCII)
    for text in TEXTS:
        assert accepts(pattern, text) == (compiled.fullmatch(text) is not None), text


PARTS = st.sampled_from(["a", "b", ".", r"\w", "[ab]", "[^a]", "(a|b)", "(?:ab|)", r"\b", "^", "$"])
COUNTED = st.sampled_from(["", "", "*", "+", "?", "{2}", "{0,2}", "*?"])


@given(st.lists(st.tuples(PARTS, COUNTED), max_size=5), st.text("ab c", max_size=6), st.booleans())
@settings(max_examples=300, deadline=None)
def test_random_patterns(parts: list[tuple[str, str]], text: str, either: bool) -> None:
    plain = [p + ("" if p in (r"\b", "^", "$") else n) for p, n in parts]
    pattern = "|".join(plain) if either else "".join(plain)
    compiled = re.compile(pattern.replace("$", r"\Z"), re.ASCII)
    assert accepts(pattern, text) == (compiled.fullmatch(text) is not None)


@pytest.mark.parametrize(
    "pattern",
    ["(a", "a)", "*a", "a**", "(?i)a", r"\pL", "[[:alpha:]]", "[é]", "a\\", "[a", "a{1001}", r"\1"],
)
def test_patterns_that_are_not_known_are_refused(pattern: str) -> None:
    with pytest.raises(Unsupported):
        automaton(pattern)


def test_strings_are_matched() -> None:
    node = helper.make_node("RegexFullMatch", ["x"], ["y"], pattern=r"(\W|^)[\w.]{0,25}@(a|b)\.c")
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node], "match", [value("x", TensorProto.STRING, ["n", 2])], [value("y", 9, ["n", 2])]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    x = np.array([["me@a.c", "me@c.c"], ["", " x@b.c"], ["é@a.c", "x@b.c "]], object)
    (made,) = backend.prepare(model).run([x])
    np.testing.assert_array_equal(made, [[True, False], [False, True], [True, False]])
