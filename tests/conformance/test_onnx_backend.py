"""The standard's own suite, ``onnx.backend.test``, on halo: run by ``make conformance``."""

from __future__ import annotations

import warnings

import pytest
from onnx.backend.test.runner import Runner

from onnx_frontend.backend import HaloBackend

pytestmark = [
    pytest.mark.conformance,
    # The suite's own data divide by zero and overflow where that is what is tested.
    pytest.mark.filterwarnings("ignore"),
]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    globals().update(Runner(HaloBackend, __name__).exclude("_cuda$").test_cases)
