"""`in_` and `clone_in`: Funcs that a schedule puts between a Func and its consumers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")
Make = Callable[[], tuple[hl.Func, hl.Func, hl.Func, hl.ImageParam]]
DATA = np.arange(400, dtype=np.int32).reshape(20, 20)


def pipeline() -> tuple[hl.Func, hl.Func, hl.Func, hl.ImageParam]:
    """Return f over an image, g that reads f, h that reads f and g."""
    f, g, h = hl.funcs("f g h")
    image = hl.ImageParam(hl.Int(32), 2, "image")
    image.set(DATA)
    f[x, y] = image[x, y] * 2 + x
    g[x, y] = f[x, y] + f[x + 1, y]
    h[x, y] = g[x, y] - f[x, y + 1]
    f.compute_root()
    g.compute_root()
    return f, g, h, image


def values(h: hl.Func, width: int = 7, height: int = 9) -> np.ndarray[Any, Any]:
    return np.asarray(h.realize([width, height]))


PLAIN = values(pipeline()[2])


def test_a_wrapper_changes_no_value() -> None:
    f, g, h, _ = pipeline()
    f.in_(g).compute_at(g, y).vectorize(x, 4)
    np.testing.assert_array_equal(values(h), PLAIN)


def test_a_wrapper_for_several_consumers_is_computed_once_for_all() -> None:
    f, g, h, _ = pipeline()
    wrapper = f.in_([g, h]).compute_root()
    np.testing.assert_array_equal(values(h), PLAIN)
    assert str(h.receipts()).count(f"through {wrapper.name()}") == 1


def test_a_wrapper_for_all_leaves_out_those_with_one_of_their_own() -> None:
    f, g, h, _ = pipeline()
    own = f.in_(g).compute_root()
    everyone = f.in_().compute_root()
    np.testing.assert_array_equal(values(h), PLAIN)
    assert {w.name() for w in (own, everyone)} <= {
        r.entry.func for r in h.receipts() if r.status.value == "applied"
    }


def test_the_order_of_wrappers_does_not_matter() -> None:
    f, g, h, _ = pipeline()
    f.in_().compute_root()
    own = f.in_(g).compute_root()
    np.testing.assert_array_equal(values(h), PLAIN)
    assert all(r.status.value == "applied" for r in h.receipts() if r.entry.func == own.name())


def test_a_wrapper_of_a_wrapper_stages_twice() -> None:
    f, g, h, _ = pipeline()
    outer = f.in_(g).compute_root()
    outer.in_(g).compute_at(g, y)
    np.testing.assert_array_equal(values(h), PLAIN)


def test_the_same_consumers_give_the_same_wrapper() -> None:
    f, g, h, _ = pipeline()
    assert f.in_(g).name() == f.in_(g).name()
    assert f.in_(g).name() != f.in_(h).name()
    assert f.clone_in(h).name() == f.clone_in(h).name()


def test_an_image_is_staged_by_a_wrapper() -> None:
    f, _, h, image = pipeline()
    image.in_(f).compute_at(f, y).vectorize("_0", 4)
    np.testing.assert_array_equal(values(h), PLAIN)
    np.testing.assert_array_equal(values(h, 1, 1), PLAIN[:1, :1])


def test_a_buffer_is_staged_by_a_wrapper() -> None:
    def over(data: hl.Buffer) -> tuple[hl.Func, hl.Func]:
        f, g = hl.funcs("f g")
        f[x, y] = data[x, y] * 2 + data[x + 1, y]
        g[x, y] = data[x, y + 1] - f[x, y]
        f.compute_root()
        return f, g

    data = hl.Buffer(np.arange(72, dtype=np.int32).reshape(8, 9), "data")
    data.set_min([-1, -2])
    plain = np.asarray(over(data)[1].realize(_at(7, 6)))
    f, g = over(data)
    wrapper = data.in_(f).compute_at(f, y).vectorize("_0", 4)
    assert data.in_(f).name() == wrapper.name() == f"{data.name()}_in_{f.name()}"
    np.testing.assert_array_equal(np.asarray(g.realize(_at(7, 6))), plain)
    assert [s.name for s in hl.why(data, (0, 0), of=f, sizes=[3, 3]).steps or ()] == [
        wrapper.name(),
        data.name(),
    ]
    other = hl.Buffer(data)
    again = over(other)[1]
    other.in_().compute_root()
    np.testing.assert_array_equal(np.asarray(again.realize(_at(7, 6))), plain)


def _at(width: int, height: int) -> hl.Buffer:
    made = hl.Buffer(hl.Int(32), [width, height])
    made.set_min([-1, -2])
    return made


def test_a_wrapper_of_tuples_copies_every_value() -> None:
    f, g = hl.funcs("f g")
    f[x] = (x, hl.f32(x) / 2)
    g[x] = f[x][0] + hl.i32(f[x + 1][1])
    f.compute_root()
    f.in_(g).compute_root()
    np.testing.assert_array_equal(np.asarray(g.realize([5])), [0, 2, 3, 5, 6])


def test_a_wrapper_of_a_func_with_updates_reads_the_final_cells() -> None:
    f, g = hl.funcs("f g")
    r = hl.RDom([(0, 5)])
    f[x] = x
    f[x] += r.x * x
    g[x] = f[x] + f[x + 1]
    f.compute_root()
    f.in_(g).compute_root().vectorize(x, 4)
    np.testing.assert_array_equal(np.asarray(g.realize([9])), 11 * (2 * np.arange(9) + 1))


def test_a_clone_computes_the_same_elsewhere() -> None:
    f, _, h, _ = pipeline()
    clone = f.clone_in(h)
    clone.compute_at(h, y).vectorize(x, 4)
    np.testing.assert_array_equal(values(h), PLAIN)


def test_a_clone_with_updates_updates_its_own_cells() -> None:
    f, g, h = hl.funcs("f g h")
    r = hl.RDom([(1, 4)])
    f[x] = x
    f[r.x] += f[r.x - 1]
    g[x] = f[x]
    h[x] = f[x] + g[x]
    f.compute_root()
    g.compute_root()
    f.clone_in(g).compute_root()
    np.testing.assert_array_equal(np.asarray(h.realize([6])), [0, 2, 6, 12, 20, 10])


def test_a_clone_begins_with_the_schedule_of_its_func() -> None:
    f, _, h, _ = pipeline()
    f.split(x, "xo", "xi", 4)
    f.clone_in(h).vectorize("xi")
    np.testing.assert_array_equal(values(h), PLAIN)


def test_wrappers_come_back_from_json() -> None:
    f, g, h, image = pipeline()
    f.in_(g).compute_root()
    f.clone_in(h).compute_root()
    image.in_().compute_root()
    schedule = h.schedule()
    assert hl.Schedule.from_json(schedule.to_json()) == schedule
    renamed = schedule.renamed({f.name(): "other", g.name(): "user"})
    assert "other.in_(user)" in str(renamed)


def test_a_wrapper_that_is_inlined_has_no_effect() -> None:
    f, g, h, _ = pipeline()
    f.in_(g)
    receipt = next(r for r in h.receipts() if r.entry.directive.method == "in_")
    assert (receipt.status.value, "is inlined" in receipt.reason) == ("without effect", True)


def two_readers(kind: str) -> tuple[Any, hl.Func, hl.Func]:
    """Return what two pipelines read, and the outputs of these."""
    source: Any
    if kind == "func":
        source = hl.Func("source")
        source[x, y] = x + 20 * y
        source.compute_root()
    else:
        source = hl.Buffer(DATA) if kind == "buffer" else hl.ImageParam(hl.Int(32), 2, "source")
    if kind == "param":
        source.set(DATA)
    a, b = hl.funcs("a b")
    a[x, y] = source[x, y] * 2
    b[x, y] = source[x, y] + 1
    return source, a, b


READ_BY: dict[str, Callable[[Any, hl.Func, hl.Func], hl.Func]] = {
    "in_ the first": lambda s, a, b: s.in_(a),
    "in_ both": lambda s, a, b: s.in_([a, b]),
    "in_ all": lambda s, a, b: s.in_(),
}
CLONED = {"a clone for the first": lambda s, a, b: s.clone_in(a)}
SHARED = [*product(("func", "buffer", "param"), READ_BY), *product(("func",), CLONED)]


@pytest.mark.parametrize(("kind", "how"), SHARED)
def test_a_wrapper_concerns_only_pipelines_with_its_consumers(kind: str, how: str) -> None:
    source, a, b = two_readers(kind)
    wrapper = {**READ_BY, **CLONED}[how](source, a, b).compute_root()
    np.testing.assert_array_equal(values(a), DATA[:9, :7] * 2)
    np.testing.assert_array_equal(values(b), DATA[:9, :7] + 1)
    applied = {r.entry.func for r in b.receipts() if r.status.value == "applied"}
    assert (wrapper.name() in applied) == ("first" not in how)


def test_the_receipt_of_a_wrapper_names_consumers_of_other_pipelines() -> None:
    source, a, b = two_readers("buffer")
    source.in_(a).compute_root()
    both = source.in_([a, b]).compute_root()
    told = [(r.status.value, r.reason) for r in b.receipts() if r.entry.func == source.name()]
    assert told == [
        ("without effect", f"there is no {a.name()} here"),
        ("applied", f"through {both.name()}; there is no {a.name()} here"),
    ]
