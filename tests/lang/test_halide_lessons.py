"""Whole programs in the style of Halide's binding: in halo, and in Halide where it is installed.

Each asserts, to the bit, that it computes what numpy does, so both packages compute the same.
"""

from __future__ import annotations

import halide_features  # noqa: F401
import halide_lessons  # noqa: F401
import halide_objects  # noqa: F401
import pytest
from halide_check import CHECKED


@pytest.mark.parametrize("package", ["halo", "halide"])
@pytest.mark.parametrize("name", list(CHECKED))
def test_a_program_computes_what_numpy_does(name: str, package: str) -> None:
    hl = pytest.importorskip(package, reason="the peer is not installed")
    CHECKED[name](hl)
