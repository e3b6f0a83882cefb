"""Methods of Halide for machines that halo has no back end for: each is refused."""

from __future__ import annotations

from typing import Any, NoReturn

from halo.errors import ScheduleError, user_location
from halo.schedule.methods.base import Recorder


def _refuse(method: str, what: str, instead: str) -> NoReturn:
    raise ScheduleError(
        f"{method}: halo has no back end for {what} yet, it writes C for processors",
        where=user_location(),
        hint=f"legal: {instead}",
    )


class DeviceMethods(Recorder):
    """The directives for graphics processors and for Hexagon, which are refused."""

    __slots__ = ()

    def gpu(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no back end for graphics processors."""
        _refuse("gpu", "graphics processors", "parallel(x) for blocks, vectorize(x) for threads")

    def gpu_blocks(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no back end for graphics processors."""
        _refuse("gpu_blocks", "graphics processors", "parallel(x)")

    def gpu_threads(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no back end for graphics processors."""
        _refuse("gpu_threads", "graphics processors", "vectorize(x)")

    def gpu_lanes(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no back end for graphics processors."""
        _refuse("gpu_lanes", "graphics processors", "vectorize(x)")

    def gpu_single_thread(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no back end for graphics processors."""
        _refuse("gpu_single_thread", "graphics processors", "leave it out: loops are serial")

    def gpu_tile(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no back end for graphics processors."""
        instead = "tile(x, y, xo, yo, xi, yi, xfactor, yfactor), parallel(yo), vectorize(xi)"
        _refuse("gpu_tile", "graphics processors", instead)

    def hexagon(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no back end for Hexagon."""
        _refuse("hexagon", "Hexagon", "vectorize(x) and parallel(y)")

    def copy_to_device(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no device to copy to."""
        _refuse("copy_to_device", "devices with memory of their own", "leave it out")

    def copy_to_host(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no device to copy from."""
        _refuse("copy_to_host", "devices with memory of their own", "leave it out")
