"""Files appear whole, and what is no file stays what it is."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

import halo as hl
from halo.files import write_atomically


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "f"
    for data in (b"one", b"two"):
        write_atomically(path, data)
        assert path.read_bytes() == data
    assert os.listdir(tmp_path) == ["f"]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        write_atomically(tmp_path / "folder", b"data")
    assert os.listdir(tmp_path) == ["folder"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, target = tmp_path / "link", tmp_path / "there" / "target"
    link.symlink_to(target)
    for data in (b"one", b"two"):
        write_atomically(link, data)
        assert link.is_symlink()
        assert target.read_bytes() == data


def test_a_pipe_stays_one_and_is_written_to(tmp_path: Path) -> None:
    pipe, found = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    f, x = hl.Func("f"), hl.Var("x")
    f[x] = x
    f.vectorize(x, 4)
    f.schedule().save(pipe)
    reader.join(30)
    assert pipe.is_fifo()
    assert hl.Schedule.from_json(found[0].decode()) == f.schedule()
