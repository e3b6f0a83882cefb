"""What became of the tests of the ONNX standard's suite, as JSON and as a page of the docs."""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import onnx
from onnx.backend.test.loader import load_model_tests

from halo.errors import BufferError
from onnx_frontend.errors import ModelError, UnsupportedOp

KINDS = ("passed", "refused", "wrong", "crashed")
_OTHER_KINDS = ("real", "simple", "pytorch-converted", "pytorch-operator")

_NOTES = {
    "Bernoulli": "What is expected was not drawn by the seed of the node, so nothing can give it.",
    "DFT": "What is expected is 1.9e-7 off where the exact answer is 0, and may be 1e-7 off.",
}
"""What is to be said of an operator whose answers are not those that are expected."""


_ABOUT_VALUES = (
    "Where values of an input decide how many axes a tensor has, the backend compiles for these",
    "values ([refusals.md](refusals.md)), as it does for lengths of sequences of inputs: so pass",
    "some tests of AffineGrid (expanded), If and Loop.",
)


class Outcome(NamedTuple):
    """One of `KINDS`, the reason of a failure, and how many seconds the test took."""

    kind: str
    reason: str
    seconds: float


def outcome_of(error: BaseException | None) -> tuple[str, str]:
    """Return the kind of outcome that `error` is, and its reason in one line."""
    if error is None:
        return "passed", ""
    if isinstance(error, UnsupportedOp):
        return "refused", "; ".join(
            dict.fromkeys(f"{m.operator}: {m.needed}" for m in error.missing)
        )
    reason = " ".join(str(error).split())[:300]
    if isinstance(error, (ModelError, BufferError)):
        return "refused", reason
    if isinstance(error, AssertionError):
        return "wrong", reason
    return "crashed", f"{type(error).__name__}: {reason}"


def write_json(path: Path, outcomes: Mapping[str, Outcome], *, update: bool) -> None:
    """Write `outcomes` to `path`, into what stands there already if `update`."""
    data = json.loads(path.read_text()) if update and path.exists() else {}
    data |= {name: o._asdict() for name, o in outcomes.items()}
    path.write_text(json.dumps(dict(sorted(data.items())), indent=1) + "\n")


def read_json(path: Path) -> dict[str, Outcome]:
    """Return what `write_json` wrote."""
    return {name: Outcome(**fields) for name, fields in json.loads(path.read_text()).items()}


def subjects() -> dict[str, str]:
    """Return what each test is about: an operator, or the folder that its model comes from."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = {case.name: case.model for case in load_model_tests(kind="node")}
    made: dict[str, str] = {}
    for name, model in nodes.items():
        base = re.sub(r"_expanded(_ver\d+)?$", "", name)
        operators = [n.op_type for n in nodes.get(base, model).graph.node]
        made[name] = next((o for o in operators if o != "Constant"), operators[0])
    for kind in _OTHER_KINDS:
        made |= {case.name: f"({kind} models)" for case in load_model_tests(kind=kind)}
    return made


def write_page(path: Path, record: Path, subject: Mapping[str, str]) -> None:
    """Write the page of the docs from a whole run's record and what each test is about."""
    outcomes = read_json(record)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, outcome in outcomes.items():
        counts[subject.get(name, "?")][outcome.kind] += 1
    total = Counter(o.kind for o in outcomes.values())
    lines = [
        "# ONNX coverage",
        "",
        "Written by `make conformance`, which runs the tests of the standard's own suite",
        f"(`onnx.backend.test` of onnx {onnx.__version__}) on halo.",
        "",
        f"Of {len(outcomes)} tests {total['passed']} pass, {total['refused']} are refused with a",
        f"reason, {total['wrong']} give a wrong answer, {total['crashed']} fail otherwise.",
        "",
        *_ABOUT_VALUES,
        "",
        "| operator | tests | passed | refused | wrong | crashed |",
        "| --- | --: | --: | --: | --: | --: |",
        *(_row(name, counts[name]) for name in sorted(counts)),
        "",
        "## Tests that do not pass",
        "",
        *_failures(outcomes, subject),
    ]
    path.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")


def _row(name: str, count: Counter[str]) -> str:
    return f"| {name} | {count.total()} | " + " | ".join(str(count[k] or "") for k in KINDS) + " |"


def _failures(outcomes: Mapping[str, Outcome], subject: Mapping[str, str]) -> Iterable[str]:
    by_reason: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name, o in outcomes.items():
        if o.kind != "passed":
            by_reason[subject.get(name, "?"), o.kind, _markdown(o.reason)].append(name)
    for (about, kind, reason), names in sorted(by_reason.items()):
        note = _NOTES.get(about) if kind == "wrong" else None
        yield f"- **{about}**, {kind}: {reason}{f' ({note})' if note else ''}  "
        yield "  " + ", ".join(f"`{n}`" for n in names)


def _markdown(text: str) -> str:
    return re.sub(r"([*_`<|\[\]])", r"\\\1", text)


if __name__ == "__main__":
    write_page(Path(sys.argv[2]), Path(sys.argv[1]), subjects())
