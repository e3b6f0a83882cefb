"""One library for several targets: each version computes the same, and the best one runs."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from emulated import run_on_x86

import halo as hl
from codegen import find_compiler
from codegen.llvm_jit import runtime
from codegen.versions import processor_bits
from halo.generators.command import command
from halo.target import host_target, needed_features

pytestmark = pytest.mark.skipif(
    host_target().machine != "x86-64", reason="versions are chosen among x86-64 processors"
)
ROOT = Path(__file__).resolve().parents[2]
LEVELS = ("x86-64-v2", "x86-64-v4", "x86-64-v3")
x, y = hl.vars("x y")

MAIN = r"""
#include "wave.h"
#include <stdio.h>
{declarations}
typedef int32_t run(halo_context *, const halo_buffer *, uint8_t, const halo_buffer *);
static void show(const char *name, run *wave) {{
    float in[27], out[26];
    for (int i = 0; i < 27; i++) in[i] = (float)(i * 37 % 11) * 0.37f;
    halo_dim wide = {{0, 27, 1}}, dim = {{0, 26, 1}};
    halo_buffer a = {{in, {{halo_type_float, 32}}, 1, &wide}};
    halo_buffer b = {{out, {{halo_type_float, 32}}, 1, &dim}};
    halo_context ctx = {{0}};
    const int32_t error = wave(&ctx, &a, 3, &b);
    printf("%s: %s", name, ctx.error);
    for (int i = 0; !error && i < 26; i++) printf("%a ", out[i]);
    puts("");
}}
int main(void) {{
    show("chosen", wave);
{calls}
    puts(wave_version());
    return 0;
}}
"""


def wave() -> tuple[hl.Func, list[Any]]:
    source, gain = hl.ImageParam(hl.Float(32), 1, "source"), hl.Param(hl.UInt(8), "gain")
    f = hl.Func("wave")
    f[x] = hl.sin(source[x] + source[x + 1]) * hl.f32(gain) + hl.exp(-source[x])
    f.vectorize(x, 8)
    return f, [source, gain]


def targets(names: Sequence[str], backend: str) -> list[hl.Target]:
    return [hl.Target(n if backend == "c" else f"{n}-llvm") for n in names]


def program(folder: Path, *files: str, own: Sequence[str] = ()) -> Path:
    """Return a program that calls ``wave``, and the versions whose names are `own`."""
    arguments = "(halo_context *, const halo_buffer *, uint8_t, const halo_buffer *);"
    declarations = "\n".join(f"int32_t wave_{n}{arguments}" for n in own)
    calls = "\n".join(f'    show("{n}", wave_{n});' for n in own)
    (folder / "main.c").write_text(MAIN.format(declarations=declarations, calls=calls))
    words = [*find_compiler().command, "main.c", *files, "-o", "run", "-fopenmp", "-lm", "-pthread"]
    subprocess.run(words, cwd=folder, check=True)
    return folder / "run"


def printed(path: Path) -> dict[str, str]:
    """Return what a program prints: each line by what stands before its colon."""
    text = subprocess.run([path], check=True, capture_output=True, text=True).stdout
    return {line.partition(": ")[0]: line.partition(": ")[2] for line in text.splitlines()}


ASSUMED = {"cx16", "lahf_lm", "movbe", "abm"}
"""What halo does not ask the system for, and every processor has that has the rest of a level."""


def runs_here(name: str) -> bool:
    return needed_features(hl.Target(name)) <= host_target().features | ASSUMED


@pytest.mark.parametrize("backend", ["c", "llvm"])
def test_each_version_computes_the_same_and_the_best_runs(backend: str, tmp_path: Path) -> None:
    f, args = wave()
    f.compile_to_multitarget_static_library(tmp_path / "wave", args, targets(LEVELS, backend))
    assert sorted(os.listdir(tmp_path)) == ["wave.a", "wave.h"]
    here = [n for n in sorted(LEVELS) if runs_here(n)]
    own = [n.replace("-", "_") for n in here]
    made = printed(program(tmp_path, "wave.a", own=own))
    data = np.array([np.float32(i * 37 % 11) * np.float32(0.37) for i in range(27)])
    args[0].set(hl.Buffer(data))
    args[1].set(3)
    want = [float(v) for v in np.array(f.realize([26]))]
    for name in ("chosen", *own):
        assert [float.fromhex(w) for w in made[name].split()] == want, name
    assert list(made)[-1] == (here[-1] if here else "")


@pytest.mark.parametrize("backend", ["c", "llvm"])
def test_other_processors_run_what_they_can(backend: str, tmp_path: Path) -> None:
    f, args = wave()
    names = ["x86-64-v3", "x86-64-v2"]
    f.compile_to_multitarget_static_library(tmp_path / "wave", args, targets(names, backend))
    path = program(tmp_path, "wave.a")
    found = {p: run_on_x86(path, p).splitlines() for p in ("Haswell", "Nehalem", "core2duo")}
    assert found["Haswell"][-1] == "x86-64-v3" and found["Nehalem"][-1] == "x86-64-v2"
    assert found["Haswell"][0] == found["Nehalem"][0]
    refused = "wave was compiled for x86-64-v3 and x86-64-v2, and this processor is none of them"
    assert found["core2duo"] == [f"chosen: {refused}", ""]


@pytest.mark.parametrize("backend", ["c", "llvm"])
def test_object_files_are_called_after_their_targets(backend: str, tmp_path: Path) -> None:
    f, args = wave()
    two = targets(["x86-64-linux", "host"], backend)
    f.compile_to_multitarget_object_files(tmp_path / "wave", args, two)
    assert len(os.listdir(tmp_path)) == 4 and (tmp_path / "wave-x86-64-linux.o").exists()
    f.compile_to_multitarget_object_files(tmp_path / "wave", args, two, ["_old", "_new"])
    assert (tmp_path / "wave_old.o").read_bytes() == (tmp_path / "wave-x86-64-linux.o").read_bytes()
    made = printed(program(tmp_path, "wave.o", "wave_old.o", "wave_new.o"))
    assert "avx" in list(made)[-1] or "avx" not in host_target().features


@pytest.mark.parametrize("backend", ["c", "llvm"])
def test_a_shared_library_shows_the_functions_that_choose(backend: str, tmp_path: Path) -> None:
    f, args = wave()
    f.compile_to_multitarget_static_library(tmp_path / "wave", args, targets(LEVELS, backend))
    words = [*find_compiler().command, "-shared", "-o", "wave.so", "-Wl,--whole-archive", "wave.a"]
    words += ["-Wl,--no-whole-archive", "-fopenmp", "-lm", "-pthread"]
    subprocess.run(words, cwd=tmp_path, check=True)
    library = ctypes.CDLL(str(tmp_path / "wave.so"))
    assert hasattr(library, "wave") and hasattr(library, "wave_version")
    assert not any(hasattr(library, f"wave_{n.replace('-', '_')}") for n in LEVELS)


def test_large_constants_of_versions_do_not_clash(tmp_path: Path) -> None:
    table = hl.Buffer(np.arange(5000, dtype=np.float32))
    source, gain = hl.ImageParam(hl.Float(32), 1, "source"), hl.Param(hl.UInt(8), "gain")
    f = hl.Func("wave")
    f[x] = source[x] + table[x * 100] + hl.f32(gain)
    two = targets(["x86-64", "x86-64-v2"], "c")
    f.compile_to_multitarget_static_library(tmp_path / "wave", [source, gain], two)
    made = printed(program(tmp_path, "wave.a"))
    assert float.fromhex(made["chosen"].split()[25]) == np.float32(25 * 37 % 11) * np.float32(
        0.37
    ) + np.float32(2503)


def test_the_processor_is_asked_for_what_the_system_knows_of_it() -> None:
    find = ctypes.CFUNCTYPE(ctypes.c_uint64)(runtime().get_function_address("halo_rt_cpu"))
    bits = processor_bits()
    found = {name for name, bit in bits.items() if find() & bit}
    assert found & host_target().features == host_target().features & set(bits)
    assert not (found - host_target().features) - ASSUMED - {"known"}


def test_a_generator_is_compiled_for_several_targets(tmp_path: Path) -> None:
    @hl.generator("versioned")
    class Versioned:
        source = hl.InputBuffer(hl.Float(32), 1)
        gain = hl.InputScalar(hl.UInt(8))
        out = hl.OutputBuffer(hl.Float(32), 1)

        def generate(self) -> None:
            self.out[x] = self.source[x] * hl.f32(self.gain)
            self.out.vectorize(x, self.natural_vector_size(hl.Float(32)))

    words = ["-g", "versioned", "-f", "wave", "-o", str(tmp_path)]
    done = CliRunner().invoke(command, [*words, "target=x86-64-v3,x86-64"])
    assert done.exit_code == 0, done.output
    made = printed(program(tmp_path, "wave.a"))
    assert float.fromhex(made["chosen"].split()[1]) == np.float32(4) * np.float32(0.37) * 3
    done = CliRunner().invoke(command, [*words, "-e", "stmt", "target=x86-64-v3,x86-64"])
    assert done.exit_code == 1 and "does not write stmt files for several targets" in done.output
