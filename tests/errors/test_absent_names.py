"""Names of Halide's binding that halo does not have: each says what to write instead."""

from __future__ import annotations

import pytest

import halo as hl
from halo.lang.absent import AbsentError


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("serialize_pipeline", "Schedule.save"),
        ("deserialize_pipeline", "Schedule.save"),
        ("Derivative", "no automatic differentiation yet"),
        ("propagate_adjoints", "no automatic differentiation yet"),
        ("gather", "one update for each cell"),
        ("scatter", "one update for each cell"),
        ("compile_standalone_runtime", "needs no runtime library"),
        ("AutoschedulerParams", "call auto_schedule"),
        ("target_has_feature", "ask the Target"),
        ("DeviceAPI", "for processors only"),
        ("user_context_value", "first argument of the C function"),
    ],
)
def test_a_name_of_the_package(name: str, hint: str) -> None:
    with pytest.raises(AbsentError, match=f"halo has no {name}\n.*{hint}") as caught:
        getattr(hl, name)
    assert isinstance(caught.value, hl.HalideError)
    assert not hasattr(hl, name)


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(AttributeError, match="module 'halo' has no attribute 'Funk'"):
        hl.Funk


def test_members_of_classes() -> None:
    x = hl.Var("x")
    f = hl.Func("f")
    f[x] = x
    with pytest.raises(AbsentError, match=r"Func of halo has no debug_to_file\n.*numpy\.save"):
        f.debug_to_file("f.npy")
    with pytest.raises(AbsentError, match="Pipeline of halo has no apply_autoscheduler"):
        hl.Pipeline(f).apply_autoscheduler("Mullapudi2016", hl.get_host_target())
    with pytest.raises(AbsentError, match="ImageParam of halo has no store_in"):
        hl.ImageParam(hl.UInt(8), 1).store_in(hl.MemoryType.Heap)


def test_a_member_that_nobody_has() -> None:
    with pytest.raises(AttributeError, match="'Func' object has no attribute 'vectorise'"):
        hl.Func("f").vectorise("x", 8)


def test_the_place_outside_all_loops() -> None:
    x = hl.Var("x")
    f, g = hl.funcs("f g")
    f[x] = x
    g[x] = f[x]
    f.compute_at(g, hl.Var.outermost())
    with pytest.raises(hl.ScheduleError, match=r"compute_root\(\)"):
        g.realize([3])
