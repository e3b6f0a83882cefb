"""Extern stages: C text, shared libraries and Python functions as the definition of a Func."""

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
AT = """
#define AT(b, t, x, y) ((t *)(b)->host)[((x) - (b)->dim[0].min) * (b)->dim[0].stride + \\
                                       ((y) - (b)->dim[1].min) * (b)->dim[1].stride]
#define EACH(b) \\
    for (int64_t y = (b)->dim[1].min; y < (b)->dim[1].min + (b)->dim[1].extent; ++y) \\
        for (int64_t x = (b)->dim[0].min; x < (b)->dim[0].min + (b)->dim[0].extent; ++x)
"""
SIDES = (
    AT
    + """
int32_t sides(halo_context *ctx, const halo_buffer *in, int32_t k, const halo_buffer *out) {
    (void)ctx;
    EACH(out) AT(out, int32_t, x, y) = AT(in, int32_t, x - 1, y) + AT(in, int32_t, x + 1, y) + k;
    return 0;
}
"""
)


def sides(source: hl.Buffer, k: int, out: hl.Buffer) -> None:
    for j in range(out.top(), out.bottom() + 1):
        for i in range(out.left(), out.right() + 1):
            out[i, j] = source[i - 1, j] + source[i + 1, j] + k


def neighbours(bx: Any, by: Any) -> Any:
    return [[(bx[0] - 1, bx[1] + 2), by]]


def make(implementation: Any = SIDES) -> tuple[hl.Func, hl.Func, hl.Func]:
    g, f, h = hl.Func("g"), hl.Func("f"), hl.Func("h")
    g[x, y] = x * x + 10 * y
    k = hl.Param(hl.Int(32), "k", 7)
    f.define_extern("sides", [g, k], hl.Int(32), [x, y],
                    implementation=implementation, bounds=neighbours)  # fmt: skip
    h[x, y] = f[x, y] * 2 + f[x, y + 1]
    return g, f, h


Schedule = Callable[[hl.Func, hl.Func, hl.Func], object]
SCHEDULES: dict[str, Schedule] = {
    "default": lambda g, f, h: None,
    "in rows": lambda g, f, h: f.compute_at(h, y),
    "both in rows": lambda g, f, h: (f.compute_at(h, y), g.compute_at(h, y)),
    "in cells": lambda g, f, h: (f.compute_at(h, x), g.compute_at(h, x)),
    "input kept": lambda g, f, h: (f.compute_at(h, y), g.store_root().compute_at(h, y)),
    "output kept": lambda g, f, h: f.store_root().compute_at(h, y),
    "parallel": lambda g, f, h: (f.compute_at(h, y), h.parallel(y).vectorize(x, 4)),
    "column order": lambda g, f, h: (g.compute_root().reorder_storage(y, x),
                                     f.reorder_storage(y, x)),
    "on the stack": lambda g, f, h: (f.compute_at(h, x).store_in(hl.MemoryType.Stack)),
    "aligned": lambda g, f, h: f.compute_root().align_storage(x, 16),
}  # fmt: skip


@pytest.mark.parametrize("implementation", [SIDES, sides], ids=["C", "Python"])
@pytest.mark.parametrize("name", list(SCHEDULES))
def test_values_are_the_same_under_every_schedule(name: str, implementation: Any) -> None:
    scheduled = make(implementation)
    SCHEDULES[name](*scheduled)
    reference = make(sides)[2]
    for size, mins in (((5, 3), (0, 0)), ((1, 1), (-4, 9)), ((0, 2), (0, 0)), ((9, 4), (-3, -2))):
        out = hl.Buffer(hl.Int(32), list(size))
        out.set_min(list(mins))
        scheduled[2].realize(out)
        np.testing.assert_array_equal(np.array(out), interpret(reference, size, mins))


def test_an_extern_stage_can_be_the_output() -> None:
    f = make()[1]
    np.testing.assert_array_equal(np.array(f.realize([4, 2])), interpret(make(sides)[1], [4, 2]))


def test_the_function_is_found_in_a_shared_library(tmp_path: Path) -> None:
    f = make(None)[1]
    f.compile_to_c(tmp_path / "whole.c", fn_name="whole")
    abi = (tmp_path / "whole.c").read_text().split("#include <stdarg.h>")[0]
    (tmp_path / "sides.c").write_text(abi + SIDES)
    build = [*find_compiler().command, "-shared", "-fPIC", "sides.c", "-o", "sides.so"]
    subprocess.run(build, cwd=tmp_path, check=True)
    found = make(tmp_path / "sides.so")[1]
    np.testing.assert_array_equal(
        np.array(found.realize([4, 2])), interpret(make(sides)[1], [4, 2])
    )


def test_what_halo_compiles_is_an_extern_stage_of_another_pipeline(tmp_path: Path) -> None:
    whole = hl.ImageParam(hl.Int(32), 2, "whole")
    inner = hl.Func("inner")
    inner[x, y] = whole[x, y] * 3
    inner.compile_to_c(tmp_path / "inner.c", [whole], "thrice")
    build = [*find_compiler().command, "-shared", "-fPIC", "inner.c", "-o", "inner.so", "-lm"]
    subprocess.run(build, cwd=tmp_path, check=True)
    g, f = hl.Func("g"), hl.Func("f")
    g[x, y] = x - y
    f.define_extern("thrice", [g], hl.Int(32), 2, implementation=tmp_path / "inner.so")
    expected = 3 * (np.arange(5)[None, :] - np.arange(3)[:, None])
    np.testing.assert_array_equal(np.array(f.realize([5, 3])), expected)


def test_generated_c_calls_the_function_that_it_is_linked_with(tmp_path: Path) -> None:
    make(None)[2].compile_to_c(tmp_path / "whole.c", fn_name="whole")
    main = '#include "whole.c"\n' + SIDES + """
int main(void) {
    int32_t cells[4];
    halo_dim dims[2] = {{0, 2, 1}, {0, 2, 2}};
    halo_buffer out = {cells, {halo_type_int, 32}, 2, dims};
    const int32_t err = whole(NULL, 7, &out);
    for (int i = 0; i < 4; ++i) printf("%d ", (int)cells[i]);
    return err;
}
"""  # fmt: skip
    (tmp_path / "main.c").write_text(main)
    build = [*find_compiler().command, "-Wall", "-Wextra", "-Werror", "main.c", "-lm", "-o", "main"]
    subprocess.run(build, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True)
    expected = interpret(make(sides)[2], [2, 2])
    assert done.stdout.split() == [str(v) for v in expected.reshape(-1)]


def test_values_and_arguments_of_several_values_are_a_buffer_each() -> None:
    def swap(a: hl.Buffer, b: hl.Buffer, low: hl.Buffer, high: hl.Buffer) -> None:
        assert [v.type() for v in (a, b, low, high)] == [
            hl.UInt(8), hl.Float(32), hl.Float(32), hl.UInt(8)]  # fmt: skip
        low.view()[...] = b.view()
        high.view()[...] = a.view()

    g, f, h = hl.Func("g"), hl.Func("f"), hl.Func("h")
    g[x] = hl.Tuple(hl.u8(x), hl.f32(x) / 2)
    f.define_extern("swap", [g], [hl.Float(32), hl.UInt(8)], [x], implementation=swap)
    h[x] = f[x][0] + f[x][1]
    np.testing.assert_array_equal(np.array(h.realize([5])), np.arange(5) * 1.5)
    np.testing.assert_array_equal(interpret(h, [5]), np.arange(5) * 1.5)


def copy(source: hl.Buffer, out: hl.Buffer) -> None:
    out.view()[...] = source.view()


NUMBERS: list[tuple[hl.Type, Any]] = [
    (hl.Int(8), -5),
    (hl.UInt(16), 65535),
    (hl.Int(64), -(2**40)),
    (hl.UInt(64), 2**64 - 1),
    (hl.Float(32), 1.5),
    (hl.Float(64), 1e300),
    (hl.Bool(), True),
]


@pytest.mark.parametrize(("type", "number"), NUMBERS, ids=[str(t) for t, _ in NUMBERS])
def test_numbers_of_every_type_arrive(type: hl.Type, number: Any) -> None:
    taken: list[Any] = []

    def take(given: Any, out: hl.Buffer) -> None:
        taken.append(given)
        out.fill(1)

    p = hl.Param(type, "p", number)
    f = hl.Func("f")
    f.define_extern("take", [p], hl.Int(32), 0, implementation=take)
    assert f.realize()[()] == 1
    assert interpret(f, []) == 1
    assert taken == [number, number]


def test_images_are_given_whole() -> None:
    def total(source: hl.Buffer, out: hl.Buffer) -> None:
        assert (source.left(), source.right()) == (-2, 7)
        out.fill(int(np.array(source).sum()))

    data = hl.Buffer(np.arange(10, dtype=np.int16))
    data.set_min([-2])
    image = hl.ImageParam(hl.Int(16), 1, "image")
    image.set(data)
    for source in (image, data, hl.ExternFuncArgument(image)):
        f = hl.Func("f")
        f.define_extern("total", [source], hl.Int(32), [x], implementation=total)
        np.testing.assert_array_equal(np.array(f.realize([3])), [45, 45, 45])
        np.testing.assert_array_equal(interpret(f, [3]), [45, 45, 45])


def test_a_func_with_updates_is_given_after_the_last() -> None:
    g, f = hl.Func("g"), hl.Func("f")
    g[x] = x
    r = hl.RDom([(0, 3)])
    g[r.x] += 10
    f.define_extern("copy", [g], hl.Int(32), [x], implementation=copy)
    np.testing.assert_array_equal(np.array(f.realize([5])), [10, 11, 12, 3, 4])


def test_the_rule_may_use_parameters_and_constants() -> None:
    seen: list[tuple[int, int]] = []

    def note(source: hl.Buffer, out: hl.Buffer) -> None:
        seen.append((source.left(), source.width()))
        out.fill(0)

    n = hl.Param(hl.Int(32), "n", 12)
    g, f = hl.Func("g"), hl.Func("f")
    g[x] = x
    f.define_extern("note", [g], hl.UInt(8), [x], implementation=note,
                    bounds=lambda bx: [[(0, n)]])  # fmt: skip
    f.realize([3])
    n.set(4)
    f.realize([3])
    assert seen == [(0, 12), (0, 4)]


def test_a_wrapper_stands_between_an_extern_stage_and_its_argument() -> None:
    g, f, h = make()
    g.compute_root().split_storage(x, x, hl.Var("xi"), 4)
    g.in_(f).compute_root()
    np.testing.assert_array_equal(np.array(h.realize([4, 3])), interpret(make(sides)[2], [4, 3]))


def test_is_extern_and_its_function_name() -> None:
    g, f, _ = make()
    assert (f.is_extern(), f.extern_function_name()) == (True, "sides")
    assert (g.is_extern(), g.extern_function_name()) == (False, "")
    assert hl.ExternFuncArgument(g).is_func() and hl.ExternFuncArgument(3).is_expr()
    assert not hl.ExternFuncArgument().defined()


def test_the_loop_nest_shows_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    _, f, h = make()
    f.compute_at(h, y)
    h.print_loop_nest()
    assert "extern sides(...)" in capsys.readouterr().out


def test_the_executor_runs_it() -> None:
    from halo.ir.execute import execute
    from halo.lowering import lower
    from halo.pipeline.request import make_request

    def on_views(source: Any, k: Any, out: Any) -> int:
        out[...] = source[:-2] + source[2:] + k
        return 0

    f = make()[1]
    func = lower(make_request([f.function], "f", [None], None, hl.Target())).func
    out = np.zeros(12, np.int32)
    fields = {f"{f.name()}.{n}": v for n, v in {
        "min.0": 0, "min.1": 0, "extent.0": 4, "extent.1": 3, "stride.0": 1, "stride.1": 4,
    }.items()}  # fmt: skip
    names = [a.name for a in func.args]
    execute(func, {names[0]: 7, names[1]: out}, fields, externs={"sides": on_views})
    np.testing.assert_array_equal(out.reshape(3, 4), interpret(make(sides)[1], [4, 3]))


def test_buffers_of_a_python_stage_have_numpys_axes_in_the_usual_order() -> None:
    shapes: list[tuple[int, ...]] = []

    def turn(given: hl.Buffer, out: hl.Buffer) -> None:
        shapes.append(np.asarray(given).shape)
        np.asarray(out)[...] = np.asarray(given)[:, ::-1]

    f = hl.Func("f")
    f.define_extern("turn", [make()[0]], hl.Int(32), [x, y], implementation=turn)
    g = np.arange(4)[None, ::-1] ** 2 + 10 * np.arange(3)[:, None]
    np.testing.assert_array_equal(np.asarray(f.realize([4, 3])), g)
    np.testing.assert_array_equal(interpret(f, [4, 3]), g)
    assert shapes == [(3, 4)] * 2


def test_c_text_runs_beside_code_of_llvm() -> None:
    want = interpret(make(sides)[2], [4, 2])
    np.testing.assert_array_equal(np.array(make()[2].realize([4, 2], hl.Target("host-llvm"))), want)


@pytest.mark.usefixtures("without_compiler")
def test_c_text_needs_a_compiler_and_a_python_function_does_not() -> None:
    with pytest.raises(hl.CodegenError, match=r"C text of the extern stage \w+ needs a C compiler"):
        make()[2].realize([4, 2])
    np.testing.assert_array_equal(
        np.array(make(sides)[2].realize([4, 2])), interpret(make(sides)[2], [4, 2])
    )
