"""`explain`: what a schedule makes of each Func, in words."""

from __future__ import annotations

import pytest

import halo as hl

x, y = hl.vars("x y")


def build() -> dict[str, hl.Func]:
    f, g, h, inner = (hl.Func(n) for n in ("f", "g", "h", "inner"))
    r = hl.RDom([(0, 3)], "r")
    inner[x, y] = x + y
    f[x, y] = inner[x, y] * 2
    g[x, y] = 0
    g[x, y] += f[x, y + r]
    h[x, y] = g[x, y] + 1
    return {"f": f, "g": g, "h": h, "inner": inner}


def told(funcs: dict[str, hl.Func]) -> str:
    """Return the explanation without the numbers that set Funcs of one name apart."""
    text = str(funcs["h"].explain())
    for name, f in funcs.items():
        text = text.replace(f.name(), name)
    return text


def story(funcs: dict[str, hl.Func], name: str) -> list[str]:
    """Return the lines about one Func."""
    part = next(p for p in told(funcs).split("\n\n") if p.split()[0] == name)
    return [line.strip() for line in part.splitlines()]


def test_an_output_is_computed_into_the_callers_buffer() -> None:
    funcs = build()
    assert story(funcs, "h")[1] == "an output: computed into the caller's buffer"


def test_an_inlined_func_is_kept_nowhere() -> None:
    assert story(build(), "inner")[1].startswith("inlined: its value is computed wherever")


def test_what_is_precomputed_is_an_array_in_the_code() -> None:
    funcs = build()
    funcs["f"].precompute()
    funcs["h"].bound(x, 0, 8).bound(y, 0, 8)
    assert story(funcs, "f")[1] == "precomputed: its cells are an array in the code"


def test_a_place_names_the_loop() -> None:
    funcs = build()
    funcs["g"].compute_root()
    funcs["f"].compute_at(funcs["g"], y)
    assert story(funcs, "f")[1] == "computed in each iteration of g.s1.y"
    assert story(funcs, "g")[1] == "computed once, before its users"


def test_storage_that_slides_tells_how_much_is_kept() -> None:
    funcs = build()
    funcs["g"].compute_root()
    funcs["f"].store_root().compute_at(funcs["g"], y)
    kept = next(line for line in story(funcs, "f") if line.startswith("kept:"))
    assert "4 in turn of" in kept
    assert kept.endswith("during the whole run")


def test_loops_are_shown_with_their_kinds() -> None:
    funcs = build()
    funcs["h"].parallel(y).vectorize(x, 8)
    loops = next(line for line in story(funcs, "h") if line.startswith("loops:"))
    assert loops == "loops: parallel h.s0.y > h.s0.x > vectorized h.s0.x.v (8)"


def test_each_definition_has_loops_of_its_own() -> None:
    funcs = build()
    funcs["g"].compute_root().update(0).unroll(funcs["g"].rvars()[0])
    loops = [line for line in story(funcs, "g") if line.startswith("loops:")]
    assert len(loops) == 2
    assert "unrolled" in loops[1]


def test_specialisations_are_shown_by_their_conditions() -> None:
    funcs = build()
    wide = hl.Param(hl.Int(32), "wide", 3)
    funcs["h"].specialize(wide == 3).vectorize(x, 4)
    loops = [line for line in story(funcs, "h") if line.startswith("loops:")]
    assert len(loops) == 2
    assert "== 3: " in loops[0]
    assert "where else: " in loops[1]


def test_directives_stand_with_their_funcs_and_what_became_of_them() -> None:
    funcs = build()
    funcs["inner"].vectorize(x, 4)
    funcs["g"].compute_root()
    assert any(line.startswith("applied: g.compute_root()") for line in story(funcs, "g"))
    idle = [line for line in story(funcs, "inner") if line.startswith("without effect:")]
    assert len(idle) == 2
    assert "is inlined and has no loops" in idle[0]


def test_a_wrapper_is_explained_too() -> None:
    funcs = build()
    funcs["f"].compute_root()
    funcs["g"].compute_root()
    wrapper = funcs["f"].in_(funcs["g"]).compute_at(funcs["g"], y)
    names = [s.function.name for s in funcs["h"].explain().stories]
    assert wrapper.name() in names


def test_a_refused_directive_is_an_error_here_as_well() -> None:
    funcs = build()
    funcs["f"].compute_at(funcs["h"], x)
    with pytest.raises(hl.ScheduleError, match="legal:"):
        funcs["inner"].compute_root()
        funcs["g"].compute_root()
        funcs["h"].explain()


def test_storage_in_another_layout_tells_which() -> None:
    funcs = build()
    funcs["g"].compute_root().split_storage(y, "yo", "yi", 8).reorder_storage("yi", x, "yo")
    kept = next(line for line in story(funcs, "g") if line.startswith("kept:"))
    assert "laid out (yi = d1%8, x, yo = d1/8)" in kept


def told_of(f: hl.Func, capsys: pytest.CaptureFixture[str]) -> tuple[str, str, str]:
    """Return the loops that are printed, those that are explained, and the receipts."""
    f.print_loop_nest()
    return capsys.readouterr().out, str(f.explain()), str(f.receipts())


@pytest.mark.parametrize("how", ["vectorize", "unroll"])
def test_a_loop_of_no_constant_extent_is_told_as_the_serial_one_it_is(
    how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    f = hl.Func("f")
    f[x, y] = x + y
    getattr(f, how)(x)
    nest, words, receipts = told_of(f, capsys)
    assert nest == f"produce {f.name()}:\n  for f.s0.y:\n    for f.s0.x:\n      f(...) = ...\n"
    assert "loops: f.s0.y > f.s0.x\n" in words
    assert "without effect" in receipts and "the extent of x is not a constant" in receipts
    assert f.realize([3, 2]).numpy().tolist() == [[0, 1, 2], [1, 2, 3]]
    with pytest.raises(hl.ScheduleError, match="which strict does not allow"):
        f.receipts(strict=True)
    f.bound(x, 0, 8)
    nest, words, receipts = told_of(f, capsys)
    kind = {"vectorize": "vectorized", "unroll": "unrolled"}[how]
    assert f"{kind} f.s0.x in [0, 7]:" in nest and f"{kind} f.s0.x (8)" in words
    assert "without effect" not in receipts


def test_a_vector_whose_lanes_may_meet_is_told_as_the_serial_loop_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    at = hl.ImageParam(hl.Int(32), 1, "at")
    f, r = hl.Func("f"), hl.RDom([(0, 8)], "r")
    f[x] = 0
    f[hl.clamp(at[r.x], 0, 9)] += 1
    f.update(0).atomic().vectorize(r.x)
    nest, words, receipts = told_of(f, capsys)
    assert "vectorized" not in nest and "vectorized" not in words
    assert "runs serially" in receipts


def test_a_loop_that_is_unrolled_once_the_one_around_it_is_has_an_effect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    f, r = hl.Func("f"), hl.RDom([(0, 3), (0, 3)], "r")
    f[x] = 0
    f[x] += r.x * r.y
    f.update(0).unroll(r.x).unroll(r.y)
    nest, _, receipts = told_of(f, capsys)
    assert nest.count("unrolled") == 2 and "without effect" not in receipts
