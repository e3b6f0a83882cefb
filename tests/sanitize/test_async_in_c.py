"""The C of producers beside their users: any compiler, thread count and OpenMP setting, no race."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from async_cases import CASES, FAILURES
from compilers import QUIET, need, need_openmp
from races import FLAGS, MEMCPY, need_thread_sanitizer, run_watched
from races import QUIET as QUIET_RACES

import halo as hl

MAIN = r"""
#include KERNEL
enum { W = 23, H = 19, P = 30 };
static int32_t in[(W + 2 * P) * (H + 2 * P)];

static int32_t call(int32_t *out, int32_t threads, char *error) {
    halo_dim i[2] = {{-P, W + 2 * P, 1}, {-P, H + 2 * P, W + 2 * P}}, o[2] = {{0, W, 1}, {0, H, W}};
    halo_buffer a = {in, {halo_type_int, 32}, 2, i}, b = {out, {halo_type_int, 32}, 2, o};
    halo_context ctx = {0};
    ctx.threads = threads;
    const int32_t code = kernel(&ctx, &a, &b);
    strcpy(error, ctx.error);
    return code;
}

int main(void) {
    static int32_t one[W * H], all[4][W * H];
    char why[512], whys[4][512];
    int wrong = 0;
    for (int k = 0; k < (W + 2 * P) * (H + 2 * P); ++k) in[k] = k % 1000;
    const int32_t code = call(one, 1, why);
    for (int k = 0; k < ROUNDS; ++k) {
        const int32_t threads[] = {0, 1, 2, 3, 7};
        const int32_t found = call(all[0], threads[k % 5], whys[0]);
        wrong += found != code || (!code && memcmp(one, all[0], sizeof one));
    }
#pragma omp parallel for num_threads(4)
    for (int k = 0; k < 4; ++k) { /* reentrant, and inside a parallel loop */
        const int32_t found = call(all[k], 0, whys[k]);
        if (found != code || (!code && memcmp(one, all[k], sizeof one))) {
#pragma omp atomic
            ++wrong;
        }
    }
    printf("%d %d\n", (int)code, wrong);
    if (wrong) fprintf(stderr, "%d runs differ\n", wrong);
    return 0;
}
"""
SETTINGS = [
    {},
    {"OMP_NUM_THREADS": "1"},
    {"OMP_NUM_THREADS": "7"},
    {"OMP_THREAD_LIMIT": "2", "KMP_WARNINGS": "0"},
    {"OMP_MAX_ACTIVE_LEVELS": "4", "OMP_NUM_THREADS": "3"},
    {"OMP_DYNAMIC": "true"},
]


def write(name: str, folder: Path) -> None:
    """Write the C of a case, and a program that calls it, to `folder`."""
    source = hl.ImageParam(hl.Int(32), 2, "source")
    f = (CASES | FAILURES)[name](source)
    f.compile_to_c(str(folder / "kernel.c"), [source], "kernel")
    (folder / "main.c").write_text(MAIN)


def build(compiler: str, flags: list[str], folder: Path, rounds: int) -> Path:
    program = folder / f"run_{compiler}{''.join(flags)}"
    words = [compiler, *QUIET, "-O1", *flags, f"-DROUNDS={rounds}", '-DKERNEL="kernel.c"']
    words += ["main.c", "-o", str(program)]
    subprocess.run(words, cwd=folder, check=True)
    return program


def say(program: Path, settings: dict[str, str]) -> str:
    environment = {**os.environ, **settings}
    done = subprocess.run(
        [program], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return done.stdout + done.stderr[:3000]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("name", [*CASES, *FAILURES])
def test_the_bits_and_errors_are_those_of_one_thread(
    name: str, compiler: str, tmp_path: Path
) -> None:
    need_openmp(compiler, tmp_path)
    write(name, tmp_path)
    meant = "10 0\n" if name in FAILURES else "0 0\n"
    program = build(compiler, ["-fopenmp"], tmp_path, 100)
    assert {say(program, settings) for settings in SETTINGS} == {meant}


@pytest.mark.parametrize("name", [*CASES, *FAILURES])
def test_without_openmp_the_code_is_serial_and_right(name: str, tmp_path: Path) -> None:
    need("gcc")
    write(name, tmp_path)
    flags = ["-Wno-unknown-pragmas"]
    meant = "10 0\n" if name in FAILURES else "0 0\n"
    assert say(build("gcc", flags, tmp_path, 5), {}) == meant


def races(folder: Path) -> str:
    """Return what ThreadSanitizer says of the case in `folder`, and whether bits differ."""
    (folder / "memcpy.h").write_text(MEMCPY)
    words = ["clang", *FLAGS, *QUIET_RACES, "-include", "memcpy.h", "-DROUNDS=20"]
    words += ['-DKERNEL="kernel.c"', "main.c", "-o", "watched"]
    subprocess.run(words, cwd=folder, check=True)
    said = run_watched(folder / "watched")
    assert said is not None
    return said


@pytest.mark.parametrize("name", [*CASES, *FAILURES])
def test_the_thread_sanitizer_finds_no_race(name: str, tmp_path: Path) -> None:
    need_thread_sanitizer(tmp_path)
    write(name, tmp_path)
    assert races(tmp_path) == ""


def test_the_thread_sanitizer_sees_a_reader_that_does_not_wait(tmp_path: Path) -> None:
    need_thread_sanitizer(tmp_path)
    write("rows", tmp_path)
    kernel = tmp_path / "kernel.c"
    waits = [line for line in kernel.read_text().splitlines() if "_ready_users, 1)" in line]
    (wait,) = [line for line in waits if "halo_acquire" in line]
    kernel.write_text(kernel.read_text().replace(wait, "err = 0;"))
    assert "data race" in races(tmp_path)
