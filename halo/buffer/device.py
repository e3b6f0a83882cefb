"""The methods of Halide's Buffer about other devices and about memory that is not there.

halo computes where the array lies, so that there is nothing to copy and nothing to wait for;
what would need a device is refused.
"""

from __future__ import annotations

from typing import Any, NoReturn

from halo.buffer.arrays import like
from halo.buffer.base import BufferBase
from halo.errors import BufferError, user_location


class DeviceMethods(BufferBase):
    """The answers of an array that lies in the memory of this process."""

    __slots__ = ()

    def has_device_allocation(self) -> bool:
        """Whether there is a copy on a device: never."""
        return False

    def host_dirty(self) -> bool:
        """Whether a device has to be told of changes: never."""
        return False

    def device_dirty(self) -> bool:
        """Whether a device holds changes: never."""
        return False

    def set_host_dirty(self, dirty: bool = True) -> None:
        """Do nothing: no device has to be told."""

    def set_device_dirty(self, dirty: bool = True) -> None:
        """Refused, unless `dirty` is false: there is no device."""
        if dirty:
            _refuse("set_device_dirty")

    def copy_to_host(self) -> int:
        """Do nothing: the elements are here. Returns 0."""
        return 0

    def device_sync(self) -> int:
        """Do nothing: a call returns when all is computed. Returns 0."""
        return 0

    def device_free(self) -> int:
        """Do nothing: there is no copy to free. Returns 0."""
        return 0

    def device_deallocate(self) -> None:
        """Do nothing: there is no copy to free."""

    def copy_to_device(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no device."""
        _refuse("copy_to_device")

    def device_malloc(self, *args: Any, **named: Any) -> NoReturn:
        """Refused: there is no device."""
        _refuse("device_malloc")

    def device_detach_native(self) -> NoReturn:
        """Refused: there is no device."""
        _refuse("device_detach_native")

    def allocate(self) -> None:
        """Give it new memory, filled with zeros, in place of what it has."""
        self._become(like(self._type, self._view), self._mins)

    def deallocate(self) -> NoReturn:
        """Refused: a Buffer always has an array."""
        raise BufferError(
            "a Buffer keeps its array as long as it lives",
            where=user_location(),
            hint="the memory is free when nobody holds the Buffer any more",
        )


def _refuse(what: str) -> NoReturn:
    raise BufferError(
        f"{what}: there is no device, halo computes where the array lies", where=user_location()
    )
