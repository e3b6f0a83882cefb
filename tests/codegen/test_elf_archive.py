"""Static libraries that halo writes are those that ``ar`` writes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from compilers import need

from codegen.c_archive import make_archive

SOURCES = {
    "one.o": "int one(void) { return 1; } int shared_number = 7; static int own = 3;",
    "a_rather_long_name.o": """
    int one(void);
    __attribute__((weak)) int two(void) { return one() + 1; }""",
    "another_long_name.o": "int two(void); int three(void) { return two() + 1; }",
    "none.o": "static int nothing;",
}


@pytest.fixture
def members(tmp_path: Path) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for name, text in SOURCES.items():
        (tmp_path / "t.c").write_text(text + "\n")
        subprocess.run([need("gcc"), "-w", "-c", "t.c", "-o", name], cwd=tmp_path, check=True)
        made[name] = (tmp_path / name).read_bytes()
    return made


def test_it_is_byte_for_byte_what_ar_writes(
    members: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    ar = shutil.which("ar")
    if ar is None:
        pytest.skip("no ar here (Debian: binutils)")
    monkeypatch.delenv("AR", raising=False)
    own = make_archive(members)
    monkeypatch.setenv("AR", ar)
    assert own == make_archive(members)


def test_a_program_links_with_it(
    members: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AR", raising=False)
    (tmp_path / "numbers.a").write_bytes(make_archive(members))
    (tmp_path / "main.c").write_text("int three(void);\nint main(void) { return three() != 3; }\n")
    subprocess.run(["gcc", "main.c", "numbers.a", "-o", "main"], cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "main"], check=True)
