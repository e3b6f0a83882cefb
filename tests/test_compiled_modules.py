"""What is compiled on demand: a list of modules that has to name modules."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def listed() -> ModuleType:
    """The module with the list, loaded anew."""
    spec = importlib.util.spec_from_file_location("listed", ROOT / "compiled_modules.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_entry_names_a_module(listed: ModuleType) -> None:
    found = listed.compiled_modules()
    assert "halo/ir/simplify/add.py" in found
    assert len(set(found)) == len(found)
    assert all((ROOT / path).is_file() for path in found)
    assert listed.LEFT_OUT.keys().isdisjoint(found)


@pytest.mark.parametrize("pattern", ["halo/ir/gone.py", "halo/gone/*.py"])
def test_an_entry_that_names_nothing_is_refused(listed: ModuleType, pattern: str) -> None:
    listed.INCLUDED += (pattern,)
    with pytest.raises(FileNotFoundError, match="gone"):
        listed.compiled_modules()


def test_a_module_that_is_left_out_exists(listed: ModuleType) -> None:
    listed.LEFT_OUT["halo/lowering/gone.py"] = "nothing"
    with pytest.raises(FileNotFoundError, match=r"halo/lowering/gone.py"):
        listed.compiled_modules()
