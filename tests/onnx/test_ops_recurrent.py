"""RNN, LSTM and GRU against a plain loop in numpy; onnx's reference knows the defaults only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from onnx_frontend.errors import ModelError

RNG = np.random.default_rng(23)
Check = Callable[..., Any]
Array = np.ndarray[Any, Any]
Function = Callable[[Array], Array]


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
FUNCTIONS: dict[str, list[Function]] = {
    "RNN": [np.tanh],
    "GRU": [sigmoid, np.tanh],
    "LSTM": [sigmoid, np.tanh, np.tanh],
}


class Case:
    """Operands of a layer of float64, and the loop over time."""

    def __init__(self, op: str, steps: int = 4, batch: int = 3, units: int = 5, **options: Any):
        self.op, self.options = op, options
        self.sizes = steps, batch, units
        self.directions = 2 if options.get("direction") == "bidirectional" else 1
        rows, d = GATES[op] * units, self.directions
        self.x = RNG.normal(size=(steps, batch, 2))
        self.w = RNG.normal(size=(d, rows, 2))
        self.r = RNG.normal(size=(d, rows, units)) / 2
        self.b = RNG.normal(size=(d, 2 * rows))
        self.h = RNG.normal(size=(d, batch, units))
        self.c = RNG.normal(size=(d, batch, units))
        self.p = RNG.normal(size=(d, 3 * units))
        self.functions = FUNCTIONS[op]
        self.lengths = np.full(batch, steps, np.int32)

    def layer(self, d: int, x: Array, h: Array, c: Array) -> tuple[list[Array], Array, Array]:
        """Return the states of one sequence (time, input) in direction d."""
        units, many = self.sizes[2], GATES[self.op]
        w, r = np.split(self.w[d], many), np.split(self.r[d], many)
        b = np.split(self.b[d], 2 * many)
        limit = self.options.get("clip", np.inf)
        f, g, k = ([*self.functions, np.tanh, np.tanh])[:3]

        def held(v: Array) -> Array:
            return np.clip(v, -limit, limit)

        states = []
        for row in x:
            a = [w[i] @ row + r[i] @ h + b[i] + b[i + many] for i in range(many)]
            if self.op == "RNN":
                h = f(held(a[0]))
            elif self.op == "GRU":
                z, reset = f(held(a[0])), f(held(a[1]))
                if self.options.get("linear_before_reset"):
                    inner = w[2] @ row + b[2] + reset * (r[2] @ h + b[5])
                else:
                    inner = w[2] @ row + r[2] @ (reset * h) + b[2] + b[5]
                h = (1 - z) * g(held(inner)) + z * h
            else:
                p = self.p[d].reshape(3, units)
                enter = f(held(a[0] + p[0] * c))
                forget = f(held(a[2] + p[2] * c))
                forget = 1 - enter if self.options.get("input_forget") else forget
                c = forget * c + enter * g(held(a[3]))
                h = f(held(a[1] + p[1] * c)) * k(held(c))
            states.append(h)
        return states, h, c

    def expected(self) -> list[Array]:
        """Return Y, Y_h and, of an LSTM, Y_c."""
        steps, batch, units = self.sizes
        y = np.zeros((steps, self.directions, batch, units))
        last_h, last_c = self.h.copy(), self.c.copy()
        backward = {"reverse": [1], "bidirectional": [0, 1]}.get(self.options.get("direction"), [0])
        for d, turned in enumerate(backward):
            for n, length in enumerate(self.lengths):
                x = self.x[:length, n][:: -1 if turned else 1]
                states, h, c = self.layer(d, x, self.h[d, n], self.c[d, n])
                last_h[d, n], last_c[d, n] = h, c
                for t, state in enumerate(states):
                    y[length - 1 - t if turned else t, d, n] = state
        found = [y, last_h, last_c][: 3 if self.op == "LSTM" else 2]
        if self.options.get("layout"):
            return [y.transpose(2, 0, 1, 3), *(v.transpose(1, 0, 2) for v in found[1:])]
        return found

    def operands(self, dtype: Any, told: bool) -> list[Array | None]:
        """Return the operands; `told` says whether lengths are."""
        first, h, c = self.x, self.h, self.c
        if self.options.get("layout"):
            first, h, c = (v.swapaxes(0, 1) for v in (first, h, c))
        floats = [v.astype(dtype) for v in (first, self.w, self.r, self.b, h, c, self.p)]
        made: list[Array | None] = [*floats[:4], self.lengths if told else None, floats[4]]
        return made + (floats[5:] if self.op == "LSTM" else [])


def check(
    check_compiled: Check, case: Case, dtype: Any = np.float32, told: bool = False, **more: Any
) -> None:
    expected = [v.astype(dtype) for v in case.expected()]
    tolerance = {np.float16: 1e-2, np.float32: 1e-4, np.float64: 1e-9}[dtype]
    check_compiled(
        case.op,
        *case.operands(dtype, told),
        opset=14,
        outputs=len(expected),
        expected=expected,
        rtol=tolerance,
        atol=tolerance / 10,
        hidden_size=case.sizes[2],
        **case.options,
        **more,
    )


@pytest.mark.parametrize("op", GATES)
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_sequences_may_have_lengths_of_their_own(
    check_compiled: Check, op: str, direction: str
) -> None:
    case = Case(op, direction=direction)
    case.lengths = np.array([2, 4, 0], np.int32)
    check(check_compiled, case, told=True)


@pytest.mark.parametrize("op", GATES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_cells_are_floats_of_any_width(check_compiled: Check, op: str, dtype: type) -> None:
    check(check_compiled, Case(op, batch=1, units=19), dtype)


@pytest.mark.parametrize("op", GATES)
def test_the_batch_may_come_first(check_compiled: Check, op: str) -> None:
    check(check_compiled, Case(op, layout=1, direction="bidirectional"))


@pytest.mark.parametrize("op", GATES)
def test_what_goes_into_functions_may_be_clipped(check_compiled: Check, op: str) -> None:
    check(check_compiled, Case(op, clip=0.25))


@pytest.mark.parametrize("op", GATES)
def test_one_step_of_one_unit(check_compiled: Check, op: str) -> None:
    check(check_compiled, Case(op, steps=1, batch=1, units=1))


def test_a_gru_may_reset_behind_the_product(check_compiled: Check) -> None:
    check(check_compiled, Case("GRU", linear_before_reset=1, direction="bidirectional"))


def test_the_gates_of_an_lstm_may_be_coupled(check_compiled: Check) -> None:
    check(check_compiled, Case("LSTM", input_forget=1))


NAMED: dict[str, Function] = {
    "Relu": lambda x: np.maximum(x, 0),
    "Affine": lambda x: 0.5 * x + 0.25,
    "LeakyRelu": lambda x: np.where(x < 0, 0.5 * x, x),
    "ThresholdedRelu": lambda x: np.where(x >= 0.5, x, 0),
    "ScaledTanh": lambda x: 0.5 * np.tanh(0.25 * x),
    "HardSigmoid": lambda x: np.clip(0.5 * x + 0.25, 0, 1),
    "Elu": lambda x: np.where(x < 0, 0.5 * np.expm1(x), x),
    "Softsign": lambda x: x / (1 + abs(x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
}


@pytest.mark.parametrize("name", NAMED)
def test_functions_are_named(check_compiled: Check, name: str) -> None:
    case = Case("RNN")
    case.functions = [NAMED[name]]
    numbers: dict[str, list[float]] = {}
    if name not in ("Relu", "Softsign", "softplus"):
        numbers["activation_alpha"] = [0.5]
    if name in ("Affine", "ScaledTanh", "HardSigmoid"):
        numbers["activation_beta"] = [0.25]
    check(check_compiled, case, activations=[name], **numbers)


def test_each_direction_has_functions_of_its_own(check_compiled: Check) -> None:
    case = Case("GRU", direction="reverse")
    case.functions = [NAMED["HardSigmoid"], NAMED["Relu"]]
    check(
        check_compiled,
        case,
        activations=["HardSigmoid", "Relu"],
        activation_alpha=[0.5],
        activation_beta=[0.25],
    )


def test_what_may_be_left_out_is_zero(check_compiled: Check) -> None:
    case = Case("LSTM", batch=1)
    for array in (case.b, case.h, case.c, case.p):
        array[...] = 0
    x, w, r = case.operands(np.float32, False)[:3]
    want = [v.astype(np.float32) for v in case.expected()]
    check_compiled("LSTM", x, w, r, outputs=1, expected=want[:1], rtol=1e-4, atol=1e-5)
    check_compiled("LSTM", x, w, r, constants=[1, 2], outputs=3, expected=want, rtol=1e-4)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"direction": "up"}, "direction 'up'"),
        ({"activations": ["Cube"]}, "activation 'Cube'"),
        ({"activations": ["Tanh", "Tanh"]}, "2 activations for 1"),
        ({"hidden_size": 7}, "hidden_size is not 5"),
        ({"direction": "bidirectional"}, "do not fit 2"),
    ],
)
def test_what_a_layer_does_not_know_is_refused(
    check_compiled: Check, attributes: dict[str, Any], message: str
) -> None:
    operands = Case("RNN").operands(np.float32, False)[:3]
    with pytest.raises(ModelError, match=message):
        check_compiled("RNN", *operands, expected=[], **attributes)


@pytest.mark.parametrize("place", [3, 4, 5, 7])
def test_operands_of_wrong_sizes_are_refused(check_compiled: Check, place: int) -> None:
    operands = Case("LSTM").operands(np.float32, True)
    wrong = operands[place]
    assert wrong is not None
    operands[place] = np.concatenate([wrong, wrong], axis=-1)
    with pytest.raises(ModelError, match="which must be equal"):
        check_compiled("LSTM", *operands, expected=[])
