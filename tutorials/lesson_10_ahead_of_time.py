"""Lesson 10: compiling ahead of time.

`realize` compiles when it runs. A program that ships without halo, or without Python, takes what
was compiled before: a function in C, with a header, as source, object file or library. This
lesson writes them, calls one from a C program, and ends with Generators, which are pipelines with
parameters, to be compiled from a command line.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import halo as hl
from codegen import find_compiler

x, y = hl.vars("x y")
kept = tempfile.TemporaryDirectory()  # until the end of the lesson
folder = Path(kept.name)

# What a compiled function takes: ImageParams for arrays and Params for numbers. A Param may have
# a range, which every call checks.
picture = hl.ImageParam(hl.UInt(8), 2, "picture")
gain = hl.Param(hl.Float(32), "gain", 1.0, 0.0, 16.0)
brighter = hl.Func("brighter")
brighter[x, y] = hl.u8_sat(gain * picture[x, y])
brighter.vectorize(x, 16).parallel(y)

# A Callable is compiled once, and called with arrays and numbers by position or by name: inputs in
# the order of the list, then outputs. It is what it was when it was made: later directives and
# the values that Params are set to do not reach it.
photo = np.random.default_rng(10).integers(0, 256, (48, 64), dtype=np.uint8)
expected = np.minimum(photo.astype(np.float32) * np.float32(1.5), 255).astype(np.uint8)
call = brighter.compile_to_callable([picture, gain])
result = np.zeros_like(photo)
call(photo, 1.5, result)
assert np.array_equal(result, expected)
assert call.argument_names() == ["picture", "gain", "brighter"]
try:
    call(photo, 99.0, result)
except hl.HaloError as error:
    print(error)
    assert "outside the range" in str(error)
else:
    raise AssertionError("a gain of 99 is out of its range")

# A static library and its header. What the function is called in C is up to you.
brighter.compile_to_static_library(folder / "brighter", [picture, gain], "brighter")
assert {path.name for path in folder.iterdir()} == {"brighter.a", "brighter.h"}
header = (folder / "brighter.h").read_text(encoding="utf-8")
declaration = header[header.index("int32_t brighter(") :]
print(declaration[: declaration.index(";")])

# The header needs nothing else, so a C program includes it, fills in where its arrays are and how
# they lie, and calls. What does not fit comes back as an error code with a message, before
# anything is read or written.
MAIN = """
#include <stdio.h>
#include "brighter.h"

int main(void) {
    static uint8_t in[3][4] = {{0, 10, 20, 30}, {40, 50, 60, 70}, {80, 90, 100, 200}};
    static uint8_t out[3][4];
    halo_dim dims[2] = {{0, 4, 1}, {0, 3, 4}};    /* min, extent, stride */
    halo_buffer a = {in, {halo_type_uint, 8}, 2, dims};
    halo_buffer b = {out, {halo_type_uint, 8}, 2, dims};
    halo_context ctx = {0};
    if (brighter(&ctx, &a, 1.5f, &b)) {
        puts(ctx.error);
        return 1;
    }
    printf("%d %d %d\\n", out[0][1], out[1][0], out[2][3]);
    return brighter(&ctx, &a, -1.0f, &b) == 0;    /* refused: out of its range */
}
"""
(folder / "main.c").write_text(MAIN, encoding="utf-8")
build = [*find_compiler().command, "main.c", "brighter.a", "-fopenmp", "-lm", "-o", "main"]
subprocess.run(build, cwd=folder, check=True)
said = subprocess.check_output([folder / "main"], text=True)
assert said == "15 60 255\n"

# For several processors at once, of which the best code runs; for another machine, by LLVM alone.
if hl.get_host_target().arch is hl.TargetArch.X86:
    levels = [hl.Target("x86-64"), hl.Target("x86-64-v3"), hl.Target("x86-64-v4")]
    brighter.compile_to_multitarget_static_library(folder / "brighter", [picture, gain], levels)
    subprocess.run(build, cwd=folder, check=True)
    assert subprocess.check_output([folder / "main"], text=True) == said
brighter.compile_to_file(folder / "arm", [picture, gain], target=hl.Target("aarch64-linux-llvm"))
assert (folder / "arm.o").read_bytes()[18] == 183  # ELF's number of 64-bit ARM

# The same as source, to be kept in another project and built there: one file of C that needs
# nothing of halo's, and says in its first lines how to build it. And the loops, to be read.
brighter.compile_to_c(folder / "source.c", [picture, gain], "brighter")
brighter.compile_to_conceptual_stmt(folder / "loops.txt", [picture, gain])
flags = ["-O3", "-march=native", "-fopenmp", "-lm"]
build = [*find_compiler().command, "main.c", "source.c", *flags, "-o", "again"]
subprocess.run(build, cwd=folder, check=True)
assert subprocess.run([folder / "again"], check=True, capture_output=True, text=True).stdout == said
print((folder / "loops.txt").read_text(encoding="utf-8"))

# Buffers that are not among the arguments become part of the code: here a table.
table = hl.Buffer(np.sqrt(np.arange(256) * 255).astype(np.uint8), "table")
curved = hl.Func("curved")
curved[x, y] = table[picture[x, y]]
curved.compile_to_callable([picture])(photo, result)
assert np.array_equal(result, np.sqrt(np.arange(256) * 255).astype(np.uint8)[photo])


# A Generator is a class: its parameters, inputs and outputs, and how outputs are made of inputs.
@hl.generator("lesson_10_blur")
class Blur:
    """The mean of `2 * radius + 1` cells of a row."""

    radius = hl.GeneratorParam(1)
    threads = hl.GeneratorParam(True)

    source = hl.InputBuffer(hl.UInt(8), 2)
    mean = hl.OutputBuffer(hl.UInt(8), 2)

    def generate(self):
        """Define and schedule `mean`."""
        width = 2 * self.radius + 1
        r = hl.RDom([(-self.radius, width)])
        self.mean[x, y] = hl.u8(hl.sum(hl.u32(self.source[x + r, y])) // width)
        self.mean.vectorize(x, self.natural_vector_size(hl.UInt(8)))
        if self.threads:
            self.mean.parallel(y)


# From Python it is a function: given parameters it is compiled, given arrays it computes.
blur = Blur().compile_to_callable()
inner = hl.Buffer(hl.UInt(8), [62, 48])
inner.set_min([1, 0])
blur(photo, inner)
three = photo[:, :-2].astype(int) + photo[:, 1:-1] + photo[:, 2:]
assert np.array_equal(inner, three // 3)

# From a shell it is compiled by name, with other parameters if you like. A file of Generators ends
# with hl.main(); or the command is told which file to load, as this one loads a file of ours.
text = Path(__file__).read_text(encoding="utf-8")
start, end = text.index("@hl.generator("), text.index("# From Python it is")
setup = 'import halo as hl\n\nx, y = hl.vars("x y")\n\n\n'
(folder / "blurs.py").write_text(f"{setup}{text[start:end]}hl.main()\n", encoding="utf-8")
command = [sys.executable, "blurs.py", "-g", "lesson_10_blur", "-o", "built", "-f", "blur5"]
subprocess.run([*command, "target=host", "radius=2"], cwd=folder, check=True)
print(sorted(path.name for path in (folder / "built").iterdir()))
assert "blur5(" in next((folder / "built").glob("*.h")).read_text(encoding="utf-8")
kept.cleanup()
