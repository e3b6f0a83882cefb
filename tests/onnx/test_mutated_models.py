"""Random changes in the bytes and fields of small models: each is read, or refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from mutated_models import mutant, read_mutants, valid_models

from onnx_frontend import compile


def check(first: int, count: int, every: bool = False) -> None:
    """Read so many mutants in a process of limited memory and time."""
    done = read_mutants(first, count, every)
    told = [line for line in done.stdout.splitlines() if not line.startswith("seed ")]
    last = done.stdout.splitlines()[-2:]
    assert done.returncode == 0, (done.returncode, told, last, done.stderr[-2000:])
    read, refused, failed = (int(part.split()[0]) for part in told[-1].split(", "))
    assert read + refused == count and failed == 0
    assert min(read, refused) > count // 10


def test_mutants_are_models_or_refused() -> None:
    check(0, 400)


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_many_mutants_are_models_or_refused(part: int) -> None:
    check(1000 * (part + 1), 1000)


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_mutants_with_any_operator_are_models_or_refused(part: int) -> None:
    check(1000 * part, 1000, every=True)


def test_a_seed_gives_one_mutant() -> None:
    models = valid_models()
    assert mutant(3, models) == mutant(3, valid_models()) != mutant(4, models)


def test_the_models_themselves_are_compiled() -> None:
    compiled = compile(valid_models()[-1])
    x = np.array([[1, 2, 3]] * 2, np.float32)
    y = compiled.run({"x": x})["y"]
    wanted = np.maximum(x * x + np.arange(3), [[2, 0, 0], [0, 3, 0]])
    np.testing.assert_allclose(y, np.maximum(wanted, x))
