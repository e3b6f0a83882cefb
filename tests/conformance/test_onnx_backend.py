"""The standard's own suite, ``onnx.backend.test``, on halo: run by ``make conformance``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from onnx.backend.test.runner import Runner

from onnx_frontend.backend import HaloBackend

pytestmark = [
    pytest.mark.conformance,
    # The suite's own data divide by zero and overflow where that is what is tested.
    pytest.mark.filterwarnings("ignore"),
]


class _Runner(Runner):  # type: ignore[misc]  # onnx has no types
    """Compares scalars in sequences, too, of which the suite's own runner asks the length."""

    @classmethod
    def assert_similar_outputs(
        cls, ref_outputs: Any, outputs: Any, *args: Any, **given: Any
    ) -> None:
        if all(isinstance(x, np.ndarray) and x.ndim == 0 for x in (ref_outputs, outputs)):
            ref_outputs, outputs = [ref_outputs], [outputs]
        super().assert_similar_outputs(ref_outputs, outputs, *args, **given)


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    globals().update(_Runner(HaloBackend, __name__).exclude("_cuda$").test_cases)
