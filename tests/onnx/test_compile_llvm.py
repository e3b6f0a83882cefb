"""Models through LLVM: with a linker, without one, and where there is no C compiler at all."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from c_programs import build_c_program, compile_words, run_c_program
from small_model import small_model

import onnx_frontend
from codegen import find_compiler
from codegen.elf_archive import archive_members
from halo.errors import CodegenError
from halo.target import Target, host_target

Array = np.ndarray[Any, np.dtype[Any]]
LLVM = Target("host-llvm")
X = np.random.default_rng(2).uniform(-1, 1, (3, 3, 9, 11)).astype(np.float32)


@pytest.fixture(scope="module")
def want() -> Array:
    """What the C compiler's code computes."""
    return onnx_frontend.compile(small_model(), name="plain").run({"x": X})["y"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache in which nothing is yet."""
    monkeypatch.setenv("HALO_CACHE_DIR", str(tmp_path / "cache"))


def test_it_computes_the_same_bits(want: Array, tmp_path: Path) -> None:
    model = onnx_frontend.compile(small_model(), name="by_llvm", target=LLVM)
    for threads in (1, 3):
        assert np.array_equal(model.run({"x": X}, threads=threads)["y"], want)
    model.save(tmp_path / "saved")
    assert (tmp_path / "saved" / "libby_llvm.so").exists()
    loaded = onnx_frontend.load(tmp_path / "saved")
    assert np.array_equal(loaded.run({"x": X})["y"], want)


def test_a_c_program_links_with_the_library(want: Array, tmp_path: Path) -> None:
    model = onnx_frontend.compile(small_model(), name="linked", target=LLVM)
    model.save(tmp_path / "saved")
    program = build_c_program(tmp_path / "saved", tmp_path)
    done = run_c_program(program, tmp_path, X, threads=3, own_workspace=True)
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.fromfile(tmp_path / "out0.raw", np.float32), want.ravel())


@pytest.mark.usefixtures("without_compiler", "cache")
def test_without_any_tool_it_runs_and_is_saved_as_a_static_library(
    want: Array, tmp_path: Path
) -> None:
    model = onnx_frontend.compile(small_model(), name="alone")
    assert np.array_equal(model.run({"x": X})["y"], want)
    model.save(tmp_path / "saved")
    names = {f.name for f in (tmp_path / "saved").iterdir()}
    assert {"libalone.a", "alone.h", "alone.c", "model.json"} <= names
    loaded = onnx_frontend.load(tmp_path / "saved")
    assert np.array_equal(loaded.run({"x": X}, threads=2)["y"], want)
    loaded.save(tmp_path / "again")
    assert {f.name for f in (tmp_path / "again").iterdir()} == names
    report = onnx_frontend.compile(small_model(), name="alone").report
    assert report is not None and report.cached


@pytest.mark.skipif(host_target().machine != "x86-64", reason="versions are x86-64 ones")
@pytest.mark.usefixtures("without_compiler", "cache")
def test_without_any_tool_there_are_versions_and_other_machines(
    want: Array, tmp_path: Path
) -> None:
    levels = [Target("x86-64"), Target("x86-64-v3")]
    model = onnx_frontend.compile(small_model(), name="levels", target=levels)
    assert np.array_equal(model.run({"x": X})["y"], want)
    model.save(tmp_path / "saved")
    assert len(archive_members((tmp_path / "saved" / "liblevels.a").read_bytes())) == 3
    arm = onnx_frontend.compile(small_model(), name="arm", target=Target("aarch64-linux"))
    arm.save(tmp_path / "arm")
    assert (tmp_path / "arm" / "libarm.a").exists()


def test_the_static_library_links_into_a_c_program(
    want: Array, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = find_compiler().command
    with monkeypatch.context() as patch:
        patch.setattr("codegen.llvm_library.find_linker", lambda target: None)
        onnx_frontend.compile(small_model(), name="still", target=LLVM).save(tmp_path / "saved")
    words = [*compiler, *compile_words(tmp_path / "saved"), "saved/libstill.a"]
    subprocess.run([*words, "-lm", "-pthread", "-o", "run"], cwd=tmp_path, check=True)
    done = run_c_program(tmp_path / "run", tmp_path, X, threads=2)
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.fromfile(tmp_path / "out0.raw", np.float32), want.ravel())


@pytest.mark.usefixtures("cache")
def test_a_bare_linker_is_enough_for_a_shared_library(
    want: Array, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    linker = shutil.which("ld")
    if linker is None:
        pytest.skip("no ld here (Debian: binutils)")
    request.getfixturevalue("without_compiler")
    os.symlink(linker, Path(os.environ["PATH"]) / "ld")
    model = onnx_frontend.compile(small_model(), name="bare")
    assert np.array_equal(model.run({"x": X})["y"], want)
    model.save(tmp_path / "saved")
    assert (tmp_path / "saved" / "libbare.so").exists()


@pytest.mark.usefixtures("without_compiler", "cache")
def test_a_linker_that_fails_says_so() -> None:
    linker = Path(os.environ["PATH"]) / "ld"
    linker.write_text("#!/bin/sh\necho no room on the disk >&2\nexit 1\n")
    linker.chmod(0o755)
    with pytest.raises(CodegenError, match="ld cannot link: no room on the disk"):
        onnx_frontend.compile(small_model(), name="failing")
