"""Lesson 14: schedules as data.

A directive is not carried out and forgotten: it is noted, and the notes of a pipeline are a value.
It can be printed, kept in a file, compared, tried, and given to the same algorithm elsewhere, or to
another one with stages of the same names. Each directive has a receipt that says what became of it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import halo as hl

x, y = hl.vars("x y")
xi, yi = hl.vars("xi yi")
photo = np.random.default_rng(14).integers(0, 256, (66, 130), dtype=np.uint8)
source = hl.Buffer(photo)
kept = tempfile.TemporaryDirectory()  # until the end of the lesson
folder = Path(kept.name)


def blur(name):
    """Return the stages of a blur, not scheduled; `name` sets their names apart."""
    rows, mean = hl.Func(f"rows_{name}"), hl.Func(f"mean_{name}")
    rows[x, y] = hl.u16(source[x, y]) + source[x + 1, y] + source[x + 2, y]
    mean[x, y] = hl.u8((rows[x, y] + rows[x, y + 1] + rows[x, y + 2]) // 9)
    return rows, mean


# The schedule of an output is that of the whole pipeline, one directive a line, as you would type
# it. What `tile` and `vectorize` stand for is written out.
rows, mean = blur("a")
expected = np.asarray(mean.realize([128, 64]))
mean.tile(x, y, xi, yi, 64, 16).vectorize(xi, 16).parallel(y)
rows.compute_at(mean, x).vectorize(x, 16)
schedule = mean.schedule()
print(schedule, end="\n\n")
assert "mean_a.parallel(y)" in str(schedule).splitlines()

# Receipts say of each: applied, without effect and why, or refused and why.
print(mean.receipts(), end="\n\n")
assert {r.status.value for r in mean.receipts()} == {"applied"}

# It is a value, kept as JSON with a version, with a hash that depends on the directives alone.
schedule.save(folder / "a.json")
again = hl.Schedule.load(folder / "a.json")
assert again == schedule and again.hash() == schedule.hash()

# Given to the same algorithm, built again: the Funcs have other names there, so they are renamed.
# All directives are carried out, or, if one cannot be, none.
rows_b, mean_b = blur("b")
names = {"rows_a": "rows_b", "mean_a": "mean_b"}
mean_b.apply_schedule(again.renamed(names))
assert np.array_equal(mean_b.realize([128, 64]), expected)
assert mean_b.schedule().hash() == again.renamed(names).hash()

# Given to another algorithm: this one keeps the brightest of nine. It has stages of these names
# with loops of these names, and that is all that a schedule asks for.
rows_c, mean_c = hl.Func("rows_c"), hl.Func("mean_c")
rows_c[x, y] = hl.max(source[x, y], source[x + 1, y], source[x + 2, y])
mean_c[x, y] = hl.max(rows_c[x, y], rows_c[x, y + 1], rows_c[x, y + 2])
plain = np.asarray(mean_c.realize([128, 64]))
mean_c.apply_schedule(again.renamed({"rows_a": "rows_c", "mean_a": "mean_c"}))
assert np.array_equal(mean_c.realize([128, 64]), plain)

# What differs between two schedules:
rows_d, mean_d = blur("a2")
mean_d.tile(x, y, xi, yi, 64, 32).vectorize(xi, 16).parallel(y)
rows_d.compute_at(mean_d, x).vectorize(x, 16)
other = mean_d.schedule().renamed({"rows_a2": "rows_a", "mean_a2": "mean_a"})
print(schedule.diff(other), end="\n\n")
assert schedule.diff(other).splitlines() == [
    "- mean_a.split(y, y, yi, 16)",
    "+ mean_a.split(y, y, yi, 32)",
]

# A schedule that does not fit can be tried without harm: `check_schedule` gives receipts for all of
# it, and changes nothing.
single = hl.Func("mean_e")
single[x, y] = source[x, y]
tried = single.check_schedule(again.renamed({"mean_a": "mean_e"}))
print(tried, end="\n\n")
assert [r.status.value for r in tried].count("refused") == 3  # those for rows_a
assert str(single.schedule()) == ""

# Directives without effect are allowed, as schedules are often written before one knows. `strict`
# makes each of them an error.
rows_f, mean_f = blur("f")
rows_f.vectorize(x, 8)  # but rows_f is inlined
assert {r.status.value for r in mean_f.receipts()} == {"without effect"}
try:
    mean_f.receipts(strict=True)
except hl.ScheduleError as error:
    print(error, end="\n\n")
    assert "strict" in str(error)
else:
    raise AssertionError("strict allows no directive without effect")

# So a search for a good schedule is a program over values. This one looks for tiles by which few
# cells of `rows` are computed twice, as `why` counts them; it could as well take the time.
found = {}
for height in (4, 8, 16):
    rows_g, mean_g = blur(f"g{height}")
    mean_g.tile(x, y, xi, yi, 64, height)
    rows_g.compute_at(mean_g, x)
    times = [hl.why(rows_g, (5, j), of=mean_g, sizes=[128, 64]).times for j in range(34)]
    found[times.count(2)] = mean_g.schedule()
assert sorted(found) == [4, 8, 16] and ", yi, 16)" in str(found[4])

# All of this from a shell. A program is a file and the name of a Func, of a Pipeline, or of a
# function that returns one:
#     halo schedule show program.py:fast
#     halo schedule check fast.json program.py:plain
#     halo schedule apply fast.json program.py:plain -o blur.c
PROGRAM = """
import halo as hl

x, y = hl.vars("x y")
f, g = hl.Func("f"), hl.Func("g")
f[x, y] = x * y
g[x, y] = f[x, y] + f[x, y + 1]


def plain():
    return g


def fast():
    f.compute_at(g, y).vectorize(x, 8)
    return g
"""
(folder / "program.py").write_text(PROGRAM, encoding="utf-8")


def halo(*words):
    """Return what the command ``halo`` prints."""
    command = [sys.executable, "-m", "onnx_frontend.cli", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


stored = halo("schedule", "show", "--json", "program.py:fast")
(folder / "fast.json").write_text(stored, encoding="utf-8")
told = halo("schedule", "check", "fast.json", "program.py:plain")
print(told)
assert told.count("applied") == 3
kept.cleanup()
