"""The operators of the standard as cases: for each, its inputs with letters for their sizes.

A shape is a text: a letter is a size that differs from case to case, a digit is that size. One
model of a case serves all sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class OperatorCase:
    """One use of an operator.

    `shapes` are those of the inputs; one that begins with ``=`` has values of its own, in `fixed`.
    `numbers` says what the inputs of the operator's main type hold. `never_empty` are the letters
    that must not be 0, `outputs` the number of outputs, `loose` a factor on the tolerance, `only`
    the kinds (numpy's letters) of types for which the standard tells what it gives. `as_input` are
    outputs of the first input's type, though the standard's signature does not tell.
    """

    op: str
    shapes: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[int, Array] = field(default_factory=dict)
    numbers: str = "any"
    never_empty: str = ""
    outputs: int = 1
    loose: float = 1.0
    only: str = "fiub"
    opset: int = 24
    label: str = ""
    as_input: bool = False

    def __str__(self) -> str:
        shapes = ",".join(s or "scalar" for s in self.shapes)
        words = [f"{k}={v}" for k, v in self.attributes.items() if not isinstance(v, np.ndarray)]
        return " ".join([self.op, shapes, *words, *([self.label] if self.label else [])])


def each(ops: str, *shapes: str, **more: Any) -> Iterator[OperatorCase]:
    """Yield a case for each of `ops`; keywords that the case lacks are attributes."""
    fields = {k: more.pop(k) for k in list(more) if k in OperatorCase.__dataclass_fields__}
    for op in ops.split():
        yield OperatorCase(op, shapes, attributes=more, **fields)


def ints(*values: int) -> Array:
    """Return a vector of int64."""
    return np.array(values, np.int64)


def floats(*values: float) -> Array:
    """Return a vector of float32."""
    return np.array(values, np.float32)


def scalar(value: object, dtype: str = "float32") -> Array:
    """Return a tensor of one value and no dimensions."""
    return np.array(value, dtype)


CASES: list[OperatorCase] = [
    # of one operand, cell by cell
    *each("Abs Neg Sign Identity", "abc"),
    *each("Ceil Floor Round Relu Sigmoid Tanh Erf Exp Sin Cos Atan Asinh Sinh Cosh", "abc"),
    *each("Elu Celu Selu LeakyRelu ThresholdedRelu HardSigmoid HardSwish Softsign", "ab"),
    *each("Softplus Mish Gelu Swish Shrink IsNaN IsInf", "ab"),
    *each("Gelu", "ab", approximate="tanh"),
    *each("Sqrt Log Reciprocal", "ab", numbers="positive"),
    *each("Asin Acos Atanh", "ab", numbers="unit"),
    *each("Acosh", "ab", numbers="above one"),
    *each("Tan", "ab", numbers="unit"),
    *each("Not BitwiseNot", "ab"),
    OperatorCase("Clip", ("ab", "=", "="), fixed={1: scalar(-2), 2: scalar(3)}),
    OperatorCase("Clip", ("ab", "", "="), fixed={2: scalar(3)}, label="no least"),
    # of several, which broadcast
    *each("Add Sub Mul Max Min Sum Mean", "abc", "abc"),
    *each("Add Sub Mul Max Min", "abc", "c"),
    *each("Add Sub Mul", "a1c", "b1"),
    *each("Div Mod", "abc", "c", numbers="positive"),
    *each("Mod", "ab", "ab", numbers="positive", fmod=1),
    *each("Pow", "ab", "b", numbers="positive"),
    *each("PRelu", "abc", "c"),
    *each("Equal Greater Less GreaterOrEqual LessOrEqual", "abc", "c"),
    *each("And Or Xor BitwiseAnd BitwiseOr BitwiseXor", "abc", "c"),
    *each("BitShift", "ab", "b", direction="LEFT", numbers="few"),
    *each("BitShift", "ab", "b", direction="RIGHT", numbers="few"),
    *each("Sum Max Min Mean", "ab", "b", "a1"),
    *each("Sum Max Min Mean", "ab"),
    *each("Where", "ab", "b", "a1"),
    # reductions
    *each("ReduceMean", "abc", only="f"),
    *each("ReduceSum ReduceL1 ReduceL2 ReduceSumSquare", "abc"),
    *each("ReduceMax ReduceMin", "abc", never_empty="abc"),
    *each("ReduceProd", "ab", loose=10),
    *each("ReduceLogSum", "ab", numbers="positive", only="f"),
    *each("ReduceLogSumExp", "ab", only="f"),
    *(
        OperatorCase(op, ("abc", "="), {"keepdims": keep}, {1: ints(*axes)}, never_empty=full)
        for op, full in [("ReduceSum", ""), ("ReduceMean", "ac"), ("ReduceMax", "ac")]
        for keep, axes in [(1, (-1,)), (0, (0, -1))]
    ),
    *each("ArgMax ArgMin", "abc", axis=-1, never_empty="c"),
    *each("ArgMax ArgMin", "abc", axis=1, keepdims=0, select_last_index=1, never_empty="b"),
    OperatorCase("CumSum", ("abc", "="), fixed={1: scalar(-2, "int64")}),
    OperatorCase("CumSum", ("ab", "="), {"exclusive": 1, "reverse": 1}, {1: scalar(1, "int64")}),
    OperatorCase("CumProd", ("ab", "="), fixed={1: scalar(-1, "int64")}, loose=10, opset=26),
    # normalisations
    *each("Softmax LogSoftmax Hardmax", "abc", axis=-1, never_empty="c"),
    *each("Softmax LogSoftmax", "abc", axis=1, never_empty="b"),
    *each("LpNormalization", "ab", axis=-1, p=2),
    *each("LpNormalization", "ab", axis=0, p=1, numbers="positive"),
    *each("LayerNormalization", "abc", "c", "c", axis=-1, never_empty="c"),
    *each("RMSNormalization", "abc", "c", axis=-1, never_empty="c"),
    *each("InstanceNormalization", "abcd", "b", "b", never_empty="cd"),
    *each("GroupNormalization", "a4cd", "4", "4", num_groups=2, never_empty="acd"),
    *each("BatchNormalization", "abcd", "b", "b", "b", "b", numbers="positive"),
    *each("LRN", "33cd", size=3),
    *each("MeanVarianceNormalization", "abcd", never_empty="acd", loose=10),
    # products
    *each("MatMul", "abc", "acd"),
    *each("MatMul", "abc", "cd"),
    *each("MatMul", "c", "cd"),
    *each("MatMul", "bc", "c"),
    *each("Gemm", "ab", "bc", "c"),
    *each("Gemm", "ba", "cb", "a1", transA=1, transB=1, alpha=0.5, beta=2.0, only="f"),
    *each("Einsum", "abc", "cd", equation="abc,cd->bda"),
    *each("Einsum", "aab", equation="iij->j"),
    *each("Det", "a33", loose=10),
    # windows
    *each("Conv", "a35c", "2333", "2", pads=[1, 1, 1, 1], never_empty="c", loose=10),
    *each("Conv", "a4c", "621", strides=[2], group=2, never_empty="c", loose=10),
    *each("ConvTranspose", "a3cd", "3233", "2", strides=[2, 2], loose=10),
    *each("MaxPool AveragePool", "ab5c", kernel_shape=[3, 1], never_empty="c", only="f"),
    *(
        OperatorCase(op, ("ab57",), {**pool, "ceil_mode": ceil})
        for op in ("MaxPool", "AveragePool", "LpPool")
        for pool in ({"kernel_shape": [2, 3], "strides": [2, 2], "pads": [1, 1, 0, 1]},)
        for ceil in (0, 1)
    ),
    *each("GlobalAveragePool GlobalMaxPool GlobalLpPool", "abcd", never_empty="bcd", opset=20),
    # of places
    *each("Transpose", "abc", perm=[2, 0, 1]),
    *each("Transpose", "ab"),
    *each("Flatten", "abc", axis=-1),
    *each("Shape", "abc", start=-2),
    *each("Size", "abc"),
    *each("Concat", "abc", "adc", axis=-2),
    *each("Concat", "abc", "abd", axis=-1),
    *each("Concat", "ab", axis=0),
    *each("DepthToSpace", "a8bc", blocksize=2),
    *each("DepthToSpace", "a8bc", blocksize=2, mode="CRD"),
    *each("SpaceToDepth", "ab46", blocksize=2),
    OperatorCase("Reshape", ("abc", "="), fixed={1: ints(0, -1)}, never_empty="a"),
    OperatorCase("Reshape", ("ab", "="), {"allowzero": 0}, {1: ints(0, 1, -1)}, never_empty="a"),
    OperatorCase("Squeeze", ("a1b1", "="), fixed={1: ints(1, -1)}),
    OperatorCase("Unsqueeze", ("ab", "="), fixed={1: ints(0, -1)}),
    OperatorCase("Expand", ("a1", "="), fixed={1: ints(2, 1, 4)}),
    OperatorCase("Tile", ("ab", "="), fixed={1: ints(2, 3)}),
    OperatorCase("Tile", ("ab", "="), fixed={1: ints(0, 1)}, label="none"),
    OperatorCase("Slice", ("ab", "=", "=", "="), {}, {1: ints(-2), 2: ints(99), 3: ints(-1)}),
    OperatorCase(
        "Slice",
        ("ab", "=", "=", "=", "="),
        fixed={1: ints(-1, 0), 2: ints(-99, 2), 3: ints(0, 1), 4: ints(-1, 2)},
        never_empty="b",
        label="backwards",
    ),
    OperatorCase("Split", ("6b",), {"axis": 0, "num_outputs": 2}, outputs=2),
    OperatorCase("Split", ("b6", "="), {"axis": -1}, {1: ints(1, 0, 5)}, outputs=3),
    *(
        OperatorCase("Pad", ("ab", "="), {"mode": mode}, {1: ints(1, 0, 0, 2)}, never_empty=full)
        for mode, full in [("constant", ""), ("edge", "ab"), ("wrap", "ab")]
    ),
    OperatorCase("Pad", ("5b", "="), {"mode": "reflect"}, {1: ints(3, 0, 2, 0)}),
    OperatorCase("Gather", ("5b", "="), {"axis": 0}, {1: ints(1, -1, 0).reshape(3, 1)}),
    OperatorCase("Gather", ("b5", "="), {"axis": -1}, {1: scalar(2, "int64")}),
    OperatorCase("GatherElements", ("5b", "="), {"axis": 0}, {1: np.zeros((3, 0), np.int64)}),
    OperatorCase("GatherND", ("5b", "="), {}, {1: ints(1, -1)[:, None]}),
    OperatorCase("ScatterND", ("5b", "=", "2b"), {}, {1: ints(3, -5)[:, None]}),
    *(
        OperatorCase(
            "ScatterND",
            ("5b", "=", "2b"),
            {"reduction": how},
            {1: ints(3, 3)[:, None]},
        )
        for how in ("add", "mul", "max", "min")
    ),
    OperatorCase("ScatterElements", ("53", "=", "13"), fixed={1: ints(4, -5, 0)[None]}),
    OperatorCase("Compress", ("5b", "="), {"axis": 0}, {1: np.array([1, 0, 1, 0, 1], bool)}),
    OperatorCase(
        "OneHot",
        ("ab", "=", "="),
        {},
        {1: scalar(4, "int64"), 2: floats(0, 1)},
        numbers="few",
    ),
    OperatorCase("ReverseSequence", ("43b", "="), {"time_axis": 0}, {1: ints(4, 1, 2)}),
    *each("Trilu", "abc"),
    OperatorCase("Trilu", ("ab", "="), {"upper": 0}, {1: scalar(-1, "int64")}),
    *each("EyeLike", "ab", k=-1, as_input=True),
    *each("NonZero", "ab"),
    OperatorCase("TopK", ("a5", "="), {"axis": -1}, {1: ints(3)}, outputs=2),
    OperatorCase("TopK", ("5b", "="), {"axis": 0, "largest": 0}, {1: ints(5)}, outputs=2),
    *each("Unique", "a", outputs=4),
    # types
    *each("Cast", "ab", to=1),
    *each("Cast", "ab", to=7, numbers="few"),
    *each("Cast", "ab", to=9),
    *each("Dropout", "ab"),
]
