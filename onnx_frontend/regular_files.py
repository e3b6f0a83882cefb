"""Reading regular files, and nothing that only looks like one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onnx_frontend.errors import ModelError

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@contextmanager
def opened(path: Path, title: str) -> Iterator[int]:
    """Open a regular file for reading; give its descriptor.

    Anything else is refused without waiting for it: a pipe that nobody writes to would hang, a
    device may have no end.

    Parameters
    ----------
    title
        What messages call it.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ModelError
        It is no regular file, or may not be read.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ModelError(f"{title} cannot be read: {error.strerror}") from None
    except ValueError:  # a zero in the path
        raise ModelError(f"{title} cannot be read: no file has a zero byte in its name") from None
    try:
        mode = os.fstat(file).st_mode
        if not stat.S_ISREG(mode):
            kind = next((what for test, what in _KINDS if test(mode)), "something else")
            raise ModelError(f"{title} cannot be read: it is {kind}, not a regular file")
        yield file
    except OSError as error:
        raise ModelError(f"{title} cannot be read: {error.strerror}") from None
    finally:
        os.close(file)


def size_of(file: int) -> int:
    """Return the bytes of an open file."""
    return os.fstat(file).st_size


def read_part(file: int, start: int, count: int) -> bytes:
    """Return `count` bytes from place `start` on; fewer where the file ends before."""
    parts: list[bytes] = []
    while count > 0:
        part = os.pread(file, min(count, 1 << 30), start)
        if not part:
            break
        parts.append(part)
        start += len(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
