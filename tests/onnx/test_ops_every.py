"""Every operator at sizes of several cells, of one and of none, and of every type, against onnx."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from operator_cases import CASES, OperatorCase
from operator_models import expected, feeds_of, model_of, sizes_of, types_of

import onnx_frontend

TOLERANCE = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 2e-5, "float64": 1e-6}
"""Of float64 as of what the reference computes in float32 and attributes are given in."""
FIRST = ["float32", "int64", "bool"]
"""The types that are tried always; all others are for long runs."""


@pytest.fixture(autouse=True)
def quick_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    # The bits are the same at any level of optimisation, and these are many small programs.
    monkeypatch.setenv("HALO_CFLAGS", "-O0")


def check(case: OperatorCase, dtypes: Sequence[str]) -> None:
    """Compile one model of symbols for `dtypes`, and compare what it gives at all sizes."""
    model = onnx_frontend.compile(model_of(case, dtypes))
    for sizes in sizes_of(case):
        made = model.run(feeds_of(case, dtypes, sizes))
        for dtype in dtypes:
            tolerance = TOLERANCE.get(dtype, 0.0) * case.loose
            for k, want in enumerate(expected(case, dtype, sizes)):
                got, where = made[f"{dtype}_y{k}"], f"{dtype} at {sizes}"
                assert got.dtype == want.dtype, where
                assert got.shape == want.shape, where
                if got.dtype.kind in "biu":
                    np.testing.assert_array_equal(got, want, where)
                    continue
                a, b = (v.astype(np.float64) for v in (got, want))
                np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=where)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sizes_and_broadcasts(case: OperatorCase) -> None:
    types = types_of(case)
    check(case, [t for t in FIRST if t in types] or types[:1])


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_type(case: OperatorCase) -> None:
    check(case, types_of(case))
