"""Operators that are C functions of others, in models that run here and in C programs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from c_programs import answer, build_c_program, run_c_program
from onnx import helper, numpy_helper, parser

import halo as hl
import onnx_frontend
from codegen import find_compiler
from halo.errors import CodegenError, DefinitionError
from onnx_frontend import CFunction, NodeContext, PluginError, Tensor, operator
from onnx_frontend.importer import import_graph

pytestmark = pytest.mark.usefixtures("no_plugins")

TWO = r"""
int32_t split_max(halo_context *ctx, const halo_buffer *x, int32_t shift, float scale,
                  int32_t rows, const halo_buffer *best, const halo_buffer *all) {
    const float *in = x->host;
    const int64_t n = x->dim[1].extent, m = x->dim[0].extent;
    (void)ctx;
    if (rows != n || x->dim[0].stride != 1 || x->dim[1].stride != m) return 3;
    for (int64_t i = 0; i < n; i++) {
        float top = in[i * m];
        for (int64_t j = 0; j < m; j++) {
            if (in[i * m + j] > top) top = in[i * m + j];
            ((float *)all->host)[i * m + j] = in[i * m + j] * scale;
        }
        ((float *)best->host)[i] = top + shift;
    }
    return 0;
}
"""

NEGATE = r"""
#include <stdio.h>
int32_t negate(halo_context *ctx, const halo_buffer *x, const halo_buffer *y) {
    int64_t count = 1;
    for (int32_t d = x->dimensions - 1; d >= 0; d--) count *= x->dim[d].extent;
    for (int64_t i = 0; i < count; i++) {
        if (((const float *)x->host)[i] > 1000) {
            snprintf(ctx->error, sizeof ctx->error, "cell %d is too large", (int)i);
            return 7;
        }
        ((float *)y->host)[i] = -((const float *)x->host)[i];
    }
    return 0;
}
"""

X = np.random.default_rng(0).uniform(-1, 1, (4, 6)).astype(np.float32)


def model(body: str) -> onnx.ModelProto:
    head = '<ir_version: 8, opset_import: ["" : 17, "my.own" : 2]>'
    return parser.parse_model(f"{head} agraph {body}")


ONE = "(float[n, 6] x) => (float[n, 6] y) { a = Abs(x) b = my.own.Op(a) y = Relu(b) }"


def own(function: Callable[..., Any]) -> Callable[..., Any]:
    return operator("Op", since=1, domain="my.own")(function)


def negate(c: CFunction) -> None:
    """Register an operator that is `c`, of one input and one output like it."""

    @own
    def op(node: NodeContext, x: Tensor) -> Any:
        return node.extern(c, [x], [(x.type, x.shape)])


def split_max(c: CFunction) -> None:
    """Register an operator of two outputs, numbers, and a size among them."""

    @own
    def op(node: NodeContext, x: Tensor) -> Any:
        outputs = [(x.type, x.shape[:1]), (x.type, x.shape)]
        return node.extern(c, [x], outputs, 3, node.number("scale", 2.0), x.shape[0])


@pytest.mark.parametrize(
    "target",
    [None, hl.Target("host-llvm"), [hl.Target("x86-64-v2"), hl.Target("x86-64")]],
    ids=["c", "llvm", "versions"],
)
def test_a_c_function_computes_whole_tensors(target: Any) -> None:
    split_max(CFunction("split_max", TWO))
    compiled = onnx_frontend.compile(
        model(
            """(float[n, 6] x) => (float[n] y, float[n, 6] z)
            { a = Neg(x) b, c = my.own.Op <scale = 4.0> (a) y = Relu(b) z = Abs(c) }"""
        ),
        target=target,
    )
    for n in (4, 1):
        y, z = compiled.run({"x": X[:n]}).values()
        np.testing.assert_array_equal(y, (-X[:n]).max(1) + 3)
        np.testing.assert_array_equal(z, np.abs(X[:n] * 4))


@pytest.mark.parametrize("wanted", ["b", "c", "b c"])
def test_outputs_that_nobody_reads_have_memory_all_the_same(wanted: str) -> None:
    split_max(CFunction("split_max", TWO))
    shapes = {"b": "float[n] b", "c": "float[n, 6] c"}
    outputs = ", ".join(shapes[name] for name in wanted.split())
    made = onnx_frontend.compile(model(f"(float[n, 6] x) => ({outputs}) {{ b, c = my.own.Op(x) }}"))
    expected = {"b": X.max(1) + 3, "c": X * 2}
    for name, value in made.run({"x": X}).items():
        np.testing.assert_array_equal(value, expected[name])


def test_a_c_function_gets_dense_rows_also_between_convolutions() -> None:
    negate(CFunction("negate", NEGATE))
    weights = np.random.default_rng(1).normal(0, 0.3, (4, 4, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("Op", ["a"], ["b"], domain="my.own"),
        helper.make_node("Conv", ["b", "w"], ["c"]),
        helper.make_node("Op", ["w"], ["d"], domain="my.own"),
        helper.make_node("Conv", ["b", "d"], ["e"]),
        helper.make_node("Add", ["c", "e"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "convolutions",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 4, 9, "w"])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        [numpy_helper.from_array(weights, "w")],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("my.own", 1)]
    x = np.random.default_rng(2).uniform(-1, 1, (1, 4, 9, 12)).astype(np.float32)
    made = onnx_frontend.compile(helper.make_model(graph, opset_imports=opsets))
    (y,) = made.run({"x": x}).values()
    np.testing.assert_array_equal(y, np.zeros_like(y))  # c is what e is, with the other sign


def test_inputs_may_be_constants_shapes_of_one_cell_and_the_same_twice() -> None:
    text = r"""
    int32_t add3(halo_context *ctx, const halo_buffer *a, const halo_buffer *b,
                 const halo_buffer *c, const halo_buffer *y) {
        (void)ctx;
        *(int64_t *)y->host = *(int64_t *)a->host + *(int64_t *)b->host + *(int64_t *)c->host;
        return y->dimensions + c->dimensions;
    }"""

    @own
    def op(node: NodeContext, a: Tensor) -> Any:
        five = node.constant(np.int64(5), "five")
        return node.extern(CFunction("add3", text), [a, five, a], [(hl.Int(64), ())])

    body = "(float[n, 6] x) => (int64 y) { s = Size(x) y = my.own.Op(s) }"
    (y,) = onnx_frontend.compile(model(body)).run({"x": X}).values()
    assert y.tolist() == 24 + 5 + 24


def test_a_size_that_data_tell_is_told_by_a_c_function() -> None:
    text = r"""
    int32_t twice(halo_context *ctx, const halo_buffer *a, const halo_buffer *y) {
        (void)ctx;
        *(int64_t *)y->host = *(const int64_t *)a->host * 2;
        return 0;
    }"""

    @own
    def op(node: NodeContext, a: Tensor) -> Any:
        return node.extern(CFunction("twice", text), [a], [(hl.Int(64), (1,))])

    body = """(float[3] x, int64[1] n) => (float[?] y)
    { m = my.own.Op(n) two = Relu(x) y = Tile(two, m) }"""
    made = onnx_frontend.compile(model(body))
    (y,) = made.run({"x": np.arange(3, dtype=np.float32), "n": np.array([2])}).values()
    assert y.tolist() == [0, 1, 2] * 4


def test_a_saved_model_runs_in_a_c_program_and_its_source_builds(tmp_path: Path) -> None:
    negate(CFunction("negate", NEGATE))
    compiled = onnx_frontend.compile(model(ONE.replace("Relu", "Neg")), name="net")
    saved, program = tmp_path / "net", tmp_path / "program"
    compiled.save(saved)
    assert {"net.c", "negate.c", "libnet.so"} <= {p.name for p in saved.iterdir()}
    program.mkdir()
    run = build_c_program(saved, program)
    again = onnx_frontend.load(saved)
    np.testing.assert_array_equal(again.run({"x": X})["y"], np.abs(X))
    np.testing.assert_array_equal(answer_of(run, tmp_path), np.abs(X))
    how = next(line for line in (saved / "net.c").read_text().splitlines() if "cc -O3" in line)
    assert "FILE.c negate.c" in how
    sources = [str(saved / "net.c"), str(saved / "negate.c")]
    flags = ["-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-lm"]
    command = [*find_compiler().command, *sources, *flags, "-o", str(saved / "libnet.so")]
    subprocess.run(command, check=True)
    np.testing.assert_array_equal(answer_of(run, tmp_path), np.abs(X))


def answer_of(program: Path, folder: Path) -> np.ndarray:
    """Return what `program` makes of `X`."""
    done = run_c_program(program, folder, X)
    assert done.returncode == 0, done.stderr
    return answer(folder, X)


@pytest.mark.parametrize("archive", [False, True], ids=["object", "library"])
@pytest.mark.parametrize("target", [None, hl.Target("host-llvm")], ids=["c", "llvm"])
def test_a_library_of_others_is_linked_behind_its_header(
    target: Any, archive: bool, tmp_path: Path
) -> None:
    (tmp_path / "theirs.h").write_text("void flip(const float *in, float *out, long n);\n")
    (tmp_path / "theirs.c").write_text(
        '#include "theirs.h"\nvoid flip(const float *in, float *out, long n) {'
        " for (long i = 0; i < n; i++) out[i] = -in[i]; }\n"
    )
    made = tmp_path / "theirs.o"
    compile_c = [*find_compiler().command, "-fPIC", "-c", "theirs.c", "-o", "theirs.o"]
    subprocess.run(compile_c, cwd=tmp_path, check=True)
    if archive:
        subprocess.run(["ar", "rcs", "libtheirs.a", "theirs.o"], cwd=tmp_path, check=True)
        made = tmp_path / "libtheirs.a"
    adapter = tmp_path / "adapter.c"
    adapter.write_text(
        '#include "theirs.h"\n'
        "int32_t negate(halo_context *ctx, const halo_buffer *x, const halo_buffer *y) {\n"
        "    (void)ctx;\n    flip(x->host, y->host, x->dim[0].extent * x->dim[1].extent);\n"
        "    return 0;\n}\n"
    )
    negate(CFunction("negate", adapter, headers=[tmp_path / "theirs.h"], link=[made]))
    compiled = onnx_frontend.compile(model(ONE.replace("Relu", "Neg")), target=target)
    np.testing.assert_array_equal(compiled.run({"x": X})["y"], np.abs(X))
    saved = {p.name for p in compiled.save(tmp_path / "saved")}
    assert {"adapter.c", "theirs.h", made.name} <= saved


# What does not work


def test_an_error_of_the_c_function_is_told_with_its_node() -> None:
    negate(CFunction("negate", NEGATE))
    compiled = onnx_frontend.compile(model(ONE))
    x = X.copy()
    x[1, 2] = 2000
    with pytest.raises(hl.HaloError, match="Op node #1: negate returned 7: cell 8 is too large"):
        compiled.run({"x": x})


@pytest.mark.parametrize("target", [None, hl.Target("host-llvm")], ids=["c", "llvm"])
def test_c_that_does_not_compile_is_named(target: Any) -> None:
    negate(CFunction("negate", "int32_t negate(int x) { return x; }"))
    with pytest.raises(CodegenError, match=r"the C of others in negate\.c.*(?s:.*)negate\.c:1"):
        onnx_frontend.compile(model(ONE), target=target)


def test_a_function_that_is_nowhere_is_told_when_it_is_linked() -> None:
    negate(CFunction("negate", "/* nothing */"))
    with pytest.raises(CodegenError, match="negate"):
        onnx_frontend.compile(model(ONE))


@pytest.mark.usefixtures("without_compiler")
def test_c_text_needs_a_compiler() -> None:
    negate(CFunction("negate", NEGATE))
    with pytest.raises(CodegenError, match="the C text of negate needs a C compiler"):
        onnx_frontend.compile(model(ONE))


def test_two_c_functions_of_one_name_clash() -> None:
    functions = [CFunction("negate", NEGATE), CFunction("negate", NEGATE + "/* other */")]

    @own
    def op(node: NodeContext, x: Tensor) -> Any:
        return node.extern(functions.pop(), [x], [(x.type, x.shape)])

    body = "(float[n, 6] x) => (float[n, 6] y) { a = my.own.Op(x) y = my.own.Op(a) }"
    with pytest.raises(PluginError, match="Op node #1: negate is another C function than that of"):
        onnx_frontend.compile(model(body))


def number_of_cells(node: NodeContext, x: Tensor) -> Any:
    return node.extern(CFunction("negate", NEGATE), [x], [(x.type, x.shape)], x.at(0, 0))


def size_of_floats(node: NodeContext, x: Tensor) -> Any:
    return node.extern(CFunction("negate", NEGATE), [x], [(x.type, (1.5,))])  # type: ignore[list-item]


def no_file(node: NodeContext, x: Tensor) -> Any:
    return node.extern(CFunction("negate", Path("nowhere.c")), [x], [(x.type, x.shape)])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (number_of_cells, "changes from cell to cell"),
        (size_of_floats, "1.5 is given as a size"),
        (no_file, "C function negate: nowhere.c cannot be read"),
    ],
)
def test_a_call_that_makes_no_sense_is_named(function: Any, message: str) -> None:
    own(function)
    with pytest.raises(PluginError, match=message) as caught:
        import_graph(model(ONE))
    assert "Op node #1: plugin tests" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("2fast", {"source": NEGATE}, "'2fast' cannot be the name"),
        ("halo_x", {"source": NEGATE}, "'halo_x' cannot be the name"),
        ("negate", {}, "negate is nowhere"),
        ("negate", {"link": ["libc.so"]}, "libc.so is neither an object file nor a static"),
        ("negate", {"source": NEGATE, "headers": ["nowhere.h"]}, "nowhere.h cannot be read"),
    ],
)
def test_a_c_function_that_cannot_be_one_is_refused(
    name: str, arguments: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("libc.so").touch()
    with pytest.raises(DefinitionError, match=message):
        CFunction(name, **arguments)
