"""Building C: private folder, argument lists, time limits, a cache of what was built."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from codegen.c_cache import Cache, cache_directory
from codegen.c_chooser import emit_chooser
from codegen.c_compiler import Compiler, compile_flags, find_compiler, link_flags
from codegen.c_source import CSource, Unit, emit_foreign_units, emit_units
from codegen.foreign import foreign_objects
from codegen.versions import chooser_target, versions_of
from halo.errors import CodegenError
from halo.ir.lowered import LoweredModule
from halo.target import Target

TIMEOUT = 900.0
"""Seconds one run of the compiler may take; ``$HALO_COMPILE_TIMEOUT`` overrides it."""

Progress = Callable[[int, int], None]

_WHOLE = ("-Wl,-z,defs",)
"""What is missing in the code of others is told when it is linked, not when it is loaded."""


def compile_library(source: CSource, target: Target, *, threads: bool = True) -> Path:
    """Build one C file to a shared library; return where it lies (in the cache).

    Parameters
    ----------
    source
        What `emit_c` returned.
    target
        The machine to build for.
    threads
        Whether loops may run in parallel (``-fopenmp``).

    Raises
    ------
    CodegenError
        There is no compiler, or it failed.
    """
    compiler = find_compiler(target)
    flags = (*compile_flags(compiler, target, threads), *link_flags(compiler, threads))
    return _build(source, target, compiler, flags, ".so")


def compile_object(source: CSource, target: Target) -> Path:
    """Build one C file to an object file, to be linked with ``-fopenmp -lm``; see above."""
    compiler = find_compiler(target)
    return _build(source, target, compiler, (*compile_flags(compiler, target), "-c"), ".o")


def compile_assembly(source: CSource, target: Target) -> Path:
    """Build one C file to assembly, to be read; see above."""
    compiler = find_compiler(target)
    return _build(source, target, compiler, (*compile_flags(compiler, target), "-S"), ".s")


def _build(
    source: CSource, target: Target, compiler: Compiler, flags: Sequence[str], suffix: str
) -> Path:
    cache = Cache(cache_directory())
    key = _key(compiler, flags, target, source.text, source.blob)
    found = cache.find(key, suffix)
    if found is not None:
        return found
    with _Folder() as folder:
        (folder / f"{source.name}.c").write_text(source.text, encoding="utf-8")
        if source.blob:
            (folder / source.blob_name).write_bytes(source.blob)
        output = f"out{suffix}"
        _run([*compiler.command, f"{source.name}.c", "-o", output, *flags], folder)
        return cache.add(key, suffix, _made(folder / output, compiler))


def build_module(
    module: LoweredModule,
    target: Target,
    *,
    threads: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Build a module function by function, in parallel; return the library in the cache.

    Parameters
    ----------
    module, target
        What to build, and for which machine.
    threads
        Whether loops may run in parallel (``-fopenmp``).
    progress
        Told (functions done, functions in all) after each.

    Raises
    ------
    CodegenError
        There is no compiler, or it failed.
    """
    units = [*emit_units(module, target), *emit_foreign_units(module)]
    return _build_units([(u, target) for u in units], threads, progress, foreign_objects(module))


def build_versions(
    modules: Sequence[tuple[Target, LoweredModule]],
    *,
    threads: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Build a library with code for several targets, of which the best runs.

    Parameters and errors are those of `build_module`, and `versions_of` tells what else is
    refused.
    """
    versions = versions_of(modules)
    for_any = chooser_target(versions)
    of_others = versions[0].module
    units = [
        (u, for_any) for u in (Unit(emit_chooser(versions).text), *emit_foreign_units(of_others))
    ]
    for v in versions:
        for unit in emit_units(v.module, v.target):
            # Large constants are the same for all: no code is in them.
            units.append((unit, for_any if unit.blob else v.target))
    return _build_units(units, threads, progress, foreign_objects(of_others))


@dataclass(frozen=True, slots=True)
class _Job:
    """A unit to compile, and the flags for it."""

    unit: Unit
    flags: tuple[str, ...]


def compile_foreign_objects(module: LoweredModule, target: Target) -> dict[str, bytes]:
    """Return the object files of what others wrote in C for `module`, by name; see above."""
    units = emit_foreign_units(module)
    if not units:
        return {}
    compiler, cache = find_compiler(target), Cache(cache_directory())
    objects = _objects(_jobs([(u, target) for u in units], compiler, True), compiler, cache, None)
    return {
        f"{Path(unit.foreign).stem}.o": path.read_bytes()
        for unit, path in zip(units, objects, strict=True)
    }


def _jobs(
    units: Sequence[tuple[Unit, Target]], compiler: Compiler, threads: bool
) -> dict[str, _Job]:
    """Return the units to compile by what decides what the compiler makes of each."""
    jobs: dict[str, _Job] = {}
    for unit, target in units:
        flags = compile_flags(compiler, target, threads)
        data = unit.blob.data if unit.blob else b""
        more = b"".join(name.encode() + b"\0" + text for name, text in unit.headers.items())
        key = _key(compiler, ("-c", *flags), target, unit.text, data + more)
        jobs[key] = _Job(unit, flags)
    return jobs


def _build_units(
    units: Sequence[tuple[Unit, Target]],
    threads: bool,
    progress: Progress | None,
    libraries: Mapping[str, bytes],
) -> Path:
    compiler, cache = find_compiler(units[0][1]), Cache(cache_directory())
    jobs = _jobs(units, compiler, threads)
    linking = link_flags(compiler, threads)
    if libraries or any(unit.foreign for unit, _ in units):
        linking = (*linking, *_WHOLE)
    key = _key(compiler, linking, units[0][1], "\n".join(jobs), b"".join(libraries.values()))
    found = cache.find(key, ".so")
    if found is not None:
        if progress is not None:
            progress(len(jobs), len(jobs))
        return found
    objects = _objects(jobs, compiler, cache, progress)
    with _Folder() as folder:
        # A module may have more objects than a command line holds.
        (folder / "objects.txt").write_text(
            "\n".join('"' + str(p).replace("\\", "\\\\").replace('"', '\\"') + '"' for p in objects)
        )
        for name, data in libraries.items():
            (folder / name).write_bytes(data)
        words = [*compiler.command, "@objects.txt", *libraries, "-o", "out.so", *linking]
        _run(words, folder)
        return cache.add(key, ".so", _made(folder / "out.so", compiler))


def _objects(
    jobs: dict[str, _Job],
    compiler: Compiler,
    cache: Cache,
    progress: Progress | None,
) -> list[Path]:
    """Compile the units that the cache does not hold, on the cores there are."""
    done = 0

    def one(key: str) -> Path:
        nonlocal done
        path = cache.find(key, ".o") or _compile_object(jobs[key], key, compiler, cache)
        done += 1
        if progress is not None:
            progress(done, len(jobs))
        return path

    with ThreadPoolExecutor(max_workers=_cores()) as pool:
        futures = [pool.submit(one, key) for key in jobs]
        try:
            return [f.result() for f in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _compile_object(job: _Job, key: str, compiler: Compiler, cache: Cache) -> Path:
    unit = job.unit
    with _Folder() as folder:
        (folder / "unit.c").write_text(unit.text, encoding="utf-8")
        if unit.blob is not None:
            (folder / unit.blob.name).write_bytes(unit.blob.data)
        for name, data in unit.headers.items():
            (folder / name).write_bytes(data)
        try:
            _run([*compiler.command, "-c", "unit.c", "-o", "unit.o", *job.flags], folder)
        except CodegenError as error:
            if not unit.foreign:
                raise
            message = f"the C of others in {unit.foreign}: {error.message}"
            raise CodegenError(message, hint=error.hint) from None
        return cache.add(key, ".o", _made(folder / "unit.o", compiler))


def _key(compiler: Compiler, flags: Sequence[str], target: Target, text: str, data: bytes) -> str:
    """Return the hash of all that decides what the compiler makes."""
    h = hashlib.sha256()
    machine = ",".join(sorted(target.features)) if target.name == "host" else ""
    words = [
        *compiler.command,
        compiler.version,
        *flags,
        target.name,
        target.machine,
        machine,
        text,
    ]
    for part in words:
        encoded = part.encode()
        h.update(len(encoded).to_bytes(8, "little"))
        h.update(encoded)
    h.update(data)
    return h.hexdigest()


class _Folder:
    """A private folder to build in; kept when the build fails."""

    def __enter__(self) -> Path:
        self._path = Path(tempfile.mkdtemp(prefix="halo-build-"))
        return self._path

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None or not issubclass(kind, CodegenError):
            shutil.rmtree(self._path, ignore_errors=True)


def _run(words: Sequence[str], folder: Path) -> None:
    limit = float(os.environ.get("HALO_COMPILE_TIMEOUT", TIMEOUT))
    try:
        done = subprocess.run(
            list(words),
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as e:
        raise CodegenError(
            f"the C compiler {words[0]} took more than {limit:g} seconds",
            hint=f"the source was kept in {folder}; HALO_COMPILE_TIMEOUT sets the limit",
        ) from e
    except OSError as e:
        raise CodegenError(f"the C compiler {words[0]} does not start: {e.strerror}") from e
    if done.returncode:
        raise CodegenError(
            f"the C compiler {words[0]} failed with code {done.returncode}:\n"
            + _first_errors(done.stderr),
            hint=f"the source was kept in {folder}",
        )


def _made(output: Path, compiler: Compiler) -> Path:
    """Return `output`, which the compiler said it made."""
    if not output.exists():
        raise CodegenError(
            f"the C compiler {compiler.command[0]} succeeded and made nothing",
            hint=f"the source was kept in {output.parent}; is it a C compiler?",
        )
    return output


def _first_errors(text: str, most: int = 8) -> str:
    """Return the lines that say what is wrong."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line or "undefined" in line] or lines
    return "\n".join(f"    {line}" for line in errors[:most]) or "    (it said nothing)"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
