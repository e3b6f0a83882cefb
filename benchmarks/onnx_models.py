"""Whole models: halo beside onnxruntime, the same input, one thread and two.

    python benchmarks/onnx_models.py [MODEL.onnx ...] [--shape x=1x3x48x320] [--json FILE]

Without models it takes those that the onnx package carries (light_resnet50, light_squeezenet) and,
if it can be fetched, the OCR recogniser of the demo. Answers are compared before times are taken.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from common import Row, environment, interleave, print_rows, write_rows

import onnx_frontend
from halo import HaloError
from onnx_frontend.demo.fetch import OCR, fetch

Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]
Shapes = dict[str, tuple[int, ...]]


def default_models() -> Iterator[tuple[Path, Shapes]]:
    """Yield the models to take when none is named, with the shapes of their inputs."""
    light = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    for name in ("light_squeezenet", "light_resnet50"):
        yield light / f"{name}.onnx", {}
    try:
        yield fetch(OCR), {"x": (1, 3, 48, 320)}
    except HaloError as error:
        print(f"without the OCR recogniser: {error}", file=sys.stderr)


def session(path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def random_inputs(peer: ort.InferenceSession, shapes: Shapes) -> Arrays:
    """Return an array for each input; a symbolic dimension without a shape given is 1."""
    rng = np.random.default_rng(0)
    made: Arrays = {}
    for given in peer.get_inputs():
        shape = shapes.get(given.name, tuple(n if isinstance(n, int) else 1 for n in given.shape))
        if given.type == "tensor(float)":
            made[given.name] = rng.standard_normal(shape, np.float32)
        else:
            dtype = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}[given.type]
            made[given.name] = rng.integers(0, 100, shape, dtype=dtype)
    return made


def check(path: Path, ours: Arrays, theirs: Arrays) -> None:
    """Leave if the answers differ."""
    for name, expected in theirs.items():
        if not np.allclose(ours[name], expected, rtol=1e-3, atol=1e-4):
            worst = np.abs(ours[name] - expected).max()
            raise SystemExit(f"{path.name}: output {name} differs by up to {worst}")


def measure(path: Path, shapes: Shapes) -> Iterator[Row]:
    """Yield one row for each number of threads."""
    compiled = onnx_frontend.compile(path, shapes=shapes or None)
    for threads in (1, 2):
        peer = session(path, threads)
        inputs = random_inputs(peer, shapes)
        names = [o.name for o in peer.get_outputs()]
        with environment(HALO_NUM_THREADS=str(threads)):
            theirs = dict(zip(names, peer.run(None, inputs), strict=True))
            check(path, compiled.run(inputs), theirs)
            times = interleave(
                {
                    "halo": lambda i=inputs: compiled.run(i),
                    "ort": lambda i=inputs, p=peer: p.run(None, i),
                },
                seconds=0.3,
            )
        task = f"{path.stem}, {threads} thread{'s' if threads > 1 else ''}"
        halo, peer = times["halo"].median, times["ort"].median
        yield Row(task, halo, peer, f"onnxruntime {ort.__version__}")


def parse_shape(text: str) -> tuple[str, tuple[int, ...]]:
    name, _, sizes = text.rpartition("=")
    return name, tuple(map(int, sizes.split("x")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--shape", action="append", type=parse_shape, default=[])
    parser.add_argument("--json", help="file for the result")
    options = parser.parse_args()
    named = [(path, dict(options.shape)) for path in options.models]
    rows = [row for path, shapes in named or default_models() for row in measure(path, shapes)]
    print_rows("ONNX models", rows)
    write_rows(options.json, "ONNX models", rows)


if __name__ == "__main__":
    main()
