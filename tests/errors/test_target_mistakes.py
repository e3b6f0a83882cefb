"""Targets that are not, and features that halo does not have."""

from __future__ import annotations

from typing import Any

import pytest

import halo as hl
from halo.target import host_target


def test_a_text_that_names_no_machine(refused: Any) -> None:
    with refused(hl.HaloError, "unknown target 'z80'", "x86-64-linux"):
        hl.Target("z80")


def test_a_machine_of_32_bits(refused: Any) -> None:
    with refused(hl.HaloError, "'x86-32-linux'", "32 bits", "64"):
        hl.Target("x86-32-linux")


def test_a_feature_that_nobody_knows(refused: Any) -> None:
    with refused(hl.HaloError, "'host-avx3'", "unknown feature 'avx3'"):
        hl.Target("host-avx3")


def test_a_feature_of_graphics_processors(refused: Any) -> None:
    with refused(hl.HaloError, "nothing for the target feature 'cuda'", "processors"):
        hl.Target("host").with_feature(hl.TargetFeature.CUDA)


def test_a_target_of_the_environment_that_is_none(
    refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HL_JIT_TARGET", "elsewhere")
    with refused(hl.HaloError, "unknown target 'elsewhere'"):
        hl.get_jit_target_from_environment()


def test_machine_code_for_another_machine(refused: Any) -> None:
    other = "x86" if host_target().machine == "arm-64" else "arm"
    f = hl.Func("f")
    x = hl.Var("x")
    f[x] = x
    with refused(
        hl.CodegenError, f"code for {other}-64 under linux does not run here", "compile_to_object"
    ):
        f.realize([3], target=hl.Target(f"{other}-64-linux"))


def test_a_machine_for_which_there_is_no_c_compiler(
    refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HALO_BACKEND", "c")
    f = hl.Func("f")
    f[hl.Var("x")] = 1
    said = "no C compiler here for arm-64 under osx"
    with refused(hl.CodegenError, said, "build it where it shall run"):
        f.compile_to_object("f.o", target=hl.Target("arm-64-osx"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    said = "no C compiler here for riscv-64 under linux"
    with refused(hl.CodegenError, said, "apt install gcc-riscv64-linux-gnu"):
        f.compile_to_object("f.o", target=hl.Target("riscv-64-linux"))


def test_a_machine_that_llvm_has_no_runtime_for(refused: Any) -> None:
    f = hl.Func("f")
    f[hl.Var("x")] = 1
    with refused(hl.CodegenError, "LLVM", "riscv-64 under linux", "compile_to_c"):
        f.compile_to_object("f.o", target=hl.Target("riscv-64-linux-llvm"))
