"""A branch of an If that is not taken reads nothing that is not there, and costs nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, RuntimeException

import onnx_frontend
from halo import BufferError, Target

ROOT = Path(__file__).resolve().parents[2]

BODIES = {
    "product": "yt = MatMul(x, z)",
    "sum": "yt = Add(x, z)",
    "sum of pieces": "a = Concat <axis = 0> (x, z) b = Concat <axis = 0> (x, x) yt = Add(a, b)",
    "view": "s = Shape(x) r = Reshape(z, s) yt = Transpose <perm = [1, 0]> (r)",
    "reduced": "a = Mul(x, z) yt = ReduceSum <keepdims = 1> (a)",
    "found": "a = Sub(x, z) k = NonZero(a) yt = Cast <to = 1> (k)",
    "nested": """yt = If (d) <
      then_branch = t2 () => (a) { a = MatMul(x, z) },
      else_branch = e2 () => (b) { b = Add(x, z) } >""",
    "scan": """yt = Scan <num_scan_inputs = 2,
      body = s (float[3] a, float[3] b) => (o) { o = Mul(a, b) }> (x, z)""",
    "lengthened": """n1 = Shape <start = 0, end = 1> (x) k = Squeeze(n1) v = Add(x, z)
      yt = Loop (k, , v) <body = l (int64 i, bool g, float[p, 3] s) => (h, s2) {
        h = Identity(g) s2 = Concat <axis = 0> (s, z) }>""",
}


def model_of(body: str) -> onnx.ModelProto:
    """Return a model of which one branch needs two sizes to be equal, or one of them 1."""
    text = f"""<ir_version: 8, opset_import: ["" : 17]>
    i (bool c, bool d, float[n, 3] x, float[m, 3] z) => (float[p, q] y) {{
      y = If (c) < then_branch = t () => (yt) {{ {body} }},
                   else_branch = e () => (ye) {{ ye = Neg(x) }} > }}"""
    return onnx.parser.parse_model(text)


def feeds(c: bool, d: bool, n: int, m: int) -> dict[str, np.ndarray]:
    """Return inputs drawn for these sizes."""
    rng = np.random.default_rng(n * 100 + m)
    x, z = (rng.standard_normal((k, 3), np.float32) for k in (n, m))
    return {"c": np.array(c), "d": np.array(d), "x": x, "z": z}


@pytest.mark.parametrize("target", ["host", "host-llvm"])
@pytest.mark.parametrize("name", BODIES)
def test_only_the_branch_that_is_taken_counts(name: str, target: str) -> None:
    model = model_of(BODIES[name])
    compiled = onnx_frontend.compile(model, target=Target(target))
    peer = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    answers = 0
    for n, m in ((3, 3), (3, 1), (3, 2), (1, 3), (70, 5), (5, 70), (2, 0), (0, 2)):
        for c, d in ((False, True), (True, True), (True, False)):
            given = feeds(c, d, n, m)
            if not c:
                np.testing.assert_array_equal(compiled.run(given)["y"], -given["x"])
                continue
            try:
                expected = peer.run(None, given)[0]
            except (Fail, InvalidArgument, RuntimeException):
                with pytest.raises(BufferError):
                    compiled.run(given)
                continue
            try:
                got = compiled.run(given)["y"]
            except BufferError:
                assert n != m  # one open size is not stretched to another, nor to nothing
                continue
            answers += 1
            np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    assert answers


SCRIPT = """
import ctypes, mmap, sys
import numpy as np
from halo import Target
import onnx_frontend
from tests.onnx.test_untaken_branches import BODIES, feeds, model_of

libc, pages = ctypes.CDLL(None), []

def at_the_end(a):
    size = -(-max(a.nbytes, 1) // mmap.PAGESIZE) * mmap.PAGESIZE
    memory = mmap.mmap(-1, size + mmap.PAGESIZE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    if libc.mprotect(ctypes.c_void_p(start + size), mmap.PAGESIZE, 0):
        raise OSError("no page can be closed")
    pages.append(memory)
    made = np.frombuffer(memory, a.dtype, a.size, size - a.nbytes).reshape(a.shape)
    made[...] = a
    return made

for name in BODIES:
    compiled = onnx_frontend.compile(model_of(BODIES[name]), target=Target(sys.argv[1]))
    for n, m in ((1200, 2), (2, 1200), (1200, 1199), (64, 0)):
        given = {k: at_the_end(v) if v.ndim else v for k, v in feeds(False, True, n, m).items()}
        print(name, n, m, flush=True)
        assert (compiled.run(given)["y"] == -given["x"]).all()
print("all")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is closed by Linux's mprotect")
@pytest.mark.parametrize("target", ["host", "host-llvm"])
def test_nothing_is_read_behind_what_is_there(target: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, target], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1:] + done.stderr.splitlines()[-3:]
    assert done.stdout.endswith("all\n")


def test_kernels_of_a_branch_are_called_where_it_is_taken() -> None:
    body = "a = MatMul(x, x2) yt = MatMul(a, z)"
    text = model_of(body.replace("x2", "z"))
    (source,) = onnx_frontend.compile(text, target=Target("host"))._source()
    entry = source.text[source.text.rindex("int32_t i(halo_context") :]
    first = entry.index("halo_kernel_k0")
    assert "if (c_0 == 1) {" in entry[first - 80 : first]


@pytest.mark.parametrize("target", ["host", "host-llvm"])
def test_what_is_the_same_in_all_steps_of_a_loop_may_stand_in_a_branch(target: str) -> None:
    text = """<ir_version: 8, opset_import: ["" : 17]>
    i (int64 k, float[n, 3] x, float[m, 3] z) => (float[n, 3] y) <int64 one = {1}> {
      y = Loop (k, , x) <body = l (int64 i, bool g, float[n, 3] s) => (h, s2) {
        h = Identity(g) c = Less(one, i)
        s2 = If (c) < then_branch = t () => (a) { p = MatMul(x, z) a = Add(s, p) },
                      else_branch = e () => (b) { b = Neg(s) } > }> }"""
    compiled = onnx_frontend.compile(onnx.parser.parse_model(text), target=Target(target))
    for steps, n, m in ((0, 4, 3), (1, 4, 2), (2, 4, 900), (3, 4, 3), (5, 2, 3)):
        given = feeds(False, False, n, m)
        x, z = given["x"], given["z"]
        expected = x
        for i in range(steps):
            expected = expected + x @ z if i > 1 else -expected
        got = compiled.run({"k": np.array(steps), "x": x, "z": z})["y"]
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    with pytest.raises(BufferError, match="MatMul"):
        compiled.run({"k": np.array(3), "x": x, "z": np.zeros((2, 3), np.float32)})
