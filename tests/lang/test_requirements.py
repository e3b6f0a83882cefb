"""Requirements of a pipeline: checked at each call, before anything is computed."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl

x = hl.Var("x")


def required() -> tuple[hl.Pipeline, hl.ImageParam, hl.Param]:
    source, step = hl.ImageParam(hl.Int(32), 1), hl.Param(hl.Int(32))
    f = hl.Func("stepped")
    f[x] = source[x] * 2
    p = hl.Pipeline([f])
    p.add_requirement(step > 0, "step is", step)
    p.add_requirement(source.width() % 2 == 0)
    return p, source, step


def test_a_call_that_keeps_them_is_computed() -> None:
    p, source, step = required()
    source.set(np.arange(4, dtype=np.int32))
    step.set(1)
    assert np.asarray(p.realize([4])).tolist() == [0, 2, 4, 6]


def test_a_call_that_breaks_one_fails_before_it_writes() -> None:
    p, source, step = required()
    source.set(np.arange(4, dtype=np.int32))
    step.set(-3)
    out = np.full(4, 9, np.int32)
    with pytest.raises(hl.HaloError, match=r"requirements.py:\d+: a requirement .*: step is -3"):
        p.realize(hl.Buffer(out))
    assert out.tolist() == [9] * 4
    step.set(1)
    source.set(np.arange(5, dtype=np.int32))
    with pytest.raises(hl.HaloError, match="a requirement does not hold"):
        p.realize(hl.Buffer(out))


def test_one_that_is_added_later_holds_from_then_on() -> None:
    f = hl.Func("later")
    f[x] = x
    assert f.realize([3]).width() == 3
    hl.Pipeline(f).add_requirement(f.output_buffer().width() < 3, "too wide")
    assert f.realize([2]).width() == 2
    with pytest.raises(hl.HaloError, match="too wide"):
        f.realize([3])


def test_a_param_that_only_a_requirement_uses_is_an_argument() -> None:
    p, source, step = required()
    assert [a.name for a in p.infer_arguments()] == [source.name(), step.name()]
    out = np.zeros(2, np.int32)
    p.compile_to_callable([step, source])(1, np.arange(2, dtype=np.int32), out)
    assert out.tolist() == [0, 2]


def test_a_generator_requires_too() -> None:
    @hl.generator("test_requires")
    class Requires:
        most = hl.InputScalar(int)
        out = hl.OutputBuffer(int, 1)

        def generate(self) -> None:
            self.add_requirement(self.most < 10, "at most 9")
            self.out[x] = x + self.most

    call = Requires().compile_to_callable()
    out = np.zeros(2, np.int32)
    call(9, out)
    assert out.tolist() == [9, 10]
    with pytest.raises(hl.HaloError, match="at most 9"):
        call(10, out)


def test_outputs_are_found_by_number() -> None:
    f, g = hl.funcs("zero one")
    f[x], g[x] = x, x + 1
    p = hl.Pipeline([f, g])
    assert p.get_func(1).name() == g.name()
    with pytest.raises(hl.DefinitionError, match="2 outputs has none with number 2"):
        p.get_func(2)
