"""Which tensors are stored, which are computed inside the kernels that read them."""

from __future__ import annotations

import numpy as np

from halo.ir.expr import Variable, i32
from halo.ir.types import Float, Int
from halo.ops.build import constant, input_tensor
from halo.ops.elementwise import elementwise
from halo.ops.matmul import matmul
from halo.ops.reduce import reduce
from halo.ops.reshape import reshape
from halo.ops.tensor import Tensor
from halo.ops.views import copy_of, transpose
from onnx_frontend.groups import Grouping, group_tensors
from onnx_frontend.kernels import KernelMaker
from onnx_frontend.layouts import choose_layouts

N = Variable(Int(32), "N")


def matrix(name: str, rows: int, columns: int) -> Tensor:
    return input_tensor(name, Float(32), (i32(rows), i32(columns)))


def add(name: str, a: Tensor, b: Tensor) -> Tensor:
    return elementwise(name, lambda p, q: p + q, a, b)


def double(name: str, a: Tensor) -> Tensor:
    return elementwise(name, lambda p: p * 2, a)


def kernels(grouping: Grouping) -> list[list[str]]:
    return [[m.name for m in g.members] for g in grouping.groups]


def test_elementwise_readers_join_the_product_before_them() -> None:
    product = matmul("p", matrix("a", 4, 5), matrix("b", 5, 6))
    root = double("d", add("s", product, matrix("c", 4, 6)))
    assert kernels(group_tensors([root])) == [["p", "s", "d"]]


def test_a_diamond_behind_a_product_joins_it_whole() -> None:
    product = matmul("p", matrix("a", 4, 5), matrix("b", 5, 6))
    root = add("sum", double("left", product), double("right", product))
    assert kernels(group_tensors([root])) == [["p", "left", "right", "sum"]]


def test_a_residual_is_added_in_the_kernel_of_the_later_product() -> None:
    a = matrix("a", 4, 4)
    first = matmul("first", a, matrix("b", 4, 4))
    second = matmul("second", first, matrix("c", 4, 4))
    root = add("sum", second, first)
    assert kernels(group_tensors([root])) == [["first"], ["second", "sum"]]


def test_what_two_kernels_read_is_stored() -> None:
    shared = double("shared", matrix("a", 4, 4))
    one = matmul("one", shared, matrix("b", 4, 4))
    two = matmul("two", shared, matrix("c", 4, 4))
    assert kernels(group_tensors([one, two])) == [["shared"], ["one"], ["two"]]


def test_an_output_is_stored_though_others_read_it() -> None:
    middle = double("middle", matrix("a", 4, 4))
    last = double("last", middle)
    assert kernels(group_tensors([middle, last])) == [["middle"], ["last"]]


def test_a_transpose_is_read_through_by_elementwise_operations() -> None:
    root = double("d", transpose("t", matrix("a", 4, 5), (1, 0)))
    assert kernels(group_tensors([root])) == [["t", "d"]]


def test_a_transpose_in_front_of_a_product_is_stored() -> None:
    turned = transpose("t", matrix("a", 4, 5), (1, 0))
    root = matmul("p", turned, matrix("b", 4, 6))
    assert kernels(group_tensors([root])) == [["t"], ["p"]]


def test_a_reshape_of_something_stored_is_the_same_memory() -> None:
    product = matmul("p", matrix("a", 4, 6), matrix("b", 6, 6))
    flat = reshape("r", product, (i32(2), i32(12)))
    root = matmul("q", flat, matrix("c", 12, 3))
    grouping = group_tensors([root])
    assert kernels(grouping) == [["p"], ["q"]]
    assert grouping.aliases == {flat: product}


def test_a_reduction_computes_what_it_alone_reads() -> None:
    root = reduce("sum", double("d", matrix("a", 4, 5)), "sum", (1,), False)
    assert kernels(group_tensors([root])) == [["d", "sum"]]


def test_what_is_broadcast_is_stored_not_computed_again_for_each_cell() -> None:
    row = double("row", input_tensor("r", Float(32), (i32(5),)))
    root = add("sum", matrix("a", 4, 5), row)
    assert kernels(group_tensors([root])) == [["row"], ["sum"]]


def test_long_chains_of_values_used_twice_are_cut_before_they_explode() -> None:
    x = matrix("a", 4, 5)
    for i in range(12):
        x = add(f"s{i}", x, x)
    groups = group_tensors([x]).groups
    assert 2 < len(groups) < 8


def test_kernels_that_do_the_same_have_equal_keys() -> None:
    a = matrix("a", 4, 4)
    first = double("first", matmul("p", a, matrix("b", 4, 4)))
    second = double("second", matmul("q", first, matrix("c", 4, 4)))
    third = matmul("r", second, matrix("d", 4, 5))
    grouping = group_tensors([third])
    maker = KernelMaker(choose_layouts(grouping, [third]), {})
    keys = [maker.kernel(g).key for g in grouping.groups]
    assert keys[0] == keys[1] != keys[2]


def test_constants_in_definitions_count_for_the_key() -> None:
    a = matrix("a", 4, 4)
    roots = [
        elementwise("p", lambda x: x * 2, a),
        elementwise("q", lambda x: x * 3, a),
    ]
    grouping = group_tensors(roots)
    maker = KernelMaker(choose_layouts(grouping, roots), {})
    assert len({maker.kernel(g).key for g in grouping.groups}) == 2


def test_a_kernel_knows_its_symbols_and_what_it_reads() -> None:
    x = input_tensor("x", Float(32), (N, i32(5)))
    w = constant("w", np.ones((5, 5), np.float32))
    root = copy_of("out", matmul("p", x, w))
    grouping = group_tensors([root])
    kernel = KernelMaker(choose_layouts(grouping, [root]), {}).kernel(grouping.groups[0])
    assert list(kernel.symbols) == ["N"]
    assert {t.name for t in kernel.reads} == {x.name, w.name}
