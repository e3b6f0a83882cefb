"""A cache of built files by content: private to the user, atomic, checked upon use."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from halo.errors import CodegenError
from halo.files import write_atomically


def cache_directory() -> Path:
    """Return the folder of the cache, made if missing.

    ``$HALO_CACHE_DIR``, else ``$XDG_CACHE_HOME/halo``, else ``~/.cache/halo``.

    Raises
    ------
    CodegenError
        The folder cannot be made, or belongs to somebody else.
    """
    own = os.environ.get("HALO_CACHE_DIR")
    base = os.environ.get("XDG_CACHE_HOME")
    path = Path(own) if own else (Path(base) if base else Path.home() / ".cache") / "halo"
    hint = "set HALO_CACHE_DIR to a folder of your own"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = path.stat()
    except OSError as e:
        raise CodegenError(f"no cache folder at {path}: {e.strerror}", hint=hint) from e
    if hasattr(os, "getuid") and info.st_uid != os.getuid():
        raise CodegenError(f"the cache folder {path} belongs to another user", hint=hint)
    if stat.S_IMODE(info.st_mode) & 0o077:
        path.chmod(0o700)
    return path


class Cache:
    """Files under a folder, each with the checksum of its content beside it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, key: str, suffix: str) -> Path:
        """Return where the file of `key` lies, or would lie."""
        return self._directory / key[:2] / f"{key}{suffix}"

    def find(self, key: str, suffix: str) -> Path | None:
        """Return the file of `key` if it is there and whole; a damaged one is removed."""
        path = self.path(key, suffix)
        try:
            want = _checksum_path(path).read_text(encoding="ascii").strip()
            if _digest(path) == want:
                return path
        except (OSError, UnicodeDecodeError):
            pass
        path.unlink(missing_ok=True)
        return None

    def add(self, key: str, suffix: str, source: Path) -> Path:
        """Copy `source` into the cache under `key`; return where it lies."""
        return self.put(key, suffix, source.read_bytes())

    def put(self, key: str, suffix: str, data: bytes) -> Path:
        """Write `data` into the cache under `key`; return where it lies."""
        path = self.path(key, suffix)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # The checksum last: a file without one counts as damaged.
        write_atomically(path, data, 0o700)
        digest = hashlib.sha256(data).hexdigest().encode()
        write_atomically(_checksum_path(path), digest, 0o600)
        return path


def _checksum_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _digest(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
