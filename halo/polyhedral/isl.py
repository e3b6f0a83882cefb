"""islpy, loaded when it is first used: importing halo has to be quick."""

from __future__ import annotations

import importlib
from typing import Any


class _Isl:
    """The module islpy; each attribute is looked up once."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(importlib.import_module("islpy"), name)
        setattr(self, name, value)
        return value


isl: Any = _Isl()
