"""Programs of Halide's binding run with only the import changed, and give what it gives.

Where Halide is installed (the extra ``bench``) it has to agree with what is written down.
"""

from __future__ import annotations

import pytest
from halide_programs import PROGRAMS


@pytest.mark.parametrize("package", ["halo", "halide"])
@pytest.mark.parametrize("name", list(PROGRAMS))
def test_a_program_gives_the_same_in_both(name: str, package: str) -> None:
    hl = pytest.importorskip(package)
    program, expected = PROGRAMS[name]
    assert list(program(hl)) == expected
