"""Building and running the C program of ``tests/onnx/c_program`` on a saved model."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from codegen import find_compiler
from codegen.c_names import identifier
from onnx_frontend.package import MANIFEST
from onnx_frontend.signature import Array, Port, Signature

SOURCE = Path(__file__).resolve().parent.parent / "onnx" / "c_program" / "main.c"


def signature_of(model: Path) -> Signature:
    """Return what the model saved in `model` takes and gives, also if it is for another machine."""
    return Signature.from_data(json.loads((model / MANIFEST).read_text())["signature"])


def compile_words(model: Path) -> list[str]:
    """Return what the C compiler has to know of the model saved in `model`, and the source."""
    signature = signature_of(model)
    ports = (*signature.inputs, *signature.outputs)
    places = [f"&b[{n}]" for n in range(len(ports))]
    function = identifier(signature.name)
    defines = {
        "HEADER": f'"{signature.name}.h"',
        "RUN": function,
        "SIZES": f"{function}_sizes",
        "INPUTS": str(len(signature.inputs)),
        "GIVEN": ", ".join(places[: len(signature.inputs)]),
        "ALL": ", ".join(places),
        "TYPES": ", ".join(map(_c_type, ports)),
        "RANKS": ", ".join(str(len(p.shape)) for p in ports),
    }
    return [*(f"-DMODEL_{k}={v}" for k, v in defines.items()), f"-I{model}", str(SOURCE)]


def _c_type(port: Port) -> str:
    return f"{{halo_type_{port.type.code().value}, {port.type.bits()}}}"


def build_c_program(model: Path, folder: Path, compiler: Sequence[str] = ()) -> Path:
    """Return the program in `folder`, linked with the library saved in `model`.

    `compiler` is that for this machine by default.
    """
    path = folder / "run"
    library = model / f"lib{signature_of(model).name}.so"
    command = [
        *(compiler or find_compiler().command),
        "-std=c99",
        "-D_POSIX_C_SOURCE=200112L",
        "-Wall",
    ]
    command += ["-Wextra", "-Werror", *compile_words(model), str(library), "-o", str(path)]
    subprocess.run(command, check=True)
    return path


def run_c_program(
    program: Path,
    folder: Path,
    *inputs: np.ndarray[Any, np.dtype[Any]],
    threads: int = 1,
    own_workspace: bool = False,
    emulator: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Run `program` on `inputs`, by `emulator`; see `answer` for what it gives."""
    for number, x in enumerate(inputs):
        x.tofile(folder / f"in{number}.raw")
    words = [*emulator, str(program), str(folder), str(threads), str(int(own_workspace))]
    words += [str(n) for x in inputs for n in x.shape]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=dict(os.environ))


def answer(folder: Path, like: Array, number: int = 0) -> Array:
    """Return output `number` of the program that ran in `folder`, of the type and shape of `like`.

    What it wrote must be as long.
    """
    return np.fromfile(folder / f"out{number}.raw", like.dtype).reshape(like.shape)
