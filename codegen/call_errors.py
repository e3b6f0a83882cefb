"""The error that a compiled function returns, as an exception."""

from __future__ import annotations

from halo.errors import BoundsError, BufferError, HaloError, user_location
from halo.ir.stmt import ErrorCode


class AllocationError(HaloError, MemoryError):
    """Compiled code asked for memory and there was none."""


_BY_CODE: dict[ErrorCode, type[HaloError]] = {
    ErrorCode.OUT_OF_BOUNDS: BoundsError,
    ErrorCode.BROKEN_PROMISE: BoundsError,
    ErrorCode.OVERFLOW: BoundsError,
    ErrorCode.OUT_OF_MEMORY: AllocationError,
}


_HINTS: dict[ErrorCode, str] = {
    ErrorCode.OUT_OF_BOUNDS: "give a buffer that holds these cells, compute a smaller region, or "
    "say what lies outside with halo.BoundaryConditions",
    ErrorCode.BROKEN_PROMISE: "give the directive more cells, or leave it out",
    ErrorCode.OVERFLOW: "coordinates are numbers of 32 bits: pass smaller parameters or a smaller "
    "region, or keep the index in range with halo.clamp before it grows",
    ErrorCode.BAD_STRIDE: "pass an array laid out as promised, or take the promise back with "
    "dim(...).set_stride(None)",
    ErrorCode.BAD_ALIGNMENT: "pass an array that begins at such an address, or take the promise "
    "back with set_host_alignment(0)",
    ErrorCode.OUT_OF_MEMORY: "compute a smaller region at a time, or store less at once: "
    "compute_at instead of compute_root",
}


def raise_for(code: int, message: str) -> None:
    """Raise the error of a compiled function's return `code`; return if it is 0."""
    if code == 0:
        return
    try:
        kind = ErrorCode(code)
    except ValueError:
        raise HaloError(message or f"a compiled function returned error {code}") from None
    error = _BY_CODE.get(kind, BufferError)
    text = message or kind.name.lower().replace("_", " ")
    if kind in (ErrorCode.REQUIREMENT, ErrorCode.EXTERN):
        raise HaloError(text)  # the message begins with the line of the user's that it concerns
    if kind is ErrorCode.BAD_PROCESSOR:
        raise HaloError(text, hint="compile it for one more target, such as x86-64")
    raise error(text, where=user_location(), hint=_HINTS.get(kind, ""))
