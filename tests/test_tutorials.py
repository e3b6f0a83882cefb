"""Every lesson runs, and its assertions hold."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
TUTORIALS = ROOT / "tutorials"
LESSONS = sorted(TUTORIALS.glob("lesson_*.py"))
INDEX = (TUTORIALS / "README.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pictures written into a folder of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HALO_PICTURES", raising=False)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_and_its_assertions_hold(
    lesson: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT), os.pathsep)
    run(lesson)


def run(lesson: Path) -> None:
    """Run `lesson` alone, as it is started by hand."""
    command = [sys.executable, "-W", "error", str(lesson)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", re.findall(r"\d+", re.findall(r"Lessons (.+) use", INDEX)[0]))
def test_lessons_said_to_run_with_halides_package_do(number: str) -> None:
    pytest.importorskip("halide")
    (lesson,) = (path for path in LESSONS if int(path.stem.split("_")[1]) == int(number))
    text = lesson.read_text(encoding="utf-8")
    assert text.count("import halo as hl\n") == 1
    copy = Path(lesson.name)
    copy.write_text(text.replace("import halo as hl\n", "import halide as hl\n"), "utf-8")
    run(copy)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_short_and_listed(lesson: Path) -> None:
    assert len(lesson.read_text(encoding="utf-8").splitlines()) <= 150
    assert f"]({lesson.name})" in INDEX


def test_lessons_are_numbered_without_gaps() -> None:
    numbers = [int(path.stem.split("_")[1]) for path in LESSONS]
    assert numbers == list(range(1, len(LESSONS) + 1))


def test_every_committed_picture_is_drawn_by_the_lesson_of_its_name_and_shown() -> None:
    for picture in (ROOT / "docs" / "pictures").iterdir():
        assert f'"{picture.stem}"' in (TUTORIALS / f"{picture.stem}.py").read_text("utf-8")
        assert re.search(rf"!\[.+\]\(\.\./docs/pictures/{picture.name}\)", INDEX)


def draw(legend: str | tuple[str, ...]) -> None:
    draw_cells = runpy.run_path(str(TUTORIALS / "pictures.py"))["picture_of_cells"]
    panels = {"one": np.arange(6).reshape(2, 3), "two": np.array([[-1, 1]])}
    draw_cells("drawn", panels, legend)


def test_without_matplotlib_a_picture_is_skipped_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    draw("numbers")
    assert "drawn.png is skipped: it needs matplotlib" in capsys.readouterr().out
    assert not Path("build").exists()


@pytest.mark.parametrize("legend", ["numbers", ("first", "second")], ids=["bar", "names"])
def test_with_matplotlib_a_picture_is_written(
    legend: str | tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    draw(legend)
    assert Path("build/pictures/drawn.png").stat().st_size > 1000
    monkeypatch.setenv("HALO_PICTURES", "elsewhere")
    draw(legend)
    assert Path("elsewhere/drawn.png").exists()
