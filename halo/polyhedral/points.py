"""Points of isl sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from halo.polyhedral.isl import isl
from halo.polyhedral.question import number_of
from halo.polyhedral.translate import Translator


def least_point(points: Any, names: Sequence[str], t: Translator) -> Mapping[str, int]:
    """Return the lexicographically least of `points`, with few negative numbers."""
    for name in names:
        natural = points & t.named(name).ge_set(t.constant(0))
        points = points if natural.is_empty() else natural
    points = isl.Set.from_params(points)
    for i, name in enumerate(names):
        place = points.find_dim_by_name(isl.dim_type.param, name)
        points = points.move_dims(isl.dim_type.set, i, isl.dim_type.param, place, 1)
    with suppress(isl.Error):  # where there is no least one, any will do
        points = points.lexmin()
    point = points.sample_point()
    return {
        name: number_of(point.get_coordinate_val(isl.dim_type.set, i))
        for i, name in enumerate(names)
    }
