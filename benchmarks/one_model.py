"""One trained model: compile it, and hold its answers against onnxruntime's; prints JSON.

    python benchmarks/one_model.py NAME

It is compiled as it comes, sizes left open, into an empty cache; then run on each of its cases
through Python and, from the saved library, by a C program. `model_zoo.py` runs it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from c_programs import answer, build_c_program, run_c_program
from onnx import numpy_helper
from real_models import MODELS, draw_inputs

import onnx_frontend
from halo import HaloError
from onnx_frontend.demo.fetch import fetch
from onnx_frontend.reference import reference_values

Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]

RELATIVE, ABSOLUTE = 1e-3, 1e-4
"""How far an answer may be off: this part of itself, and this part of the largest value."""

NUDGED = 4
NUDGE = 1e-6
"""How many times weights are moved, and by what part, to see how far answers go."""


def examine(name: str) -> dict[str, Any]:
    """Return what became of a model."""
    path = fetch(MODELS[name].file)
    model = onnx.load(path)
    found = _compiled(path, None)
    refusal = found.pop("refused", None)
    cases = []
    for number in range(len(MODELS[name].cases)):
        feeds = draw_inputs(name, number, model)
        own = found
        if refusal is not None:
            # Open sizes may be all that it cannot do.
            own = _compiled(path, {n: x.shape for n, x in feeds.items()})
            if "refused" in own:
                return {"refused": refusal}
        cases.append(_case(model, own["compiled"], feeds))
    if refusal is not None:
        found = own
        found["only_fixed"] = refusal
    del found["compiled"]
    return found | {"cases": cases}


def _memory(who: int) -> int:
    return resource.getrusage(who).ru_maxrss // 1024


def _processor_time() -> float:
    spent = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(s.ru_utime + s.ru_stime for s in spent)


def _compiled(path: Path, shapes: Mapping[str, Sequence[int]] | None) -> dict[str, Any]:
    """Compile a model; return it and what that took, or why it is refused."""
    start, spent = time.perf_counter(), _processor_time()
    try:
        compiled = onnx_frontend.compile(path, shapes=shapes)
    except HaloError as error:
        return {"refused": " ".join(str(error).split())}
    return {
        "compiled": compiled,
        "seconds": time.perf_counter() - start,
        "processor_seconds": _processor_time() - spent,
        "compiler_mb": _memory(resource.RUSAGE_CHILDREN),
        "kernels": compiled.report.kernels if compiled.report else 0,
    }


def _case(
    model: onnx.ModelProto, compiled: onnx_frontend.CompiledModel, feeds: Arrays
) -> dict[str, Any]:
    """Return how the answers to `feeds` compare."""
    first = next((x for x in feeds.values() if x.ndim), next(iter(feeds.values())))
    about: dict[str, Any] = {"shape": list(first.shape)}
    try:
        ours = compiled.run(feeds)
    except HaloError as error:
        return about | {"verdict": "refused", "why": " ".join(str(error).split())}
    about["memory_mb"] = _memory(resource.RUSAGE_SELF)  # before onnxruntime takes any
    theirs = _onnxruntime(model, feeds)
    about["error"] = max(_distance(ours[n], theirs[n]) for n in theirs)
    about["same_in_c"] = _same_in_c(compiled, feeds, ours)
    if all(_close(ours[n], theirs[n]) for n in theirs):
        return about | {"verdict": "equal"}
    variants = _variants(model, feeds)
    painted = pictures(theirs, feeds)
    close = as_close(ours, theirs, variants, painted)
    if close and painted:
        standard = _standard(model, feeds)
        away = [distances(made, standard, painted) for made in (ours, theirs)]
        about |= {"from_standard": away}
        close = all(a <= b for a, b in zip(*away, strict=True))
    return about | {"off": _off(ours, variants), "verdict": "close" if close else "wrong"}


def _onnxruntime(model: onnx.ModelProto, feeds: Arrays, optimize: bool = True) -> Arrays:
    options = ort.SessionOptions()
    if not optimize:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(None, feeds), strict=True))


def _variants(model: onnx.ModelProto, feeds: Arrays) -> list[Arrays]:
    """Return answers that are as good as onnxruntime's where rounding decides.

    Of a model of float16, which onnxruntime computes in float32 throughout, that of the standard's
    own evaluator. Of others what the nodes give one by one, and what comes of weights moved by a
    millionth, as far as sums of float32 are off: where activations are rounded to integers, one
    that lies between two goes to either.
    """
    weights = model.graph.initializer
    if any(w.data_type == onnx.TensorProto.FLOAT16 for w in weights):
        return [_standard(model, feeds)]
    return [
        _onnxruntime(model, feeds, optimize=False),
        *(_onnxruntime(_nudged(model, seed), feeds) for seed in range(NUDGED)),
    ]


def _standard(model: onnx.ModelProto, feeds: Arrays) -> Arrays:
    """Return the answers of the standard's evaluator, node by node."""
    values = reference_values(model, feeds).values
    return {o.name: np.asarray(values[o.name]) for o in model.graph.output}


def pictures(made: Arrays, feeds: Arrays) -> list[str]:
    """Return the outputs that are pictures: of four axes, and as many of each as an input has.

    Such a one has no axis of classes, so which value is the largest of a row says nothing.
    """
    return [
        n
        for n, y in made.items()
        if y.ndim == 4 and any(y.shape == x.shape for x in feeds.values())
    ]


def distances(made: Arrays, standard: Arrays, names: Sequence[str]) -> tuple[float, float]:
    """Return the largest and the mean distance of some outputs from those of the standard."""
    off = [np.abs(made[n].astype(np.float64) - standard[n]) for n in names]
    scales = [float(np.abs(standard[n]).max(initial=0.0)) or 1.0 for n in names]
    largest = max(float(d.max(initial=0.0)) / s for d, s in zip(off, scales, strict=True))
    return largest, max(float(d.mean()) / s for d, s in zip(off, scales, strict=True))


def _nudged(model: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    rng = np.random.default_rng(seed)
    moved = onnx.ModelProto()
    moved.CopyFrom(model)
    constants = [a.t for n in moved.graph.node if n.op_type == "Constant" for a in n.attribute]
    for w in (*moved.graph.initializer, *constants):
        data = numpy_helper.to_array(w)
        if data.dtype == np.float32 and data.size > 8:  # not what sizes are computed from
            data = (data * (1 + NUDGE * rng.standard_normal(data.shape))).astype(np.float32)
            w.CopyFrom(numpy_helper.from_array(data, w.name))
    return moved


def _off(answer: Arrays, variants: Sequence[Arrays]) -> float:
    """Return how far `answer` is from the nearest of `variants`."""
    return min(max(_distance(answer[n], v[n]) for n in answer) for v in variants)


def as_close(
    ours: Arrays, theirs: Arrays, variants: Sequence[Arrays], painted: Sequence[str]
) -> bool:
    """Whether our answer is as close to one of `variants` as these are to onnxruntime's.

    And wherever all have the same largest value of a row, ours has, too, but in pictures.
    """
    spread = max(max(_distance(theirs[n], v[n]) for n in theirs) for v in variants)
    if _off(ours, variants) > spread:
        return False
    rows = (n for n in theirs if n not in painted)
    return all(_tops_agree(ours[n], [theirs[n], *(v[n] for v in variants)]) for n in rows)


def _distance(a: Any, b: Any) -> float:
    """Return the largest difference, as a part of the largest value of `b`."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return float("inf")
    if a.size == 0:
        return 0.0
    if a.dtype.kind not in "fiub":
        return 0.0 if np.array_equal(a, b) else float("inf")
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    off = np.where(wide_a == wide_b, 0.0, np.abs(wide_a - wide_b))
    off[np.isnan(wide_a) & np.isnan(wide_b)] = 0.0
    scale = np.abs(wide_b[np.isfinite(wide_b)]).max(initial=0.0)
    return float(np.nan_to_num(off, nan=np.inf).max() / (scale or 1.0))


def _close(a: Any, b: Any) -> bool:
    """Whether `a` is within the tolerance of `b`; whole numbers must be equal."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    finite = b[np.isfinite(b)]
    scale = float(np.abs(finite).max(initial=0.0))
    return bool(np.allclose(a, b, rtol=RELATIVE, atol=ABSOLUTE * scale, equal_nan=True))


def _tops_agree(a: Any, others: Sequence[Any]) -> bool:
    if a.ndim == 0 or a.size == 0:
        return True
    tops = np.stack([b.argmax(-1) for b in others])
    agreed = (tops == tops[0]).all(axis=0)
    return bool(np.array_equal(a.argmax(-1)[agreed], tops[0][agreed]))


def _same_in_c(compiled: onnx_frontend.CompiledModel, feeds: Arrays, ours: Arrays) -> bool:
    """Whether a C program that links the saved library gets the same bits."""
    with tempfile.TemporaryDirectory(prefix="halo-zoo-") as name:
        folder = Path(name)
        compiled.save(folder / "saved")
        program = build_c_program(folder / "saved", folder)
        inputs = [feeds[p.name] for p in compiled.signature.inputs]
        done = run_c_program(program, folder, *inputs, threads=2)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return False
        outputs = enumerate(compiled.signature.outputs)
        return all(
            answer(folder, ours[p.name], i).tobytes() == ours[p.name].tobytes() for i, p in outputs
        )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="halo-zoo-") as cache:
        os.environ["HALO_CACHE_DIR"] = cache
        print(json.dumps(examine(sys.argv[1])))


if __name__ == "__main__":
    main()
