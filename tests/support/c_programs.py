"""Building and running the C program of ``tests/onnx/c_program`` on a saved model."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from codegen import find_compiler

SOURCE = Path(__file__).resolve().parent.parent / "onnx" / "c_program" / "main.c"


def build_c_program(
    model: Path,
    folder: Path,
    *,
    name: str,
    function: str,
    output_rank: int,
    integers: bool = False,
    compiler: Sequence[str] = (),
) -> Path:
    """Return the program in `folder`, linked with the library saved in `model`.

    Parameters
    ----------
    name, function
        Of the library and of its C function.
    output_rank
        Of its one output, of float32.
    integers
        Whether its one input is of int32 and not of float32.
    compiler
        The C compiler; that for this machine by default.
    """
    defines = {
        "MODEL_HEADER": f'"{name}.h"',
        "MODEL_RUN": function,
        "MODEL_SIZES": f"{function}_sizes",
        "MODEL_OUTPUT_RANK": str(output_rank),
        "MODEL_INPUT": "halo_type_int" if integers else "halo_type_float",
    }
    path = folder / "run"
    command = [
        *(compiler or find_compiler().command),
        "-std=c99",
        "-D_POSIX_C_SOURCE=200112L",
        "-Wall",
    ]
    command += ["-Wextra", "-Werror", *(f"-D{k}={v}" for k, v in defines.items())]
    command += [f"-I{model}", str(SOURCE), str(model / f"lib{name}.so"), "-o", str(path)]
    subprocess.run(command, check=True)
    return path


def run_c_program(
    program: Path,
    folder: Path,
    x: np.ndarray[Any, np.dtype[Any]],
    threads: int = 1,
    own_workspace: bool = False,
    emulator: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Run `program` on `x`, by `emulator`; the answer is in ``out.raw`` in `folder`."""
    x.tofile(folder / "in.raw")
    words = [*emulator, str(program), str(folder / "in.raw"), str(folder / "out.raw")]
    words += [str(threads), str(int(own_workspace)), *map(str, x.shape)]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=dict(os.environ))
