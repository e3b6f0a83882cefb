"""A C program that calls a compiled function wrongly gets an error code and a message."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import halo as hl
from codegen import find_compiler

PROGRAM = r"""
#include "shifted.c"

static void call(const char *what, const halo_buffer *in, const halo_buffer *out) {
    halo_context ctx = {0};
    const int32_t code = shifted(&ctx, in, out);
    printf("%s: %d %d %s\n", what, (int)code, (int)ctx.error_code, ctx.error);
}

int main(void) {
    uint8_t from[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, to[16] = {0};
    halo_dim wide[2] = {{0, 4, 1}, {0, 4, 4}}, narrow[2] = {{0, 3, 1}, {0, 4, 3}};
    halo_dim negative[2] = {{0, -1, 1}, {0, 4, 4}}, far[2] = {{0, 4, 1}, {0, 4, INT64_MAX / 2}};
    halo_dim gaps[2] = {{0, 2, 2}, {0, 4, 4}};
    const halo_type u8 = {halo_type_uint, 8}, i16 = {halo_type_int, 16};
    halo_buffer in = {from, u8, 2, wide}, out = {to, u8, 2, narrow};
    halo_buffer typed = {from, i16, 2, wide}, flat = {from, u8, 1, wide};
    halo_buffer large = {to, u8, 2, wide}, less = {from, u8, 2, negative};
    halo_buffer reaching = {from, u8, 2, far}, hollow = {NULL, u8, 2, wide};
    halo_buffer stepping = {from, u8, 2, gaps};
    call("good", &in, &out);
    call("no buffer", NULL, &out);
    call("no memory", &hollow, &out);
    call("type", &typed, &out);
    call("dimensions", &flat, &out);
    call("extent", &less, &out);
    call("stride", &reaching, &out);
    call("step", &stepping, &out);
    call("bounds", &in, &large);
    printf("no context: %d\n", (int)shifted(NULL, &in, &large));
    printf("%d %d\n", to[0], to[11]);
    return 0;
}
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the program printed, by what it did."""
    folder = tmp_path_factory.mktemp("c_caller")
    x, y = hl.vars("x y")
    source = hl.ImageParam(hl.UInt(8), 2, "source")
    f = hl.Func("shifted")
    f[x, y] = source[x + 1, y]
    f.compile_to_c(folder / "shifted.c", [source], "shifted")
    (folder / "main.c").write_text(PROGRAM, encoding="ascii")
    build = [*find_compiler().command, "-O1", "-Wall", "-Wextra", "-Werror", "main.c", "-lm"]
    subprocess.run([*build, "-o", "main"], cwd=folder, check=True)
    done = subprocess.run([folder / "main"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    return {"cells": lines[-1], **dict(line.split(": ", 1) for line in lines[:-1])}


def test_a_good_call_returns_0_and_no_message(answers: dict[str, str]) -> None:
    assert answers["good"].split() == ["0", "0"]
    assert answers["cells"] == "1 15"


@pytest.mark.parametrize(
    ("mistake", "code", "texts"),
    [
        ("no buffer", 1, ["source", "NULL"]),
        ("no memory", 1, ["source", "NULL"]),
        ("type", 2, ["source", "expected uint8, got int16"]),
        ("dimensions", 3, ["source", "expected 2 dimensions, got 1"]),
        ("extent", 4, ["source", "extent -1 of dimension 0"]),
        ("stride", 5, ["source", "dimension 1"]),
        ("step", 5, ["source", "dimension 0"]),
        ("bounds", 6, ["source", "dimension 0", "1 to 4", "0 to 3"]),
    ],
)
def test_a_wrong_call_returns_its_code_and_says_what_is_wrong(
    answers: dict[str, str], mistake: str, code: int, texts: list[str]
) -> None:
    returned, kept, message = answers[mistake].split(" ", 2)
    assert int(returned) == int(kept) == code
    assert [text for text in texts if text not in message] == [], message


def test_a_call_without_a_context_returns_the_code_alone(answers: dict[str, str]) -> None:
    assert answers["no context"] == "6"


LEVELS = r"""
#include "raised.c"

int main(void) {
    int32_t to[3] = {0};
    halo_dim dim[1] = {{0, 3, 1}};
    const halo_type i32 = {halo_type_int, 32};
    halo_buffer out = {to, i32, 1, dim};
    const int32_t levels[3] = {4, 12, -1};
    for (int i = 0; i < 3; ++i) {
        halo_context ctx = {0};
        const int32_t code = raised(&ctx, levels[i], &out);
        printf("%d %s\n", (int)code, ctx.error);
    }
    printf("%d\n", (int)to[2]);
    return 0;
}
"""


def test_a_parameter_outside_its_range_is_refused_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    x, f = hl.Var("x"), hl.Func("raised")
    level = hl.Param(hl.Int(32), "level", min=0, max=9)
    f[x] = x + level
    f.compile_to_c(tmp_path / "raised.c", [level], "raised")
    (tmp_path / "main.c").write_text(LEVELS, encoding="ascii")
    build = [*find_compiler().command, "-O1", "-Wall", "-Wextra", "-Werror", "main.c", "-lm"]
    subprocess.run([*build, "-o", "main"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True)
    good, high, low, cell = done.stdout.splitlines()
    assert good.split() == ["0"] and cell == "6"
    for line, value in ((high, 12), (low, -1)):
        assert line.split()[0] == "8"
        assert f"parameter '{level.name()}' is {value}, its range is [0, 9]" in line
