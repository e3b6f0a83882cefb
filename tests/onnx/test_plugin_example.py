"""The package in tests/plugin_example, installed: halo finds what it adds."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import parser

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "tests" / "plugin_example"

BODY = """<ir_version: 8, opset_import: ["" : 17, "example.plugin" : 1]>
swishes (float[n, m] x) => (float[n, m] y, float[n] medians) {
    s = Sigmoid(x)
    y = Mul(s, x)
    medians = example.plugin.RowMedians(y)
}"""

PROGRAM = """
import json, sys
import numpy as np
import onnx_frontend
from onnx_frontend.importer import import_graph

model, x, directory = sys.argv[1:]
operators = sorted({node.op_type for node in import_graph(model).node_of.values()})
compiled = onnx_frontend.compile(model)
compiled.save(directory)
results = onnx_frontend.load(directory).run({"x": np.load(x)})
print(json.dumps({"operators": operators} | {k: v.tolist() for k, v in results.items()}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the package has been installed, as pip does it."""
    source = tmp_path_factory.mktemp("source") / "plugin_example"
    target = tmp_path_factory.mktemp("site")
    shutil.copytree(PACKAGE, source)
    python = [sys.executable, "-W", "ignore"]
    if importlib.util.find_spec("wheel") or _setuptools() >= (70, 1):
        pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
        command = [*python, *pip, "--no-build-isolation", "--target", str(target), str(source)]
    else:  # this setuptools cannot make the wheel that pip installs
        steps = ["build", "--build-lib", str(target), "egg_info", "--egg-base", str(target)]
        command = [*python, "-c", "import setuptools; setuptools.setup()", *steps]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def _setuptools() -> tuple[int, ...]:
    pytest.importorskip("setuptools", reason="nothing here installs a package")
    words = importlib.metadata.version("setuptools").split(".")
    return tuple(int(word) for word in words[:2])


def halo(installed: Path, *words: str) -> str:
    """Return what a new process with the package on its path prints."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)])}
    command = [sys.executable, "-W", "error", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_installed_plugin_takes_part_in_compiling(installed: Path, tmp_path: Path) -> None:
    x = np.random.default_rng(0).uniform(-4, 4, (5, 7)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    onnx.save(parser.parse_model(BODY), tmp_path / "model.onnx")
    arguments = [str(tmp_path / name) for name in ("model.onnx", "x.npy", "saved")]
    told = json.loads(halo(installed, "-c", PROGRAM, *arguments))
    assert told["operators"] == ["RowMedians", "Swish"]
    expected = x / (1 + np.exp(-x))
    np.testing.assert_allclose(told["y"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(told["medians"], np.median(np.float32(told["y"]), 1))
    assert {"model.c", "medians.c"} <= {p.name for p in (tmp_path / "saved").iterdir()}


def test_the_command_line_knows_an_installed_plugin(installed: Path, tmp_path: Path) -> None:
    onnx.save(parser.parse_model(BODY), tmp_path / "model.onnx")
    text = halo(installed, "-m", "onnx_frontend.cli", "inspect", str(tmp_path / "model.onnx"))
    assert "RowMedians" in text and "can be compiled" in text
