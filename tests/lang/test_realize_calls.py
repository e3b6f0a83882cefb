"""What reaches the driver, and what is refused before."""

import numpy as np
import pytest

import halo as hl
from halo.lang.driver import get_driver, set_driver

x, y = hl.vars("x y")


class Recorder:
    """A driver that notes what it is asked and writes 7 into every buffer."""

    def __init__(self):
        self.calls = []

    def realize(self, outputs, buffers, target):
        self.calls.append(([f.name for f in outputs], buffers, target))
        for b in buffers:
            b.fill(7)

    def padded_extents(self, function, extents):
        return tuple(extents)

    def compile_to(self, outputs, files, args, name, target):
        names = None if args is None else [a.name for a in args]
        self.calls.append(([f.name for f in outputs], files, names, name))

    def print_loop_nest(self, outputs, target):
        return "loops of " + outputs[0].name


@pytest.fixture
def driver():
    before, recorder = get_driver(), Recorder()
    set_driver(recorder)
    yield recorder
    set_driver(before)


def defined(value, *args):
    f = hl.Func()
    f[args] = value
    return f


def test_sizes_make_buffers_dimension_0_first(driver):
    b = defined(x + y, x, y).realize([3, 2])
    assert np.array_equal(np.asarray(b), np.full((2, 3), 7))


def test_one_size_may_stand_alone(driver):
    assert defined(x, x).realize(4).width() == 4


def test_no_sizes_are_needed_without_dimensions(driver):
    assert defined(3).realize()[()] == 7


def test_tuples_give_a_buffer_for_each_value(driver):
    a, b = defined((x, hl.f32(x)), x).realize([2])
    assert (a.type(), b.type()) == (hl.Int(32), hl.Float(32))


def test_given_buffers_are_filled_in_place(driver):
    array = np.zeros(3, np.int32)
    assert defined(x, x).realize(hl.Buffer(array)) is None
    assert array.tolist() == [7, 7, 7]


def test_pipeline_realizes_its_outputs_in_one_call(driver):
    f, g = defined(x, x), defined(2 * x, x)
    a, b = hl.Pipeline([f, g]).realize([3])
    assert driver.calls[0][0] == [f.name(), g.name()]
    assert a.width() == b.width() == 3


def test_func_takes_no_updates_after_it_was_realized(driver):
    f = defined(x, x)
    f.realize([3])
    with pytest.raises(hl.DefinitionError, match="has been realized"):
        f[0] = 3


def test_compiling_passes_arguments_on(driver, tmp_path, capsys):
    image, p = hl.ImageParam(hl.Int(32), 1, "c_in"), hl.Param(hl.Int(32), "c_p")
    f = defined(image[x] + p, x)
    f.compile_to_c(tmp_path / "f.c", [image, p], "entry")
    assert driver.calls[0][2:] == (["c_in", "c_p"], "entry")
    f.print_loop_nest()
    assert capsys.readouterr().out == f"loops of {f.name()}\n"
    f.compile_to_lowered_stmt(tmp_path / "f.stmt")
    assert driver.calls[1][1:3] == ({hl.OutputFileType.stmt: tmp_path / "f.stmt"}, None)


@pytest.mark.parametrize(
    ("use", "error", "match"),
    [
        (
            lambda: hl.Func("emptiness").realize([3]),
            hl.DefinitionError,
            "emptiness is realized before",
        ),
        (lambda: defined(x, x).realize([3, 4]), hl.DefinitionError, "with sizes for 2"),
        (lambda: defined(x, x).realize([-3]), hl.BufferError, r"sizes \[-3\]"),
        (
            lambda: defined(x, x).realize(hl.Buffer(hl.Float(32), [3])),
            hl.TypeMismatch,
            "of int32 is realized into a Buffer of float32",
        ),
        (
            lambda: defined(x, x).realize(hl.Buffer(hl.Int(32), [3, 3])),
            hl.BufferError,
            "of 1 dimensions is realized into a Buffer of 2",
        ),
        (
            lambda: defined((x, x), x).realize(hl.Buffer(hl.Int(32), [3])),
            hl.BufferError,
            "1 Buffers for 2 values",
        ),
        (
            lambda: defined(x, x).realize(hl.Buffer(np.broadcast_to(np.int32(0), 3))),
            hl.BufferError,
            "cannot be written",
        ),
        (lambda: hl.Pipeline([]), hl.DefinitionError, "one output at least"),
        (lambda: hl.Pipeline([F := defined(x, x), F]), hl.DefinitionError, "one output twice"),
        (
            lambda: defined(x, x).compile_to_c("f.c", [3]),
            hl.TypeMismatch,
            "3 cannot be an argument",
        ),
    ],
)
def test_misuse_is_refused(use, error, match, driver):
    with pytest.raises(error, match=match):
        use()


def test_directives_are_recorded_where_the_driver_finds_them():
    f = defined(x + y, x, y)
    f[x, 0] += 1
    f.compute_root().vectorize(x, 4)
    f.update().unroll(x, 2)
    text = str(f.function.schedule_log.schedule())
    assert f"{f.name()}.compute_root()" in text
    assert f"{f.name()}.update(0).split(x" in text
