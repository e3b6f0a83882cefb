"""No C compiler, or one that does not do its work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import halo as hl

x = hl.Var("x")


@pytest.fixture(autouse=True)
def through_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong is the C compiler's; without it LLVM does its work."""
    monkeypatch.setenv("HALO_BACKEND", "c")


def any_func() -> hl.Func:
    f = hl.Func("f")
    f[x] = x * 3
    return f


def script(path: Path, body: str) -> Path:
    """Write an executable that answers ``--version`` and then does `body`."""
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *--version*) echo odd cc 1.0; exit 0;; esac\n{body}\n',
        encoding="ascii",
    )
    path.chmod(0o755)
    return path


@pytest.mark.usefixtures("empty_cache")
def test_without_a_compiler_the_error_says_how_to_get_one(
    refused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with refused(hl.CodegenError, "no C compiler", "install", "$CC", here=False):
        any_func().realize([3])


@pytest.mark.usefixtures("empty_cache")
def test_a_compiler_named_in_cc_that_does_not_exist_is_named(
    refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    with refused(hl.CodegenError, "no-such-compiler -O2", "$CC", here=False):
        any_func().realize([3])


@pytest.mark.usefixtures("empty_cache")
def test_a_compiler_that_fails_is_quoted_and_the_source_kept(
    refused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cc = script(tmp_path / "failing-cc", "echo 'cannot compile today' >&2; exit 3")
    monkeypatch.setenv("CC", str(cc))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with refused(hl.CodegenError, str(cc), "code 3", "cannot compile today", "kept", here=False):
        any_func().realize([3])
    assert list(tmp_path.rglob("*.c"))


@pytest.mark.usefixtures("empty_cache")
def test_a_compiler_that_writes_nothing_is_found_out(
    refused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", str(script(tmp_path / "lazy-cc", "exit 0")))
    with refused(hl.CodegenError, "lazy-cc", here=False):
        any_func().realize([3])


@pytest.mark.usefixtures("empty_cache")
def test_after_a_failure_the_same_func_compiles_with_a_good_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    f = any_func()
    with monkeypatch.context() as bad:
        bad.setenv("CC", str(script(tmp_path / "failing-cc", "exit 1")))
        with pytest.raises(hl.CodegenError):
            f.realize([3])
    assert np.array_equal(f.realize([3]), [0, 3, 6])
