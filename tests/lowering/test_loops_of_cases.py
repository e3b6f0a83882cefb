"""Each case of a specialised definition shows its own loops, and has receipts of its own."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


def wide() -> tuple[hl.Func, hl.Expr, hl.Expr]:
    """Return f and the extents of its buffer."""
    f = hl.Func("f")
    f[x, y] = x + y
    return f, f.output_buffer().width(), f.output_buffer().height()


def told(f: hl.Func, method: str) -> list[tuple[str, str]]:
    """Return status and reason of the directives that are made by `method`."""
    found = [r for r in f.receipts() if r.entry.directive.method == method]
    return [(r.status.value, r.reason) for r in found]


def kinds(f: hl.Func, capsys: pytest.CaptureFixture[str], of: hl.Func | None = None) -> list[str]:
    """Return the kinds of the loops over x of `of`, or of f, as `print_loop_nest` shows them."""
    f.print_loop_nest()
    name = f"{(of or f).name()}.s0.x"
    lines = (line.split() for line in capsys.readouterr().out.splitlines())
    return [words[0] for words in lines if len(words) > 1 and words[1].strip(":") == name]


@pytest.mark.parametrize("how", ["vectorize", "unroll"])
def test_a_loop_is_serial_in_the_case_where_its_extent_is_not_constant(
    how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    f, width, _ = wide()
    getattr(f, how)(x).specialize(width == 8)
    assert kinds(f, capsys) == [{"vectorize": "vectorized", "unroll": "unrolled"}[how], "for"]
    assert told(f, how) == [
        ("applied", "but x runs serially elsewhere: its extent is not constant"),
    ]


def test_of_two_cases_the_one_that_stays_serial_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    f, width, height = wide()
    f.specialize(width == 8).vectorize(x)
    f.specialize(height == 8).vectorize(x)
    assert kinds(f, capsys) == ["vectorized", "for", "for"]
    assert [status for status, _ in told(f, "vectorize")] == ["applied", "without effect"]
    np.testing.assert_array_equal(
        np.asarray(f.realize([8, 5])), np.add.outer(np.arange(5), np.arange(8))
    )


def test_what_is_computed_in_a_case_of_its_user_shows_the_loops_of_that_case(
    capsys: pytest.CaptureFixture[str],
) -> None:
    f, g = hl.funcs("f g")
    f[x, y] = x * y
    g[x, y] = f[x, y] + f[x + 1, y]
    f.compute_at(g, y).vectorize(x)
    g.specialize(g.output_buffer().width() == 7).vectorize(x)
    assert kinds(g, capsys, f) == ["vectorized", "for"]
    assert kinds(g, capsys) == ["vectorized", "for"]
    assert told(g, "vectorize")[0] == ("applied", "")
