"""print, print_when and require: what is written, how often, and that values stay as they are."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import halo as hl
from codegen import find_compiler
from halo.interpret import interpret

x, y = hl.vars("x y")


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_print_has_the_value_of_its_first_argument(capsys: pytest.CaptureFixture[str]) -> None:
    f = hl.Func("f")
    f[x] = hl.print(x * x, "is the square of", x) + 1
    np.testing.assert_array_equal(np.array(f.realize([3])), [1, 2, 5])
    assert lines(capsys) == [f"{i * i} is the square of {i}" for i in range(3)]


NUMBERS: list[tuple[Callable[[Any], Any], float, str]] = [
    (hl.i8, -128, "-128"),
    (hl.u8, 255, "255"),
    (hl.i16, -32768, "-32768"),
    (hl.u16, 65535, "65535"),
    (hl.i32, -(2**31), "-2147483648"),
    (hl.u32, 2**32 - 1, "4294967295"),
    (hl.i64, -(2**63), "-9223372036854775808"),
    (hl.u64, 2**64 - 1, "18446744073709551615"),
    (hl.f16, 1.5, "1.500000"),
    (hl.bf16, -2.0, "-2.000000"),
    (hl.f32, 1e20, "100000002004087734272.000000"),
    (hl.f32, float("nan"), "nan"),
    (hl.f32, float("-inf"), "-inf"),
    (hl.f64, 1e300, "1.000000e+300"),
]


@pytest.mark.parametrize(("type", "number", "text"), NUMBERS)
def test_numbers_of_every_type_are_written_in_full(
    type: Callable[[Any], Any], number: float, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    f = hl.Func("f")
    f[x] = hl.print(type(number), "|", x == 0)
    f.realize([1])
    interpret(f, [1])
    assert lines(capsys) == [f"{text} | true"] * 2


def test_print_when_prints_where_the_condition_holds(capsys: pytest.CaptureFixture[str]) -> None:
    f = hl.Func("f")
    f[x] = hl.print_when(x % 3 == 1, x, "hit")
    np.testing.assert_array_equal(np.array(f.realize([7])), np.arange(7))
    assert lines(capsys) == ["1 hit", "4 hit"]


def test_percent_signs_and_quotes_are_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    f = hl.Func("f")
    f[x] = hl.print(x, '100%d "quoted" \\ ??/ ü')
    f.realize([1])
    assert lines(capsys) == ['0 100%d "quoted" \\ ??/ ü']


def test_a_print_whose_value_is_multiplied_away_prints(capsys: pytest.CaptureFixture[str]) -> None:
    f = hl.Func("f")
    f[x] = hl.print(x) * 0
    np.testing.assert_array_equal(np.array(f.realize([2])), [0, 0])
    assert lines(capsys) == ["0", "1"]


def test_equal_prints_of_one_definition_print_once(capsys: pytest.CaptureFixture[str]) -> None:
    inlined, f = hl.Func("inlined"), hl.Func("f")
    inlined[x] = hl.print(x, "inlined")
    f[x] = inlined[x] + inlined[x] + hl.print(x, "own") + hl.print(x, "own")
    np.testing.assert_array_equal(np.array(f.realize([2])), [0, 4])
    assert sorted(lines(capsys)) == ["0 inlined", "0 own", "1 inlined", "1 own"]


def test_both_sides_of_a_select_print(capsys: pytest.CaptureFixture[str]) -> None:
    f = hl.Func("f")
    f[x] = hl.select(x == 1, hl.print(x, "yes"), hl.print(-x, "no"))
    np.testing.assert_array_equal(np.array(f.realize([2])), [0, 1])
    assert lines(capsys) == ["0 yes", "0 no", "1 yes", "-1 no"]


def test_arguments_print_before_what_they_are_arguments_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    f = hl.Func("f")
    f[x] = hl.print(hl.print(x, "first") + 10, "second")
    f.realize([1])
    assert lines(capsys) == ["0 first", "10 second"]


SCHEDULES: dict[str, Callable[[hl.Func], object]] = {
    "default": lambda f: f,
    "guarded vectors": lambda f: f.vectorize(x, 4, hl.TailStrategy.GuardWithIf),
    "wide vectors": lambda f: f.vectorize(x, 32, hl.TailStrategy.GuardWithIf),
    "parallel": lambda f: f.parallel(y),
    "unrolled": lambda f: f.unroll(x, 3, hl.TailStrategy.GuardWithIf),
    "all": lambda f: f.vectorize(x, 8, hl.TailStrategy.GuardWithIf).parallel(y),
}


@pytest.mark.parametrize("name", list(SCHEDULES))
@pytest.mark.parametrize("size", [(1, 1), (7, 3), (0, 2), (17, 5)])
def test_every_cell_prints_once_under_schedules_that_compute_it_once(
    name: str, size: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    source = hl.Buffer(np.arange(20, dtype=np.uint8))
    f = hl.Func("f")
    f[x, y] = hl.print_when((x + y) % 2 == 0, source[x + 2] + y, "at", x, y, "of", hl.f32(x) / 2)
    SCHEDULES[name](f)
    out = hl.Buffer(hl.Int(32), list(size))
    out.set_min([-2, 3])
    f.realize(out)
    printed = lines(capsys)
    np.testing.assert_array_equal(np.array(out), interpret(f, size, (-2, 3)))
    assert sorted(printed) == sorted(lines(capsys))
    assert len(printed) == sum((i + j) % 2 == 0 for i in range(-2, size[0] - 2)
                               for j in range(3, 3 + size[1]))  # fmt: skip


def test_prints_in_updates_indices_and_conditions(capsys: pytest.CaptureFixture[str]) -> None:
    r = hl.RDom([(0, 4)])
    r.where(hl.print(r.x, "asked") != 2)
    f = hl.Func("f")
    f[x] = 0
    f[hl.print(r.x, "place") % 3] += hl.print(r.x, "value")
    np.testing.assert_array_equal(np.array(f.realize([3])), [3, 1, 0])
    printed = lines(capsys)
    np.testing.assert_array_equal(interpret(f, [3]), [3, 1, 0])
    assert sorted(printed) == sorted(lines(capsys))
    assert printed.count("2 asked") == 1
    assert "2 value" not in printed


def test_the_region_read_at_a_printed_index_is_known() -> None:
    source = hl.Buffer(np.arange(5, dtype=np.int16))
    f = hl.Func("f")
    f[x] = source[hl.print_when(False, x + 1)]
    np.testing.assert_array_equal(np.array(f.realize([4])), [1, 2, 3, 4])
    with pytest.raises(hl.BoundsError, match="cells 1 to 5 are needed"):
        f.realize([5])


def test_a_handler_takes_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    taken: list[str] = []
    f = hl.Func("f")
    f[x] = hl.print(x, "!")
    f.parallel(x)
    f.jit_handlers().custom_print = taken.append
    f.realize([50])
    assert sorted(taken) == sorted(f"{i} !\n" for i in range(50))
    assert lines(capsys) == []


def test_what_a_handler_raises_realize_raises() -> None:
    def refuse(line: str) -> None:
        raise KeyError(line)

    f = hl.Func("f")
    f[x] = hl.print(x)
    f.jit_handlers().custom_print = refuse
    with pytest.raises(KeyError, match="0"):
        f.realize([3])


def test_require_has_its_value_where_the_condition_holds() -> None:
    f = hl.Func("f")
    f[x] = hl.require(x < 5, x * 2, "x is", x)
    f.vectorize(x, 4)
    np.testing.assert_array_equal(np.array(f.realize([5])), np.arange(5) * 2)


def test_what_is_required_may_wrap() -> None:
    n = hl.Param(hl.Int(32), "n", 2**31 - 1)
    f = hl.Func("f")
    f[x] = hl.require(n + 1 < n, x)
    np.testing.assert_array_equal(np.array(f.realize([2])), [0, 1])


def test_the_c_prints_to_stdout_without_a_context(tmp_path: Path) -> None:
    f = hl.Func("telling")
    f[x] = hl.print(x, "in C")
    f.compile_to_c(tmp_path / "telling.c", [], "telling")
    main = """#include "telling.c"
int main(void) {
    int32_t cells[2];
    halo_dim dim = {5, 2, 1};
    halo_buffer out = {cells, {halo_type_int, 32}, 1, &dim};
    return telling(NULL, &out);
}
"""
    (tmp_path / "main.c").write_text(main, encoding="ascii")
    build = [*find_compiler().command, "-Wall", "-Wextra", "-Werror", "main.c", "-lm", "-o", "main"]
    subprocess.run(build, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True)
    assert done.stdout == "5 in C\n6 in C\n"
