"""Generators: pipelines made from parameters, called from Python and from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import halo as hl
from codegen import find_compiler
from halo.generators.command import command
from halo.generators.registry import generator_names

x, y = hl.vars("x y")
ROOT = Path(__file__).resolve().parent.parent.parent
GRID = np.arange(12, dtype=np.int32).reshape(3, 4)


@hl.alias(test_wide={"radius": 2, "rows": "true"})
@hl.generator("test_blur")
class Blur:
    """Cells of a row added up."""

    radius = hl.GeneratorParam(1)
    rows = hl.GeneratorParam(False)

    source = hl.InputBuffer(hl.Int(32), 2)
    offset = hl.InputScalar(int)
    total = hl.OutputBuffer(hl.Int(32), 2)

    def generate(self) -> None:
        g = self
        r = hl.RDom([(-g.radius, 2 * g.radius + 1)])
        g.total[x, y] = hl.sum(g.source[x + r, y]) + g.offset
        g.total.vectorize(x, g.natural_vector_size(hl.Int(32)))
        if g.rows:
            g.total.parallel(y)


def sums(radius: int) -> np.ndarray:
    """Return what Blur makes of GRID with offset 100, for the columns that it can."""
    windows = np.lib.stride_tricks.sliding_window_view(GRID, 2 * radius + 1, axis=1)
    return windows.sum(axis=2, dtype=np.int32) + 100


def blurred(call: hl.Callable, radius: int) -> np.ndarray:
    out = hl.Buffer(hl.Int(32), [4 - 2 * radius, 3])
    out.set_min([radius, 0])
    call(GRID, 100, out)
    return np.asarray(out)


def test_the_class_is_a_generator_of_its_own_name() -> None:
    assert issubclass(Blur, hl.Generator) and Blur.__doc__ == "Cells of a row added up."
    assert {"test_blur", "test_wide"} <= set(generator_names())
    assert Blur().name() == "test_blur"


def test_a_callable_takes_inputs_then_outputs_by_the_names_of_the_class() -> None:
    call = Blur().compile_to_callable()
    assert call.argument_names() == ["source", "offset", "total"]
    assert np.array_equal(blurred(call, 1), sums(1))


@pytest.mark.parametrize(
    ("name", "params", "radius"),
    [
        ("test_blur", {}, 1),
        ("test_blur", {"radius": "0", "rows": "1"}, 0),
        ("test_wide", {}, 2),
        ("test_wide", {"radius": 1}, 1),
    ],
)
def test_parameters_come_from_the_class_the_alias_and_the_caller(
    name: str, params: dict[str, object], radius: int
) -> None:
    if radius == 2:
        with pytest.raises(hl.BoundsError):
            blurred(hl.create_callable_from_generator(hl.Target("host"), name, params), 1)
        return
    call = hl.create_callable_from_generator(hl.get_host_target(), name, params)
    assert np.array_equal(blurred(call, radius), sums(radius))


def test_a_call_gives_a_func_to_go_on_with() -> None:
    f = Blur.call(hl.Buffer(GRID), 100)
    g = hl.Func("doubled")
    g[x, y] = f[x + 1, y] * 2
    assert np.array_equal(np.asarray(g.realize([2, 3])), sums(1) * 2)


def test_inputs_of_a_call_may_be_params_by_name_and_buffers_of_any_layout() -> None:
    image, offset = hl.ImageParam(hl.Int(32), 2), hl.Param(hl.Int(32))
    f = Blur.call(offset=offset, source=image, generator_params={"radius": 0})
    image.set(GRID)
    offset.set(100)
    assert np.array_equal(np.asarray(f.realize([4, 3])), GRID + 100)
    turned = hl.Buffer(np.asfortranarray(GRID))
    assert np.array_equal(
        np.asarray(Blur.call(turned, 1, generator_params={"radius": 0}).realize([4, 3])), GRID + 1
    )


def test_the_target_is_that_of_the_context() -> None:
    seen = []

    @hl.generator("test_target")
    class Asks:
        out = hl.OutputBuffer(hl.Int(32), 1)

        def generate(self) -> None:
            seen.append((self.target(), hl.active_generator_context().target()))
            seen.append(self.natural_vector_size(hl.Float(32)))
            self.out[x] = x

    with hl.GeneratorContext(hl.Target("x86-64-v3")) as context:
        assert hl.active_generator_context() is context
        with hl.GeneratorContext(hl.Target("x86-64")):
            Asks().build_pipeline()
        Asks.call()
    assert seen[0] == (hl.Target("x86-64"),) * 2 and seen[1] == 4
    assert seen[2] == (hl.Target("x86-64-v3"),) * 2 and seen[3] == 8


def test_open_types_and_dimensions_are_parameters() -> None:
    @hl.generator("test_open")
    class Open:
        source = hl.InputBuffer(None, None)
        out = hl.OutputBuffer(None, None)

        def generate(self) -> None:
            args = hl.vars("a b c")[: self.source.dimensions()]
            self.out[args] = self.source[args]

    for t, n in ((hl.UInt(8), 1), (hl.BFloat(16), 2), (hl.Bool(), 3)):
        params = {"source.type": str(t), "source.dim": str(n), "out.type": t, "out.dim": n}
        pipeline = Open(params).build_pipeline()
        f = pipeline.outputs()[0]
        assert (f.type(), f.dimensions()) == (t, n)


def test_configure_may_add_inputs_and_outputs() -> None:
    @hl.generator("test_many")
    class Many:
        count = hl.GeneratorParam(3)

        def configure(self) -> None:
            for i in range(self.count):
                self.add_input(f"in{i}", hl.InputBuffer(hl.Int(32), 1))
            self.add_output("least", hl.OutputBuffer(hl.Int(32), 1))
            self.add_output("number", hl.OutputScalar(hl.Int(32)))

        def generate(self) -> None:
            cells = [getattr(self, f"in{i}")[x] for i in range(self.count)]
            self.least[x] = hl.min(*cells)
            self.number[()] = self.count

    call = Many({"count": 2}).compile_to_callable()
    assert call.argument_names() == ["in0", "in1", "least", "number"]
    out, number = np.zeros(3, np.int32), hl.Buffer.make_scalar(hl.Int(32))
    call(np.array([1, 5, 2], np.int32), np.array([3, 4, 3], np.int32), out, number)
    assert out.tolist() == [1, 4, 2] and number[()] == 2


def test_outputs_may_have_several_values_and_calls_several_outputs() -> None:
    @hl.generator("test_tuples")
    class Tuples:
        pair = hl.OutputBuffer([hl.Int(32), float], 1)
        single = hl.OutputBuffer(bool, 1)

        def generate(self) -> None:
            self.pair[x] = (x, hl.f32(x) / 2)
            self.single[x] = x > 1

    pair, single = Tuples.call()
    a, b = pair.realize([3])
    assert np.asarray(a).tolist() == [0, 1, 2] and np.asarray(b).tolist() == [0.0, 0.5, 1.0]
    assert np.asarray(single.realize([3])).tolist() == [False, False, True]


def test_a_generator_inherits_what_its_base_declares() -> None:
    class Base(hl.Generator):
        source = hl.InputBuffer(hl.Int(32), 1)
        times = hl.GeneratorParam(2)

    @hl.generator("test_derived")
    class Derived(Base):
        times = hl.GeneratorParam(3)
        out = hl.OutputBuffer(hl.Int(32), 1)

        def generate(self) -> None:
            self.out[x] = self.source[x] * self.times

    f = Derived.call(hl.Buffer(np.array([1, 2], np.int32)))
    assert np.asarray(f.realize([2])).tolist() == [3, 6]


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        (True, "false", False),
        (False, "1", True),
        (3, "-7", -7),
        (3, 4.0, 4),
        (0.5, "0.25", 0.25),
        (0.5, "2", 2.0),
        ("a", "b c", "b c"),
        (hl.UInt(8), "float32", hl.Float(32)),
        (hl.UInt(8), hl.Bool(), hl.Bool()),
    ],
)
def test_texts_are_read_as_the_type_of_the_default(default, text, value) -> None:
    assert hl.GeneratorParam(default).parsed("p", text) == value


def run(*words: str) -> str:
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_command_line_writes_a_library_and_its_header(tmp_path: Path) -> None:
    out = run("-g", "test_blur", "-o", str(tmp_path / "made"), "target=host", "radius=2")
    assert sorted(os.listdir(tmp_path / "made")) == ["test_blur.a", "test_blur.h"]
    assert str(tmp_path / "made" / "test_blur.a") in out.splitlines()
    assert "int32_t test_blur(halo_context *ctx" in (tmp_path / "made" / "test_blur.h").read_text()


def test_names_kinds_and_endings_can_be_chosen(tmp_path: Path) -> None:
    words = ["-g", "test_wide", "-f", "blur5", "-n", "code", "-e", "c_source,c_header,stmt"]
    run(*words, "-x", ".stmt=.txt,.h=.hpp", "-o", str(tmp_path), "target=x86-64-v3")
    assert sorted(os.listdir(tmp_path)) == ["code.c", "code.hpp", "code.txt"]
    assert "int32_t blur5(" in (tmp_path / "code.c").read_text()


MODULE = """
import halo as hl
x = hl.Var("x")

@hl.generator("triple")
class Triple:
    factor = hl.GeneratorParam(3)
    source = hl.InputBuffer(hl.Int(32), 1)
    out = hl.OutputBuffer(hl.Int(32), 1)

    def generate(self):
        self.out[x] = self.source[x] * self.factor

if __name__ == "__main__":
    hl.main()
"""
MAIN = r"""
#include "triple.h"
#include <stdio.h>
int main(void) {
    int32_t in[2] = {1, 2}, out[2];
    halo_dim dim = {0, 2, 1};
    halo_buffer a = {in, {halo_type_int, 32}, 1, &dim}, b = {out, {halo_type_int, 32}, 1, &dim};
    if (triple(NULL, &a, &b)) return 1;
    printf("%d %d\n", (int)out[0], (int)out[1]);
    return 0;
}
"""


@pytest.mark.parametrize("way", ["script", "load"])
def test_a_file_of_generators_makes_code_that_a_c_program_links(way: str, tmp_path: Path) -> None:
    (tmp_path / "gens.py").write_text(MODULE)
    (tmp_path / "main.c").write_text(MAIN)
    start = ["gens.py"] if way == "script" else ["-m", "halo.generators", "--load", "gens.py"]
    words = [sys.executable, *start, "-o", ".", "target=host", "factor=5"]
    subprocess.run(words, cwd=tmp_path, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    command = [*find_compiler().command, "main.c", "triple.a", "-fopenmp", "-lm", "-o", "run"]
    subprocess.run(command, cwd=tmp_path, check=True)
    made = subprocess.run(["./run"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert made.stdout == "5 10\n"


def test_an_output_is_asked_for_its_type_while_it_is_defined() -> None:
    class Halves(hl.Generator):
        source = hl.InputBuffer(hl.UInt(8), 1)
        out = hl.OutputBuffer(None, 1)

        def generate(self) -> None:
            self.out[x] = hl.cast(self.out.type(), self.source[x] / 2)

    half = Halves.call(
        hl.Buffer(np.arange(4, dtype=np.uint8)), generator_params={"out.type": "int32"}
    )
    assert half.type() == hl.Int(32)
    assert list(half.realize([4])) == [0, 0, 1, 1]
