"""Finding again what a model was compiled to, by content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import onnx
from google.protobuf.message import EncodeError  # type: ignore[import-untyped]

from codegen import backend_of
from codegen.c_cache import Cache, cache_directory
from codegen.c_compiler import compile_flags, find_compiler, link_flags
from codegen.linker import find_linker
from halo.target import Target
from onnx_frontend.graph_passes import has_foreign_passes
from onnx_frontend.input_sequences import Given
from onnx_frontend.proto_graphs import nodes_within
from onnx_frontend.registry import changes_standard, is_foreign
from onnx_frontend.signature import Signature

_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Made:
    """What a model was compiled to.

    Attributes
    ----------
    signature, declarations
        What `CompiledModel` needs to call it.
    library
        Its path, in the cache of `codegen`.
    kernels, distinct
        Kernels that a run calls, and how many different ones they are.
    """

    signature: Signature
    declarations: tuple[str, ...]
    library: Path
    kernels: int
    distinct: int


def model_key(
    model: onnx.ModelProto, shapes: Given | None, targets: Sequence[Target], name: str
) -> str | None:
    """Return the hash of all that decides what `model` becomes; None if that cannot be told.

    It cannot for a model that protobuf cannot write (2 GiB are its limit), and where code of
    plugins takes part. Requires: `load_plugins` was called.
    """
    if not _is_halos_own(model):
        return None
    try:
        data = model.SerializeToString(deterministic=True)
    except (EncodeError, ValueError):
        return None
    sizes = {n: repr(dims) for n, dims in (shapes or {}).items()}
    decides = {
        "sources": _SOURCES,
        "packages": [version(p) for p in ("numpy", "onnx", "islpy")],
        "name": name,
        "shapes": sizes,
        "targets": [
            [t.name, t.machine, t.system, t.vector_bits, *sorted(t.features)] for t in targets
        ],
        "compiler": _compiler(targets),
        "model": hashlib.sha256(data).hexdigest(),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def _is_halos_own(model: onnx.ModelProto) -> bool:
    """Whether only code of halo decides what `model` becomes."""
    if has_foreign_passes() or changes_standard():
        return False
    return not any(is_foreign(node.domain, node.op_type) for node in nodes_within(model.graph.node))


def _compiler(targets: Sequence[Target]) -> list[str]:
    """Return what makes the machine code, in words."""
    if backend_of(targets[0]) == "llvm":
        return ["llvm", version("llvmlite"), str(find_linker(targets[0]))]
    compiler = find_compiler(targets[0])
    flags = [word for t in targets for word in compile_flags(compiler, t)]
    return [*compiler.command, compiler.version, *flags, *link_flags(compiler)]


def find_model(key: str) -> Made | None:
    """Return what `add_model` kept under `key`, if it and its library are there and whole."""
    cache = Cache(cache_directory())
    path = cache.find(key, _SUFFIX)
    if path is None:
        return None
    try:
        data = json.loads(path.read_bytes())
        library = cache.find(data["library"], data["suffix"])
        if library is None:
            return None
        signature = Signature.from_data(data["signature"])
        declarations = tuple(data["declarations"])
        return Made(signature, declarations, library, data["kernels"], data["distinct"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def add_model(key: str, made: Made) -> None:
    """Keep `made`, whose library lies in the cache, under `key`."""
    data = {
        "library": made.library.stem,
        "suffix": made.library.suffix,
        "signature": made.signature.to_data(),
        "declarations": list(made.declarations),
        "kernels": made.kernels,
        "distinct": made.distinct,
    }
    Cache(cache_directory()).put(key, _SUFFIX, json.dumps(data).encode())


def _hash_of_sources() -> str:
    root = Path(__file__).resolve().parent.parent
    h = hashlib.sha256()
    for package in ("codegen", "halo", "onnx_frontend", "schedules"):
        for pattern in ("*.py", "*.h"):
            for path in sorted((root / package).rglob(pattern)):
                data = path.read_bytes()
                h.update(f"{path.relative_to(root)} {len(data)}\n".encode())
                h.update(data)
    return h.hexdigest()


# Now, not when first asked for: an edited file must not pass for the code that runs.
_SOURCES = _hash_of_sources()
