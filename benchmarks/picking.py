"""Operators that pick cells: TopK and NonMaxSuppression beside onnxruntime, one thread and two.

    python benchmarks/picking.py [--json FILE]

Sizes are those of detectors (thousands of boxes), vocabularies and gates.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import onnx
from common import print_rows, write_rows
from onnx_models import measure

TOPS = {
    "detector, 100 of 8400": ((1, 8400), 100),
    "detector, 1000 of 100000": ((1, 100_000), 1000),
    "vocabulary, 50 of 50257": ((4, 50_257), 50),
    "gate, 2 of 64": ((512, 64), 2),
    "all of 8400": ((1, 8400), 8400),
}
"""Shapes of which so many cells are taken along the last axis."""

SUPPRESSIONS = {"1 class, 1000 boxes": (1, 1000), "80 classes, 1000 boxes": (80, 1000)}
"""Classes and boxes, of which 100 are kept."""

HEAD = '<ir_version: 8, opset_import: ["" : 18]>'


def models() -> Iterator[tuple[str, onnx.ModelProto]]:
    """Yield a name and a model of one operator each."""
    for name, ((rows, cells), k) in TOPS.items():
        yield (
            f"TopK {name}",
            onnx.parser.parse_model(
                f"""{HEAD} t (float[{rows}, {cells}] x) => (float[a, b] y, int64[a, b] i) {{
                k = Constant<value_ints = [{k}]>() y, i = TopK(x, k) }}"""
            ),
        )
    for name, (classes, boxes) in SUPPRESSIONS.items():
        yield (
            f"NonMaxSuppression {name}",
            onnx.parser.parse_model(
                f"""{HEAD} n (float[1, {boxes}, 4] x, float[1, {classes}, {boxes}] s)
                => (int64[a, 3] y) {{
                most = Constant<value_ints = [100]>() limit = Constant<value_float = 0.5>()
                above = Constant<value_float = 1.0>()
                y = NonMaxSuppression(x, s, most, limit, above) }}"""
            ),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="file for the result")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="halo-picking-") as folder:
        for name, model in models():
            path = Path(folder) / f"{name}.onnx"
            onnx.save(model, path)
            rows += list(measure(path, {}))
    print_rows("TopK and NonMaxSuppression", rows)
    write_rows(options.json, "TopK and NonMaxSuppression", rows)


if __name__ == "__main__":
    main()
