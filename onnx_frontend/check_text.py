"""What `check_model` found, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from onnx_frontend.checking import CheckReport, ValueCheck
from onnx_frontend.comparing import Difference

_HEAD = ("node", "operator", "tensor", "shape", "absolute", "relative", "of tolerated")


def check_text(report: CheckReport, top: int = 10) -> str:
    """Return a report as text: the first mismatch, and a table of the `top` worst tensors."""
    return "\n".join(_lines(report, top))


def _lines(report: CheckReport, top: int) -> Iterator[str]:
    t = report.tolerance
    yield (
        f"model {report.name}, compared with {report.reference}: "
        f"|halo - reference| <= {t.atol:g} + {t.rtol:g} * |reference|"
    )
    if report.problem:
        yield f"its layers cannot be looked at, only its outputs: {report.problem}"
    first = report.first_wrong
    if first is not None:
        yield from _mismatch(first, first in report.layers or bool(report.problem))
    checked = report.layers or report.outputs
    worst = sorted(checked, key=lambda c: _badness(c.difference), reverse=True)[:top]
    if worst:
        yield f"the {len(worst)} worst of {len(checked)} tensors"
        yield from _table([_HEAD, *(_row(c) for c in worst)])
    yield "outputs of the model as it is compiled"
    yield from _table([_HEAD, *(_row(c) for c in report.outputs)])
    yield from (_unchecked(c) for c in checked if c.unchecked)
    wrong = sum(c.difference.is_wrong for c in checked)
    compared = sum(not c.unchecked for c in checked)
    yield f"{compared - wrong} of {compared} tensors agree" if wrong else f"all {compared} agree"


def _mismatch(c: ValueCheck, among_layers: bool) -> Iterator[str]:
    yield f"first mismatch: {c.operator} node {c.node}, tensor {c.value}"
    if not among_layers:
        yield "  it only differs where layers are computed together: halo reduce finds which"
    yield f"  reads    {'; '.join(c.reads) or 'nothing'}"
    d = c.difference
    if d.problem:
        yield f"  it {d.problem}"
        return
    place = ", ".join(map(str, d.place))
    yield f"  worst    at ({place}): halo {_number(d.found)}, reference {_number(d.wanted)}"
    yield f"  wrong    {d.wrong} of {d.cells} cells"


def _unchecked(c: ValueCheck) -> str:
    return f"not compared: {c.operator} node {c.node}, tensor {c.value}: {c.unchecked}"


def _badness(d: Difference) -> float:
    return float("inf") if d.problem else d.ratio


def _row(c: ValueCheck) -> tuple[str, ...]:
    d = c.difference
    shape = "x".join(map(str, c.shape)) or "scalar"
    if c.unchecked:
        errors = ("", "", "not compared")
    elif d.problem:
        errors = ("", "", d.problem)
    else:
        errors = (f"{d.absolute:.2e}", f"{d.relative:.2e}", f"{d.ratio:.3g}")
    mark = "  <--" if d.is_wrong else ""
    return (c.node, c.operator, c.value, shape, *errors[:2], errors[2] + mark)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield f"  {'  '.join(cells)}".rstrip()


def _number(x: Any) -> str:
    value = x.item() if isinstance(x, np.generic) else x
    return f"{value:.9g}" if isinstance(value, float) else str(value)
