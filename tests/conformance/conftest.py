"""Records what becomes of each test of the standard's suite, and writes docs/onnx-coverage.md."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from onnx_coverage import Outcome, outcome_of, subjects, write_json, write_page

ROOT = Path(__file__).resolve().parent.parent.parent
RECORD = ROOT / "build" / "conformance.json"
PAGE = ROOT / "docs" / "onnx-coverage.md"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the suite alone unless it is asked for: making its data takes seconds."""
    wanted = "conformance" in str(config.getoption("-m")).replace("not conformance", "")
    return None if wanted or collection_path.is_dir() else True


def pytest_configure(config: pytest.Config) -> None:
    # Where the suite keeps the models it fetches and the answers it makes for them.
    os.environ.setdefault("ONNX_HOME", str(ROOT / "build" / "onnx"))
    config.pluginmanager.register(_Recorder(), "conformance-recorder")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the outcome to the report, which xdist carries to the process that writes."""
    report = yield
    if call.when == "call":
        error = call.excinfo.value if call.excinfo is not None else None
        report.user_properties.append(("conformance", list(outcome_of(error))))
    return report


class _Recorder:
    """Collects the outcomes of all tests."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what became of a test."""
        name = report.nodeid.rsplit("::", 1)[-1].removesuffix("_cpu")
        if "conformance/test_onnx_backend.py" not in report.nodeid or name.endswith("_cuda"):
            return
        found = dict(report.user_properties).get("conformance")
        if found is not None:
            kind, reason = found
            self.outcomes[name] = Outcome(kind, reason, report.duration)
        elif report.failed:
            self.outcomes[name] = Outcome("crashed", str(report.longrepr), report.duration)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what was found: the record always, the page after a whole run."""
        if not self.outcomes or hasattr(session.config, "workerinput"):
            return
        RECORD.parent.mkdir(exist_ok=True)
        whole = not session.config.getoption("-k")
        write_json(RECORD, self.outcomes, update=not whole)
        if whole:
            write_page(PAGE, RECORD, subjects())
