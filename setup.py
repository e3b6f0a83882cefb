"""Have setuptools compile a part of halo if HALO_COMPILED is set; pyproject.toml has the rest."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from setuptools import setup


def extensions() -> list[Any]:
    """Return what is to be compiled; nothing unless it is asked for."""
    if os.environ.get("HALO_COMPILED", "0") in ("", "0"):
        return []
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from compiled_modules import compiled_modules

    try:
        from mypyc.build import mypycify
    except ImportError as error:
        raise SystemExit(
            "HALO_COMPILED is set, and mypyc is not installed: pip install mypy, and give pip"
            " --no-build-isolation"
        ) from error
    options = ["--config-file", "pyproject.toml", *compiled_modules()]
    made: list[Any] = mypycify(options, debug_level="0", multi_file=True, target_dir="build/mypyc")
    return made


setup(ext_modules=extensions())
