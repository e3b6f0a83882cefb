"""How `make models` judges an answer that is not onnxruntime's."""

from __future__ import annotations

import numpy as np
from one_model import as_close, distances, pictures

FEEDS = {"picture": np.zeros((1, 2, 2, 3), np.float32)}


def painted(*first: float) -> dict[str, np.ndarray]:
    """Return a picture of ones, of which one pixel is given."""
    y = np.ones((1, 2, 2, 3), np.float32)
    y[0, 0, 0] = first
    return {"y": y}


def test_an_output_of_the_shape_of_an_input_is_a_picture() -> None:
    assert pictures(painted(0, 0, 0), FEEDS) == ["y"]
    assert pictures({"classes": np.zeros((1, 2, 2, 5))}, FEEDS) == []
    assert pictures({"features": np.zeros((1, 3))}, {"x": np.zeros((1, 3))}) == []


def test_the_largest_of_a_row_counts_but_in_pictures() -> None:
    theirs, variant, ours = painted(0.5, 0.4, 0.1), painted(0.7, 0.4, 0.1), painted(0.52, 0.56, 0.1)
    assert as_close(ours, theirs, [variant], ["y"])
    assert not as_close(ours, theirs, [variant], [])
    assert as_close(painted(0.6, 0.4, 0.1), theirs, [variant], [])


def test_an_answer_farther_than_all_that_are_as_good_is_not() -> None:
    theirs, variant = painted(0.5, 0.4, 0.1), painted(0.7, 0.4, 0.1)
    assert not as_close(painted(0.95, 0.4, 0.1), theirs, [variant], ["y"])


def test_the_distance_from_the_standard_is_a_part_of_its_largest_value() -> None:
    largest, mean = distances(painted(2, 1, 1), painted(4, 1, 1), ["y"])
    assert largest == 0.5 and np.isclose(mean, 0.5 / 12)
