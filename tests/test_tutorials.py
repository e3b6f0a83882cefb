"""Every lesson runs, and its assertions hold."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).resolve().parent.parent / "tutorials").glob("lesson_*.py"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_and_its_assertions_hold(lesson: Path) -> None:
    runpy.run_path(str(lesson), run_name="__main__")


def test_there_are_lessons_one_to_five() -> None:
    assert [path.stem[:9] for path in LESSONS] == [f"lesson_0{i}" for i in range(1, 6)]
