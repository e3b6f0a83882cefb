"""Programs for Halide's binding about Buffers, Generators, calls, and what handles answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from halide_check import GRAY, int32, program, same, sums


@program
def cells_of_buffers(hl: Any) -> None:
    b = hl.Buffer(hl.Int(32), [4, 3])
    b.fill(7)
    assert b.all_equal(7)
    b[2, 1] = 5
    assert b[2, 1] == 5 and np.array(b)[1, 2] == 5
    c = b.copy()
    assert (c.dim(0).extent(), c.dim(1).stride()) == (4, 4)
    assert (c.dim(1).min(), c.dim(1).max()) == (0, 2)
    assert b.contains([3, 2]) and not b.contains([4, 0])
    assert b.number_of_elements() == 12 and b.size_in_bytes() == 48
    places: list[tuple[int, ...]] = []
    b.for_each_element(lambda at: places.append(tuple(at)))
    assert places[:2] == [(0, 0), (1, 0)] and len(places) == 12
    other = hl.Buffer(hl.Int(32), [4, 3])
    other.copy_from(b)
    assert other[2, 1] == 5
    x, y = hl.Var(), hl.Var()
    assert b[x, y].type() == b[[x, y]].type() == hl.Int(32)
    outside = False
    try:
        b[4, 0]
    except IndexError:
        outside = True
    assert outside


@program
def views_of_buffers(hl: Any) -> None:
    b = hl.Buffer(hl.Int(32), [4, 3])
    b.fill(7)
    b[2, 1] = 5
    transposed = b.transposed(0, 1)
    assert transposed.width() == 3 and transposed[1, 2] == 5
    assert b.transposed(order=[1, 0])[1, 2] == 5
    cropped = b.cropped(0, 1, 2)
    assert (cropped.left(), cropped.width()) == (1, 2)
    assert b.cropped([(1, 2), (0, 1)]).number_of_elements() == 2
    row = b.sliced(1, 1)
    assert row.dimensions() == 1 and row[2] == 5
    assert row.embedded(1, 4)[2, 4] == 5
    b.translate([10, 20])
    b.translate(dimension=0, dx=-10)
    assert b[2, 21] == 5
    b.set_min([0, 0])
    assert b.reverse_axes()[1, 2] == 5


@program
def buffers_and_arrays(hl: Any) -> None:
    array = np.zeros((3, 4), np.float32)
    b = hl.Buffer(array, "named")
    assert b.name() == "named" and b.width() == 4
    b[1, 2] = 3.0
    assert array[2, 1] == 3.0
    assert hl.Buffer(array, reverse_axes=False).width() == 3
    scalar = hl.Buffer.make_scalar(hl.Float(32))
    scalar[()] = 2.5
    assert scalar[()] == 2.5
    pixels = hl.Buffer.make_interleaved(hl.UInt(8), 4, 3, 3)
    assert (pixels.dim(0).stride(), pixels.dim(2).stride()) == (3, 1)
    assert hl.Buffer.make_with_shape_of(pixels).dim(0).stride() == 3
    columns = hl.Buffer(hl.UInt(8), [3, 4], [1, 0])
    assert (columns.dim(1).stride(), columns.dim(0).stride()) == (1, 4)
    line = hl.Buffer(np.arange(6, dtype=np.int16))
    same(hl.Func(line).realize([6]), np.arange(6, dtype=np.int16))
    assert hl.Buffer(np.zeros(3, np.float16)).type() == hl.Float(16)


@program
def arguments_by_name(hl: Any) -> None:
    x, y, f, g = hl.Var("x"), hl.Var("y"), hl.Func("f"), hl.Func("g")
    f[x, y] = x
    f[x, y] += 1
    g[x, y] = f[x, y]
    f.compute_at(f=g, var=y).store_in(memory_type=hl.MemoryType.Heap)
    f.update(idx=0).vectorize(var=x, factor=4)
    g.reorder(vars=[y, x]).reorder_storage(dims=[y, x])
    want = int32(np.tile(np.arange(1, 6), (4, 1)))
    same(g.realize(sizes=[5, 4]), want)
    out = hl.Buffer(type=hl.Int(32), sizes=[5, 4])
    g.realize(dst=out)
    same(out, want)
    assert out.contains(coords=[4, 3]) and out.dim(dimension=1).extent() == 4
    typed = hl.Func(required_type=hl.Int(32), required_dimensions=1, name="typed")
    assert typed.name().startswith("typed")
    assert hl.Int(32).can_represent(other=hl.UInt(8))


@program
def what_handles_answer(hl: Any) -> None:
    f, x, y = hl.Func("name_of_a_func"), hl.Var("x"), hl.Var("y")
    assert f.name().startswith("name_of_a_func") and not f.defined()
    f[x] = x
    assert f.defined() and f.args()[0].name() == "x" and f.value().type() == hl.Int(32)
    f[x] += 1
    assert f.update_args()[0].type() == f.update_value(0).type() == hl.Int(32)
    assert len(f.update_values()) == 1 and f.update(0).name()
    assert not f.is_extern() and str(f) and repr(f) and str(x) and repr(x + 1)
    pair = hl.Func()
    pair[x] = (x, x + 1)
    assert pair.values()[1].type() == hl.Int(32)
    assert len(pair[x]) == 2
    assert len(hl.vars("a b c")) == 3 and len(hl.funcs("p q")) == 2
    assert x.same_as(x) and not x.same_as(y)
    whole, part = hl.Func(), hl.Func()
    whole[x], part[x] = 5, 2.5
    same(whole.realize([2]), int32([5, 5]))
    same(part.realize([2]), np.full(2, 2.5, np.float32))
    estimated = hl.Func()
    estimated[x, y] = x
    estimated.set_estimates([(0, 32), (0, 16)]).set_estimate(x, 0, 32)
    estimated.output_buffer().dim(1).set_stride(32)
    estimated.output_buffer().dim(0).set_bounds(0, 32)
    estimated.realize([32, 4])
    assert hl.Pipeline([f]).outputs()[0].name() == f.name()


@program
def brackets_of_every_form(hl: Any) -> None:
    x, y = hl.Var("x"), hl.Var("y")
    point, f, g, h = hl.Func(), hl.Func(), hl.Func(), hl.Func()
    point[()] = 3
    assert point.realize()[()] == 3
    f[[x, y]] = x + y
    g[x, y] = f[(x, y)] + f[[x, y]]
    same(g.realize((3, 2)), sums(3, 2) * 2)
    h[x] += x
    h[x] += 1
    same(h.realize([3]), int32([1, 2, 3]))
    image, indexed = hl.Buffer(GRAY[0]), hl.Func()
    h = hl.Func()
    h[x] = x
    indexed[x] = h[image[x]]  # an index of type uint8
    same(indexed.realize([4]), int32(GRAY[0, :4]))
    assert hl.Func(hl.f32(1.5)).dimensions() == 0 and hl.Func(hl._0 + hl._1).dimensions() == 2


@program
def conditions_and_requirements(hl: Any) -> None:
    x, p, f = hl.Var("x"), hl.Param(hl.Int(32), "p", 3), hl.Func("f")
    f[x] = x * p
    pipeline = hl.Pipeline(f)
    pipeline.add_requirement(p > 0, "p is to be positive, and is", p)
    same(pipeline.realize([2]), int32([0, 3]))
    p.set(-1)
    message = ""
    try:
        pipeline.realize([2])
    except hl.HalideError as error:
        message = str(error)
    assert "p is to be positive" in message
    for call in (lambda: bool(x > 1), lambda: 0 < x < 5):
        refused = False
        try:
            call()
        except ValueError:
            refused = True
        assert refused


@program
def calls_with_wrong_arguments(hl: Any) -> None:
    image, p = hl.ImageParam(hl.Int(32), 1, "image"), hl.Param(hl.Int(32), "p")
    x, f = hl.Var(), hl.Func("scaled")
    f[x] = image[x] * p
    call = f.compile_to_callable([image, p])
    line, out = np.arange(3, dtype=np.int32), np.zeros(3, np.int32)
    call(line, p=3, **{f.name(): out})
    same(out, line * 3)
    for wrong in (
        (line,),
        (line, 2),
        (np.zeros(3, np.float32), 1, out),
        (line, 1, np.zeros((3, 3), np.int32)),
    ):
        refused = False
        try:
            call(*wrong)
        except (hl.HalideError, TypeError):
            refused = True
        assert refused


@program
def a_generator(hl: Any) -> None:
    @hl.generator(name=f"sum_of_neighbours_{hl.__name__}")
    class Sum:
        radius = hl.GeneratorParam(1)
        vectors = hl.GeneratorParam(True)
        source = hl.InputBuffer(hl.UInt(8), 2)
        gain = hl.InputScalar(hl.Int(32))
        result = hl.OutputBuffer(hl.Int(32), 2)

        def generate(self) -> None:
            x, y = hl.Var("x"), hl.Var("y")
            edge = hl.BoundaryConditions.repeat_edge(self.source)
            r = hl.RDom([(-self.radius, 2 * self.radius + 1)])
            self.result[x, y] = hl.sum(hl.i32(edge[x + r.x, y])) * self.gain
            if self.vectors:
                self.result.vectorize(x, self.natural_vector_size(hl.Int(32)))
            assert self.source.dim(0).extent().type() == hl.Int(32)
            assert not self.using_autoscheduler()

    padded = np.pad(GRAY, ((0, 0), (2, 2)), mode="edge").astype(np.int32)
    want = int32(sum(padded[:, i : i + 32] for i in range(5)) * 3)
    image, out = hl.Buffer(GRAY), hl.Buffer(hl.Int(32), [32, 24])
    with hl.GeneratorContext(hl.get_jit_target_from_environment()):
        f = Sum.call(image, 3, generator_params={"radius": 2})
        same(f.realize([32, 24]), want)
        f = Sum.call(source=image, gain=3, generator_params={"radius": 2, "vectors": False})
        same(f.realize([32, 24]), want)
        call = Sum(generator_params={"radius": 2}).compile_to_callable()
    call(image, 3, out)
    same(out, want)
    out.fill(0)
    call(source=image, gain=3, result=out)
    same(out, want)


@program
def a_generator_whose_inputs_depend_on_parameters(hl: Any) -> None:
    @hl.generator(f"scaled_and_moved_{hl.__name__}")
    class Scaled:
        factor = hl.GeneratorParam(1)
        source = hl.InputBuffer(None, None)

        def configure(self) -> None:
            self.add_input("offset", hl.InputScalar(hl.Int(32)))
            self.add_output("result", hl.OutputBuffer(hl.Int(8 * self.factor), 1))

        def generate(self) -> None:
            x = hl.Var()
            value = self.source[x] * self.factor + self.offset
            self.result[x] = hl.cast(hl.Int(8 * self.factor), value)

    values = {"factor": 2, "source.type": hl.Int(32), "source.dim": 1}
    with hl.GeneratorContext(hl.get_jit_target_from_environment()):
        call = Scaled(generator_params=values).compile_to_callable()
    out = hl.Buffer(hl.Int(16), [5])
    call(hl.Buffer(np.arange(5, dtype=np.int32)), 1, out)
    same(out, (np.arange(5) * 2 + 1).astype(np.int16))
