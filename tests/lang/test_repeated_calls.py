"""One Callable called again: contexts and what stands for a Buffer are kept, and never stale."""

from __future__ import annotations

import copy
import pickle
import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")
DATA = np.arange(12, dtype=np.int32)


def doubled() -> tuple[hl.ImageParam, hl.Func]:
    source, f = hl.ImageParam(hl.Int(32), 1, "source"), hl.Func("doubled")
    f[x] = 2 * source[x] + x
    return source, f


def test_a_buffer_that_moved_is_read_where_it_is_now() -> None:
    source, f = doubled()
    call = f.compile_to_callable([source])
    given, out = hl.Buffer(DATA.copy()), hl.Buffer(np.zeros(4, np.int32))
    call(given, out)
    assert np.array_equal(np.asarray(out), 2 * DATA[:4] + np.arange(4))
    given.translate([3])
    out.set_min([5])
    call(given, out)
    assert np.array_equal(np.asarray(out), 2 * DATA[2:6] + np.arange(5, 9))
    given.crop(0, 6, 4)
    out.set_min([6])
    call(given, out)
    assert np.array_equal(np.asarray(out), 2 * DATA[3:7] + np.arange(6, 10))
    with pytest.raises(hl.BoundsError, match="source"):
        call(given, hl.Buffer(np.zeros(5, np.int32)))


def test_a_buffer_that_became_read_only_is_refused() -> None:
    source, f = doubled()
    call = f.compile_to_callable([source])
    array = np.zeros(4, np.int32)
    out = hl.Buffer(array)
    call(DATA, out)
    out.view().flags.writeable = False
    with pytest.raises(hl.BufferError, match="cannot be written"):
        call(DATA, out)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda b: pickle.loads(pickle.dumps(b))]
)
def test_a_copy_of_a_buffer_has_its_own_place(copied: Callable[[hl.Buffer], hl.Buffer]) -> None:
    source, f = doubled()
    call = f.compile_to_callable([source])
    given, out = hl.Buffer(DATA.copy()), hl.Buffer(np.zeros(4, np.int32))
    call(given, out)
    other = copied(given)
    shares = np.shares_memory(other.view(), given.view())
    other.view()[:] = 100
    other.translate([1])
    call(given, out)
    assert np.array_equal(np.asarray(out), (200 if shares else 2 * DATA[:4]) + np.arange(4))
    out.set_min([1])
    call(other, out)
    assert np.array_equal(np.asarray(out), 200 + np.arange(1, 5))


def test_after_an_error_calls_go_on() -> None:
    source, f = doubled()
    call = f.compile_to_callable([source])
    out = np.zeros(4, np.int32)
    for _ in range(3):
        with pytest.raises(hl.BoundsError, match="source"):
            call(DATA[:3], out)
        call(DATA, out)
        assert np.array_equal(out, 2 * DATA[:4] + np.arange(4))


class _Refusing:
    """A ``sys.stdout`` that takes so many lines."""

    def __init__(self, lines: int) -> None:
        self.lines, self.text = lines, ""

    def write(self, text: str) -> int:
        self.lines -= 1
        if self.lines < 0:
            raise OSError("the disk is full")
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Do nothing."""


def test_what_a_printed_line_raises_is_raised_once(monkeypatch: pytest.MonkeyPatch) -> None:
    f = hl.Func("printed")
    f[x] = hl.print(x, "is here")
    call, out = f.compile_to_callable([]), np.zeros(3, np.int32)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", _Refusing(1))
        with pytest.raises(OSError, match="disk is full"):
            call(out)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", takes := _Refusing(3))
        call(out)
    assert takes.text == "0 is here\n1 is here\n2 is here\n"


def test_an_extern_stage_may_call_the_callable_it_is_run_by() -> None:
    source = hl.ImageParam(hl.Int(32), 1, "source")
    depths: list[int] = []

    def again(given: hl.Buffer, out: hl.Buffer) -> None:
        depths.append(len(depths))
        inner = np.zeros(4, np.int32)
        if len(depths) < 3:
            call(DATA, inner)
            inner += 1
        out.view()[...] = inner

    stage, f = hl.Func("stage"), hl.Func("nested")
    stage.define_extern("again", [source], hl.Int(32), 1, implementation=again)
    f[x] = stage[x] + source[x]
    stage.compute_root()
    call = f.compile_to_callable([source])
    out = np.zeros(4, np.int32)
    call(DATA, out)
    assert depths == [0, 1, 2]
    assert np.array_equal(out, 3 * DATA[:4] + 2)


def test_threads_that_call_at_once_have_contexts_of_their_own() -> None:
    source, f = hl.ImageParam(hl.Int(32), 1, "source"), hl.Func("many")
    g = hl.Func("kept")
    g[x] = source[x] * 3
    f[x, y] = g[x] + y
    g.compute_root()
    call = f.compile_to_callable([source])
    wrong: list[str] = []

    def work(number: int) -> None:
        given, out = hl.Buffer(DATA + number), hl.Buffer(np.zeros((50, 12), np.int32))
        for i in range(50):
            short = number % 2 == 0 and i % 5 == 4
            try:
                call(hl.Buffer(DATA[: 3 + number]) if short else given, out)
                if short:
                    wrong.append(f"{number}: not refused")
            except hl.BoundsError as error:
                if not short or f"it has 0 to {2 + number}" not in str(error):
                    wrong.append(f"{number}: {error}")
            expected = 3 * (DATA + number) + np.arange(50)[:, None]
            if not np.array_equal(np.asarray(out), expected):
                wrong.append(f"{number}: other numbers")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []
