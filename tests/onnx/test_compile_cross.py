"""A model compiled for 64-bit ARM: saved, and run there by a C program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from c_programs import build_c_program, run_c_program
from emulated import need_arm
from small_model import small_model

import onnx_frontend
from halo.errors import CodegenError
from halo.target import Target
from onnx_frontend import PackageError

X = np.random.default_rng(2).uniform(-1, 1, (3, 3, 9, 11)).astype(np.float32)


def test_a_model_for_arm_is_saved_and_computes_the_same_there(tmp_path: Path) -> None:
    cross = need_arm()
    model = onnx_frontend.compile(small_model(), name="arm", target=Target("aarch64-linux"))
    model.save(tmp_path / "saved")
    program = build_c_program(tmp_path / "saved", tmp_path, cross.compiler)
    emulator = (*cross.emulator, "-L", "/usr/aarch64-linux-gnu")
    done = run_c_program(program, tmp_path, X, threads=2, emulator=emulator)
    assert done.returncode == 0, done.stderr
    want = onnx_frontend.compile(small_model(), name="here").run({"x": X})["y"]
    assert np.array_equal(np.fromfile(tmp_path / "out0.raw", np.float32), want.ravel())
    with pytest.raises(CodegenError, match="arm is for arm-64 under linux and does not run here"):
        model.run({"x": X})
    with pytest.raises(PackageError, match="is for arm-64 under linux, this is"):
        onnx_frontend.load(tmp_path / "saved")
