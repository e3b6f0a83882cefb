"""Targets: their texts, their features, and the code that is made for them."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl
from codegen.c_compiler import compile_flags, find_compiler
from halo.target import host_target

F = hl.TargetFeature
on_x86 = pytest.mark.skipif(host_target().machine != "x86-64", reason="names of x86-64")


def test_this_machine_has_many_names() -> None:
    assert hl.Target() == hl.Target("host") == hl.Target("") == hl.get_host_target()
    assert hl.get_host_target() is not hl.get_host_target()


def test_a_text_in_halides_form_gives_arch_system_and_features() -> None:
    t = hl.Target("x86-64-linux-avx2-fma")
    assert (t.arch, t.os, t.bits) == (hl.TargetArch.X86, hl.TargetOS.Linux, 64)
    assert t.has_feature(F.AVX2) and t.has_feature(F.FMA) and not t.has_feature(F.AVX512)


def test_the_parts_make_the_same_target_as_the_text() -> None:
    made = hl.Target(hl.TargetOS.Linux, hl.TargetArch.X86, 64, [F.AVX2, F.FMA])
    assert made == hl.Target("x86-64-linux-fma-avx2")


def test_a_feature_brings_those_it_is_built_on() -> None:
    t = hl.Target("x86-64-linux-avx512_skylake")
    assert t.features_all_of([F.SSE41, F.AVX, F.AVX2, F.FMA, F.F16C, F.AVX512])
    assert t.to_string() == "x86-64-linux-avx-avx2-avx512-avx512_skylake-f16c-fma-sse41"
    assert hl.Target(t.to_string()) == t == hl.Target(str(t))


def test_taking_a_feature_away_takes_what_is_built_on_it() -> None:
    t = hl.Target("x86-64-v4").without_feature(F.AVX2)
    assert t.has_feature(F.AVX) and not t.features_any_of([F.AVX2, F.AVX512, F.AVX512_Skylake])
    assert hl.Target("x86-64-v4").has_feature(F.AVX2)


def test_with_feature_leaves_the_target_alone_and_set_feature_does_not() -> None:
    t = hl.Target("x86-64")
    assert t.with_feature(F.AVX).has_feature(F.AVX) and not t.has_feature(F.AVX)
    t.set_features([F.AVX, F.NoAsserts])
    assert t.features_all_of([F.AVX, F.NoAsserts])
    t.set_feature(F.NoAsserts, False)
    assert not t.has_feature(F.NoAsserts)


def test_what_the_host_has_changes_nothing_when_it_is_asked_for() -> None:
    t = hl.Target("host-no_asserts")
    assert str(t) == "host-no_asserts" and t.features == hl.Target("host").features


@pytest.mark.parametrize(
    ("text", "type", "lanes"),
    [
        ("x86-64", hl.Float(64), 2),
        ("x86-64-linux-sse41", hl.UInt(8), 16),
        ("x86-64-v3", hl.Float(32), 8),
        ("x86-64-linux-avx512", hl.UInt(16), 32),
        ("arm-64-linux", hl.Int(32), 4),
    ],
)
def test_vectors_are_as_wide_as_the_features_allow(text: str, type: hl.Type, lanes: int) -> None:
    assert hl.Target(text).natural_vector_size(type) == lanes


def test_questions_that_have_one_answer_here() -> None:
    t = hl.get_host_target()
    assert t.supported() and t.is_native()
    assert hl.Target("arm-64-linux").supported() and hl.Target("x86-64-linux").supported()
    elsewhere = hl.Target("hexagon-64-qurt")
    assert not elsewhere.supported() and not elsewhere.is_native()
    assert not t.has_gpu_feature() and not t.has_feature(F.CUDA)
    assert t.has_large_buffers() and t.maximum_buffer_size() > 2**40
    assert t.supports_type(hl.Float(16)) and t.supports_type(hl.Bool())


def test_texts_are_validated() -> None:
    good = ["host", "", "x86-64", "x86-64-v3", "x86-64-linux", "arm-64-osx", "host-jit"]
    bad = ["z80", "x86-32-linux", "x86-64-plan9", "host-avx3", "host-cuda", "x86-64-fma"]
    assert [s for s in good if not hl.Target.validate_target_string(s)] == []
    assert [s for s in bad if hl.Target.validate_target_string(s)] == []


def test_the_environment_names_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HL_TARGET", raising=False)
    monkeypatch.setenv("HL_JIT_TARGET", "x86-64-linux-avx2")
    jit = hl.get_jit_target_from_environment()
    assert jit.has_feature(F.AVX2) and jit.has_feature(F.JIT)
    assert hl.get_target_from_environment() == hl.get_host_target()
    monkeypatch.setenv("HL_TARGET", "arm-64-linux")
    assert hl.get_target_from_environment().arch is hl.TargetArch.ARM


@on_x86
def test_the_compiler_is_told_the_instructions() -> None:
    flags = compile_flags(find_compiler(), hl.Target("x86-64-linux-avx2-fma"))
    assert {"-march=x86-64", "-mavx2", "-mfma", "-msse4.1"} <= set(flags)
    assert "-march=x86-64-v3" in compile_flags(find_compiler(), hl.Target("x86-64-v3"))


@on_x86
def test_every_instruction_set_that_the_host_has_can_be_asked_for_alone() -> None:
    x = hl.Var("x")
    features = [f for f in F if hl.get_host_target().has_feature(f)]
    for feature in features[:3]:
        f = hl.Func()
        f[x] = hl.f32(x) * 2.0 + 1.0
        f.vectorize(x, 8)
        made = f.realize(
            [13], target=hl.Target(hl.TargetOS.Linux, hl.TargetArch.X86, 64, [feature])
        )
        assert np.array_equal(np.asarray(made), np.arange(13, dtype=np.float32) * 2 + 1)


@on_x86
def test_code_for_another_machine_is_written_as_c(tmp_path) -> None:
    x = hl.Var("x")
    f = hl.Func("elsewhere")
    f[x] = x * x
    f.compile_to_c(tmp_path / "f.c", [], "squares", target=hl.Target("arm-64-linux"))
    assert "int32_t squares(" in (tmp_path / "f.c").read_text()


def test_processors_have_the_names_of_compilers_too() -> None:
    assert hl.Target("aarch64-linux") == hl.Target("arm-64-linux")
    assert hl.Target("x86_64-linux-avx2") == hl.Target("x86-64-linux-avx2")
    assert str(hl.Target("aarch64-linux-llvm")) == "arm-64-linux-llvm"
