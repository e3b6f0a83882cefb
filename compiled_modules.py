"""The modules that are compiled to machine code on demand, where lowering spends its time.

`setup.py` has mypyc compile them if HALO_COMPILED is set; docs/architecture.md says why these.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent

INCLUDED = (
    "halo/ir/boxes.py",
    "halo/ir/effects.py",
    "halo/ir/equality.py",
    "halo/ir/interval.py",
    "halo/ir/intrinsics.py",
    "halo/ir/ranges.py",
    "halo/ir/substitute.py",
    "halo/ir/types.py",
    "halo/ir/bounds/*.py",
    "halo/ir/simplify/*.py",
    "halo/lowering/*.py",
)
"""Files, or patterns of them."""

LEFT_OUT = {
    "halo/lowering/fork_tasks.py": "a star inside a pattern, which would be a tuple",
    "halo/lowering/names.py": "a class that is a list",
    "halo/lowering/prefetching.py": "a star inside `in (...)`",
}
"""Files of `INCLUDED` that mypyc does not take, and what in them."""


def compiled_modules(root: Path = ROOT) -> list[str]:
    """Return the files to compile, relative to `root`.

    Raises
    ------
    FileNotFoundError
        An entry of the lists above names nothing.
    """
    found: list[str] = []
    for pattern in INCLUDED:
        paths = sorted(path.relative_to(root).as_posix() for path in root.glob(pattern))
        if not paths:
            raise FileNotFoundError(f"{pattern}: no such module")
        found += paths
    missing = sorted(LEFT_OUT.keys() - set(found))
    if missing:
        raise FileNotFoundError(f"{missing[0]}: is left out, and not among what is compiled")
    return [path for path in found if path not in LEFT_OUT]
