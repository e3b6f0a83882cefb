"""What all tests share: golden texts, a cache of their own, how long hypothesis searches."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from halo.lang.names import GivenNames, given_names, take_back_names

ROOT = Path(__file__).resolve().parent
GOLDEN = ROOT / "golden"

# On CI the examples are the same each time; at home each run tries new ones.
settings.register_profile("home", deadline=None, print_blob=True)
settings.register_profile("ci", parent=settings.get_profile("home"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "home")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden texts of the tests that run instead of comparing with them",
    )


_imported: dict[str, GivenNames] = {}
"""The names that were given when a test file had been imported, by the file's node."""


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    before = given_names()
    report = yield
    if isinstance(collector, pytest.Module):
        _imported[collector.nodeid] = given_names()
        take_back_names(before)
    return report


@pytest.fixture(scope="module", autouse=True)
def names_of_the_file(request: pytest.FixtureRequest) -> Iterator[None]:
    """The names a file gives when imported, and no others: its Funcs do not depend on the rest."""
    before = given_names()
    take_back_names(_imported[request.node.nodeid])
    yield
    take_back_names(before)


@pytest.fixture(autouse=True)
def names_of_the_test() -> Iterator[None]:
    """Let the next test name its Funcs as if this one had not been."""
    before = given_names()
    yield
    take_back_names(before)


@pytest.fixture(autouse=True)
def random_numbers_of_the_test(request: pytest.FixtureRequest) -> None:
    """Let ``RNG`` of a file give a test the same numbers whatever ran before it."""
    rng = getattr(request.module, "RNG", None)
    if isinstance(rng, np.random.Generator):
        own = np.random.default_rng(zlib.crc32(request.node.name.encode()))
        rng.bit_generator.state = own.bit_generator.state


@pytest.fixture(scope="session", autouse=True)
def cache_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of built libraries: one for the whole run, never the user's.

    ``HALO_CACHE_DIR`` names one that outlives the run.
    """
    given = os.environ.get("HALO_CACHE_DIR")
    if given:
        return Path(given)
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "halo-cache"
    os.environ["HALO_CACHE_DIR"] = str(shared)
    return shared


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which nothing lies yet, for tests of what happens on the first build."""
    path = tmp_path / "empty-cache"
    monkeypatch.setenv("HALO_CACHE_DIR", str(path))
    return path


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Compare a text with the one kept in ``tests/golden/<test file>/<test>.txt``."""
    file = Path(str(request.node.path)).stem
    path = GOLDEN / file / (re.sub(r"[^\w.-]+", "_", request.node.name).strip("_") + ".txt")
    update = bool(request.config.getoption("--update-golden"))

    def check(text: str) -> None:
        text = text.rstrip("\n") + "\n"
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        short = path.relative_to(ROOT.parent)
        if not path.exists():
            pytest.fail(
                f"there is no {short}: run pytest with --update-golden, read what it wrote, "
                f"and commit it if it is right. The text now is\n{text}"
            )
        assert text == path.read_text(encoding="utf-8"), (
            f"not as in {short}; if the new text is right, run pytest with --update-golden"
        )

    return check


@pytest.fixture
def without_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no C compiler is found, and no back end is named; a PATH to fill."""
    for name in ("CC", "HALO_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
