"""A reduced model as files: the model, its data as the ONNX standard keeps them, and a test."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from onnx_frontend.failures import WRONG
from onnx_frontend.reducing import Reduction

_HEAD = '''\
"""{title}

Made by `halo reduce`. It failed like this:

{message}
"""

from pathlib import Path

import onnx
from onnx import numpy_helper

import onnx_frontend

HERE = Path(__file__).parent


def arrays(pattern):
    """Return the arrays of test_data_set_0 by name."""
    tensors = map(onnx.load_tensor, sorted((HERE / "test_data_set_0").glob(pattern)))
    return {{tensor.name: numpy_helper.to_array(tensor) for tensor in tensors}}


def test_{name}():
    model = onnx_frontend.compile(HERE / "model.onnx")
    results = model.run(arrays("input_*.pb"))
'''

_COMPARE = """\
    tolerance = onnx_frontend.Tolerance(rtol={rtol!r}, atol={atol!r})
    for name, wanted in arrays("output_*.pb").items():
        difference = onnx_frontend.compare(results[name], wanted, tolerance)
        assert not difference.is_wrong, f"{name}: {difference}"
"""


def write_reduction(reduction: Reduction, directory: Path) -> tuple[Path, ...]:
    """Write what is left of a model to `directory` and return the paths.

    ``model.onnx`` and ``test_data_set_0/input_0.pb``, ``output_0.pb``, ... are those of a test case
    of the ONNX standard; ``test_reduced.py`` has pytest compile it, run it and compare.
    """
    case = reduction.case
    data = directory / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    for old in data.glob("*put_*.pb"):
        old.unlink()
    paths = [directory / "model.onnx"]
    onnx.save(case.model, paths[0])
    for kind, values in (("input", case.inputs), ("output", case.wanted)):
        for number, (name, array) in enumerate(values.items()):
            paths.append(data / f"{kind}_{number}.pb")
            onnx.save_tensor(numpy_helper.from_array(np.asarray(array), name), paths[-1])
    paths.append(directory / "test_reduced.py")
    paths[-1].write_text(_test(reduction), encoding="utf-8")
    return tuple(paths)


def _test(reduction: Reduction) -> str:
    operators = [node.op_type for node in reduction.case.model.graph.node]
    shown = ", ".join(operators[:4]) + (", ..." if len(operators) > 4 else "")
    name = re.sub(r"\W", "_", "_".join(operators[:3]).lower())
    kind = {WRONG: "a wrong answer"}.get(reduction.failure.kind, reduction.failure.kind)
    message = "\n".join(f"    {line}" for line in reduction.failure.message.splitlines())
    text = _HEAD.format(
        title=f"{shown}: {kind}.",
        message=message.replace("\\", "/").replace('"""', "'''"),
        name=name,
    )
    if reduction.failure.kind == WRONG:
        t = reduction.tolerance
        return text + _COMPARE.replace("{rtol!r}", repr(t.rtol)).replace("{atol!r}", repr(t.atol))
    return text + "    assert results\n"
