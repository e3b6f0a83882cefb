"""``halo schedule``: schedules as files on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnx_frontend.cli import run

PROGRAM = """
import halo as hl

x, y = hl.vars("x y")


def build():
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y] = x * 3 + y
    g[x, y] = f[x, y] + f[x, y + 1]
    return f, g


def plain():
    return build()[1]


def fast():
    f, g = build()
    f.compute_at(g, y).vectorize(x, 8)
    g.parallel(y)
    return hl.Pipeline(g)


number = 3
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


@pytest.fixture
def stored(program: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert run(["schedule", "show", "--json", f"{program}:fast"]) == 0
    path = program.with_name("fast.json")
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    return path


def test_show_prints_a_directive_a_line(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schedule", "show", str(stored)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(".")[1].split("(")[0] for line in lines] == [
        "parallel",
        "compute_at",
        "split",
        "vectorize",
    ]


def test_diff_prints_what_changes(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = stored.with_name("other.json")
    text = stored.read_text(encoding="utf-8")
    other.write_text(text.replace('"do": "parallel"', '"do": "unroll"'), encoding="utf-8")
    assert run(["schedule", "diff", str(stored), str(stored)]) == 0
    assert capsys.readouterr().out == ""
    assert run(["schedule", "diff", str(stored), str(other)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert [line[0] for line in out] == ["-", "+"]
    assert "unroll(y)" in out[1]


def test_check_says_what_becomes_of_each(
    stored: Path, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schedule", "check", str(stored), f"{program}:plain"]) == 0
    assert capsys.readouterr().out.count("applied") == 4


def test_check_leaves_with_1_where_a_directive_is_refused(
    stored: Path, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored.write_text(
        stored.read_text(encoding="utf-8").replace('"var": "y"', '"var": "z"'), encoding="utf-8"
    )
    assert run(["schedule", "check", str(stored), f"{program}:plain"]) == 1
    assert "refused" in capsys.readouterr().out


def test_apply_prints_the_loops(
    stored: Path, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schedule", "apply", str(stored), f"{program}:plain", "--strict"]) == 0
    out = capsys.readouterr().out
    assert "parallel" in out
    assert "vectorized" in out


def test_apply_writes_the_c(
    stored: Path, program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.c"
    assert run(["schedule", "apply", str(stored), f"{program}:plain", "-o", str(path)]) == 0
    assert "omp parallel" in path.read_text(encoding="utf-8")
    assert str(path) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{program}:nothing", "is nothing, not a Func or Pipeline"),
        ("{program}:number", "is 3, not a Func or Pipeline"),
        ("{program}", "is not of the form FILE.py:NAME"),
        ("missing.py:f", "there is no file missing.py"),
    ],
)
def test_a_program_that_is_none_is_refused(
    source: str,
    message: str,
    stored: Path,
    program: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["schedule", "check", str(stored), source.format(program=program)]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_program_that_fails_shows_its_last_lines(
    stored: Path, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.write_text("1 / 0\n", encoding="utf-8")
    assert run(["schedule", "check", str(stored), f"{program}:plain"]) == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_file_that_is_no_schedule_is_refused(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.json"
    path.write_text("[]", encoding="utf-8")
    assert run(["schedule", "check", str(path), f"{program}:plain"]) == 2
    assert "a stored schedule of version None" in capsys.readouterr().err
