"""Sequences of which only a run tells the length, in branches and in loops."""

from __future__ import annotations

import numpy as np
import pytest
from sequences import TARGETS, check, floats, items, made, same

from halo.errors import BufferError

BRANCHES = """(bool c, float[2, 3] x, seq(float[p, q]) g, int64 i)
  => (seq(float) s, int64 n, float y) {{
  s = If (c) < then_branch = t () => (a) {{ {then} }}, else_branch = e () => (b) {{ {other} }} >
  n = SequenceLength(s) y = SequenceAt(s, i) }}"""


@TARGETS
@pytest.mark.parametrize("c", [False, True])
@pytest.mark.parametrize(
    ("then", "other"),
    [
        ("a = SequenceConstruct(x, x)", "b = SequenceConstruct(x, x, x)"),
        ("m = Transpose(x) a = SequenceConstruct(m, x)", "b = SequenceConstruct(x)"),
        ("a = SplitToSequence(x, )", "b = Identity(g)"),
        ("a = SequenceErase(g)", "b = SequenceInsert(g, x)"),
    ],
)
def test_branches_may_give_sequences_of_different_lengths(
    target: str, c: bool, then: str, other: str
) -> None:
    text = BRANCHES.format(then=then, other=other)
    check(text, target, c=c, x=floats(2, 3), g=items((1, 2), (2, 2)), i=-1)


@TARGETS
def test_a_branch_may_give_a_sequence_without_tensors(target: str) -> None:
    text = """(bool c, float[2, 3] x, float[2, 1] z) => (seq(float) s, seq(float) t) {
      s = If (c) < then_branch = p () => (a) { a = SequenceConstruct(x, z) },
        else_branch = q () => (b) { b = SequenceEmpty() } >
      t = SequenceInsert(s, x) }"""
    for c in (False, True):
        check(text, target, c=c, x=floats(2, 3), z=floats(2, 1))


@TARGETS
def test_what_the_other_branch_would_do_with_an_empty_sequence_does_not_count(target: str) -> None:
    text = """(seq(float[p, q]) g, float[2, 3] x, float[r, s] w) => (seq(float) s, float y) {
      n = SequenceLength(g) zero = Constant<value = int64 {0}>() c = Greater(n, zero)
      s, y = If (c) <
        then_branch = t () => (a, u) { a = SequenceErase(g) u = SequenceAt(g, zero) },
        else_branch = e () => (b, v) { p = SplitToSequence(w, ) b = SequenceInsert(p, x)
          v = Identity(x) } > }"""
    model = made(text, target)
    x, w = floats(2, 3), floats(2, 3)
    results = model.run({"g": [], "x": x, "w": w})
    same(results["s"], [w[:1], w[1:], x])
    same(results["y"], x)
    g = items((1, 2), (3, 1))
    results = model.run({"g": g, "x": x, "w": floats(0, 3)})
    same(results["s"], g[:1])
    same(results["y"], g[0])


@TARGETS
def test_a_function_is_mapped_over_a_sequence_of_any_length(target: str) -> None:
    text = """(seq(float[p, q]) x, float[1, 1] w) => (seq(float) y, seq(float) z, float j) {
      y, z = SequenceMap(x, w) <body = b (float[p, q] i, float[1, 1] k)
        => (float[p, q] o, float[q, p] t) { o = Mul(i, k) t = Transpose(o) }>
      j = ConcatFromSequence<axis = 0>(z) }"""
    for shapes in ([(2, 3), (2, 1), (2, 0)], [(1, 1)], [(3, 4)] * 9):
        check(text, target, x=items(*shapes), w=floats(1, 1))


@TARGETS
def test_a_loop_reads_and_builds_sequences(target: str) -> None:
    text = """(float[r, 3] x, int64 n) => (seq(float) s, float[1, 3] sum) {
      p = SplitToSequence(x, ) e = SequenceEmpty() go = Constant<value = bool {1}>()
      zeros = Constant<value = float[1, 3] {0, 0, 0}>()
      s, sum = Loop(n, go, e, zeros) <body = b (int64 i, bool c, seq(float) t, float[1, 3] a)
        => (bool d, seq(float) u, float[1, 3] f) {
        d = Identity(c) row = SequenceAt(p, i) f = Add(a, row)
        g = Concat<axis = 0>(a, f) u = SequenceInsert(t, g) }> }"""
    for n in (1, 2, 4):
        check(text, target, x=floats(4, 3), n=n)
    with pytest.raises(BufferError, match="its position is outside"):
        made(text, target).run({"x": floats(4, 3), "n": np.array(5)})


@TARGETS
def test_a_loop_collects_what_a_branch_takes(target: str) -> None:
    text = """(float[r, m] x) => (seq(float) s, int64 k) {
      p = SplitToSequence<keepdims = 0>(x, ) n = SequenceLength(p) e = SequenceEmpty()
      go = Constant<value = bool {1}>() zero = Constant<value = float {0}>()
      s = Loop(n, go, e) <body = b (int64 i, bool c, seq(float) t) => (bool d, seq(float) u) {
        d = Identity(c) row = SequenceAt(p, i) sum = ReduceSum<keepdims = 0>(row)
        some = Greater(sum, zero) u = If (some) <
          then_branch = f () => (v) { v = SequenceInsert(t, row) },
          else_branch = g () => (w) { w = Identity(t) } > }>
      k = SequenceLength(s) }"""
    x = np.random.default_rng(3).normal(size=(9, 3)).astype(np.float32)
    for rows in (x, -np.abs(x), x[:0]):
        check(text, target, x=rows)


@TARGETS
def test_a_loop_empties_a_sequence(target: str) -> None:
    text = """(seq(float[p, q]) x) => (seq(float) s, float sum) {
      zero = Constant<value = int64 {0}>() none = Constant<value = float {0}>()
      n = SequenceLength(x) some = Greater(n, zero)
      s, sum = Loop(, some, x, none) <body = b (int64 i, bool c, seq(float) t, float a)
        => (bool d, seq(float) u, float f) {
        first = SequenceAt(t, zero) own = ReduceSum<keepdims = 0>(first) f = Add(a, own)
        u = SequenceErase(t, zero) left = SequenceLength(u) d = Greater(left, zero) }> }"""
    for shapes in ([(2, 1), (0, 3), (1, 1)], [(3, 3)]):
        check(text, target, x=items(*shapes))


def test_an_open_sequence_may_be_optional() -> None:
    text = """(bool c, seq(float[p, q]) x) => (bool there, optional(seq(float)) o) {
      o = If (c) < then_branch = t () => (a) { a = Optional(x) },
        else_branch = e () => (b) { b = Optional<type = seq(float[p, q])>() } >
      there = OptionalHasElement(o) }"""
    x = items((3, 2), (1, 1))
    model = made(text)
    results = model.run({"c": np.array(True), "x": x})
    same(results["o"], x)
    assert results["there"]
    assert model.run({"c": np.array(False), "x": x})["o"] is None
