"""Writing files so that others see either nothing or all of them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_atomically(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write `data` to `path` by way of a file beside it; `mode` is subject to the umask.

    What is no regular file, such as ``/dev/null`` or a pipe, stays what it is and is written to; a
    link stays one.

    Raises
    ------
    OSError
        It cannot be written; `path` is then as it was.
    """
    path = path.resolve()
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(data)
        return
    beside = path.with_name(f".new-{os.getpid()}-{secrets.token_hex(8)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
