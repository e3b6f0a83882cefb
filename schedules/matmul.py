"""Matrix products: register tiles of rows by columns."""

from __future__ import annotations

from schedules.register_tile import schedule_tiles
from schedules.task import Task


def schedule_matmul(task: Task) -> None:
    """Tile along the last two axes of the result."""
    root, acc = task.root, task.funcs["acc"]
    if not root.args:  # the product of two vectors
        acc.compute_root()
        return
    column, rest = root.args[0], root.args[1:]
    row = rest[0] if rest and task.extent(rest[0]) != 1 else None
    schedule_tiles(task, acc, column, row, [v for v in rest if v != row])
