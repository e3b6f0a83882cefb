"""Convolutions and poolings: register tiles of neighbouring pixels by output channels."""

from __future__ import annotations

from schedules.loops import vectorize
from schedules.register_tile import schedule_tiles
from schedules.task import Task


def schedule_conv(task: Task) -> None:
    """Tile along the innermost spatial axis and the output channels."""
    root, acc = task.root, task.funcs["acc"]
    column, batch, spatial = root.args[-2], root.args[-1], root.args[:-2]
    _compute_padded(task)
    row = next((v for v in spatial if task.extent(v) != 1), None)
    schedule_tiles(task, acc, column, row, [v for v in (*spatial, batch) if v != row])


def _compute_padded(task: Task) -> None:
    """Copy the input into a frame of zeros first, with the channels innermost."""
    padded = task.funcs.get("padded")
    if padded is None:
        return
    channel, batch, spatial = padded.args[-2], padded.args[-1], padded.args[:-2]
    padded.compute_root().reorder_storage(channel, *spatial, batch)
    padded.reorder(channel, *spatial, batch)
    lanes = task.target.natural_vector_size(padded.function.types[0])
    vectorize(padded, channel, None, lanes)
    padded.parallel(spatial[-1])
