"""A model compiled for several processors: one library, the same numbers from each version."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from c_programs import build_c_program, run_c_program
from emulated import need_x86
from small_model import small_model

import onnx_frontend
from codegen import build_versions, find_compiler
from codegen.c_source import emit_units
from codegen.loader import Library, public_declarations
from codegen.versions import versions_of
from halo.errors import HaloError
from halo.target import Target, host_target
from onnx_frontend import CompiledModel, PackageError, cli
from onnx_frontend.compiler import lower_model
from onnx_frontend.importer import import_graph

Array = np.ndarray[Any, np.dtype[Any]]
pytestmark = pytest.mark.skipif(
    host_target().machine != "x86-64", reason="versions are chosen among x86-64 processors"
)
LEVELS = [Target("x86-64-v2"), Target("x86-64-v4"), Target("x86-64-v3")]
X = np.random.default_rng(2).uniform(-1, 1, (3, 3, 9, 11)).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> CompiledModel:
    return onnx_frontend.compile(small_model(), name="levels", target=LEVELS)


@pytest.fixture(scope="module")
def saved(model: CompiledModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("levels") / "model"
    model.save(folder)
    return folder


@pytest.fixture(scope="module")
def want() -> Array:
    return onnx_frontend.compile(small_model(), name="one").run({"x": X})["y"]


def test_the_numbers_are_those_of_one_target(model: CompiledModel, want: Array) -> None:
    assert [t.name for t in model.targets] == ["x86-64-v4", "x86-64-v3", "x86-64-v2"]
    assert np.array_equal(model.run({"x": X})["y"], want)


def test_it_is_saved_with_the_c_of_each_version(saved: Path, want: Array) -> None:
    names = {f.name for f in saved.iterdir() if f.suffix != ".bin"}
    c = {"levels.c", *(f"levels_x86_64_v{n}.c" for n in (2, 3, 4))}
    assert names == {"liblevels.so", "levels.h", "model.json", *c}
    assert np.array_equal(onnx_frontend.load(saved).run({"x": X})["y"], want)


def test_the_c_is_built_as_it_says(saved: Path, tmp_path: Path, want: Array) -> None:
    objects = []
    for source in sorted(saved.glob("*.c")):
        march = f"-march={source.stem.removeprefix('levels_').replace('_', '-')}"
        flags = ["-march=x86-64"] if source.stem == "levels" else [march]
        if len(source.stem) > 6:
            assert march in source.read_text()[:300]
        objects.append(str(tmp_path / f"{source.stem}.o"))
        words = [*find_compiler().command, "-O1", *flags, "-fopenmp", "-fPIC", "-c", source.name]
        subprocess.run([*words, "-o", objects[-1]], cwd=saved, check=True)
    library = tmp_path / "built.so"
    words = [*find_compiler().command, "-shared", "-fopenmp", *objects, "-lm", "-o", str(library)]
    subprocess.run(words, check=True)
    declarations = json.loads((saved / "model.json").read_text())["declarations"]
    loaded = onnx_frontend.load(saved)
    loaded._library = Library(library, declarations)
    assert np.array_equal(loaded.run({"x": X})["y"], want)


@pytest.mark.parametrize("processor", ["Nehalem", "Haswell"])
def test_other_processors_compute_the_same(
    processor: str, saved: Path, tmp_path: Path, want: Array
) -> None:
    emulator = need_x86(processor)
    program = build_c_program(saved, tmp_path)
    done = run_c_program(program, tmp_path, X, emulator=emulator)
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.fromfile(tmp_path / "out0.raw", np.float32), want.ravel())


def test_it_loads_where_one_of_its_versions_runs(saved: Path, tmp_path: Path) -> None:
    for file in saved.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "model.json"
    data = json.loads(path.read_text())
    for n, about in enumerate(data["targets"][:2]):
        about["features"] += ["amx_fantasy", "avx1024"][: n + 1]
    path.write_text(json.dumps(data))
    onnx_frontend.load(tmp_path)
    data["targets"] = data["targets"][:2]
    path.write_text(json.dumps(data))
    with pytest.raises(PackageError, match="needs a processor with amx_fantasy"):
        onnx_frontend.load(tmp_path)


def test_versions_share_the_constants_that_are_the_same() -> None:
    graph = import_graph(small_model(), None)
    two = [Target("x86-64"), Target("x86-64-v2")]
    modules = [(t, lower_model(graph, "shared", t, lambda *a: None)[0].module) for t in two]
    blobs = [
        {u.text for u in emit_units(v.module, v.target) if u.blob} for v in versions_of(modules)
    ]
    assert blobs[0] and blobs[0] == blobs[1]
    library = Library(build_versions(modules), public_declarations(modules[0][1]))
    assert library.function("shared")


def test_targets_that_cannot_be_in_one_library_are_refused() -> None:
    with pytest.raises(HaloError, match="cannot be versions of one library"):
        onnx_frontend.compile(small_model(), target=[Target("x86-64"), Target("arm-64-linux")])


def test_the_command_line_takes_several_targets(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(small_model().SerializeToString())
    words = ["compile", str(tmp_path / "m.onnx"), "-o", str(tmp_path / "out"), "--name", "levels"]
    assert cli.run([*words, "--target", "x86-64-v2,x86-64-v4,x86-64-v3"]) == 0
    assert len(onnx_frontend.load(tmp_path / "out").targets) == 3
