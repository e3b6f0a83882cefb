"""Forks: branches on threads of their own, and the semaphores between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from codegen.c_capture import copied
from codegen.c_context import Context, Exit
from codegen.c_profile import profiled_iteration
from codegen.forks import holds_parallel_loop
from halo.ir.stmt import Acquire, Fork, Release, Stmt

Printer = Callable[[Stmt], None]


def print_fork(ctx: Context, s: Fork, statement: Printer) -> None:
    """Write `s`, whose branches `statement` writes.

    What runs serially stands behind the parallel region: OpenMP may give it fewer threads.
    """
    ctx.prelude.file("halo_fork.h")
    nested = str(holds_parallel_loop(s)).lower()
    most = f"halo_fork_threads(ctx, {len(s.branches)}, {nested})"
    ctx.line("{")
    with ctx.deeper():
        if s.serial is None:
            fails = _region(ctx, s, most, statement)
            _leave_if(ctx, fails)
        else:
            _or_serially(ctx, s, most, statement)
    ctx.line("}")


def _leave_if(ctx: Context, fails: bool) -> None:
    """Write the way out where a branch failed, which stands in serial code too."""
    if fails:
        ctx.leave_if_error()


def _or_serially(ctx: Context, s: Fork, most: str, statement: Printer) -> None:
    assert s.serial is not None
    n, alone = len(s.branches), ctx.names.fresh("alone")
    ctx.line(f"bool {alone} = true;")
    ctx.lines.append("#ifdef _OPENMP")
    ctx.line(f"if ({most} {f'== {n}' if s.together else '> 1'}) {{")
    with ctx.deeper():
        fails = _region(ctx, s, str(n) if s.together else most, statement, alone)
    ctx.line("}")
    ctx.lines.append("#endif")
    _leave_if(ctx, fails)
    ctx.line(f"if ({alone}) {{")
    with ctx.deeper():
        statement(s.serial)
    ctx.line("}")


def _region(ctx: Context, s: Fork, threads: str, statement: Printer, alone: str = "") -> bool:
    """Write the parallel region, and return whether it may fail.

    `alone` is set to false if it did the work.
    """
    fork = ctx.names.fresh("fork")
    ctx.line(f"halo_fork {fork} = HALO_FORK;")
    with _semaphores(ctx, s, fork):
        own, branch = Exit(ctx.names.fresh("joined")), ctx.names.fresh("branch")
        around, pragma = tuple(ctx.values), len(ctx.lines)
        ctx.lines.append(f"#pragma omp parallel num_threads({threads})")
        ctx.line("{")
        with ctx.deeper():
            ctx.line("int32_t err = 0;")
            before, after = profiled_iteration(ctx)
            if before:
                ctx.line(before)
            ctx.exits.append(own)
            if s.together:
                _each_its_thread(ctx, s, alone, statement)
            else:
                _as_threads_come(ctx, s, fork, branch, alone, statement)
            ctx.exits.pop()
            if own.used:
                ctx.lines.append(f"{own.label}:")
            if after:
                ctx.line(after)
            ctx.line(f"if (err) halo_fork_fail(&{fork}, err);")
        ctx.line("}")
        ctx.lines[pragma] += copied(around, ctx.lines[pragma + 1 :])
    ctx.line(f"{'err = ' if own.used else ''}halo_fork_end(&{fork});")
    return own.used


@contextmanager
def _semaphores(ctx: Context, s: Fork, fork: str) -> Iterator[None]:
    hidden = dict(ctx.semaphores)
    for name, count in s.semaphores:
        own = ctx.names.fresh(name)
        ctx.semaphores[name] = (fork, own)
        ctx.line(f"halo_semaphore {own} = {{{count}}};")
    yield
    ctx.semaphores = hidden


def _each_its_thread(ctx: Context, s: Fork, alone: str, statement: Printer) -> None:
    ctx.line(f"if (omp_get_num_threads() == {len(s.branches)}) {{")
    with ctx.deeper():
        ctx.line(f"if (omp_get_thread_num() == 0) {alone} = false;")
        _switch(ctx, s, "omp_get_thread_num()", statement)
    ctx.line("}")


def _as_threads_come(
    ctx: Context, s: Fork, fork: str, branch: str, alone: str, statement: Printer
) -> None:
    n = len(s.branches)
    if alone:
        ctx.line(f"if (omp_get_thread_num() == 0) {alone} = false;")
    head = f"for (int32_t {branch}; ({branch} = halo_next_branch(&{fork}, {n})) < {n};) {{"
    ctx.line(head)
    with ctx.deeper():
        _switch(ctx, s, branch, statement)
    ctx.line("}")


def _switch(ctx: Context, s: Fork, number: str, statement: Printer) -> None:
    ctx.line(f"switch ({number}) {{")
    for i, b in enumerate(s.branches):
        ctx.line(f"case {i}: {{" if i < len(s.branches) - 1 else "default: {")
        with ctx.deeper():
            statement(b)
            ctx.line("break;")
        ctx.line("}")
    ctx.line("}")


def print_acquire(ctx: Context, s: Acquire, leave: str) -> None:
    """Write the wait for a semaphore; the error of another branch goes to label `leave`."""
    fork, own = ctx.semaphores[s.semaphore]
    ctx.line(f"err = halo_acquire(&{fork}, &{own}, {s.count});")
    ctx.line(f"if (err) goto {leave};")


def print_release(ctx: Context, s: Release) -> None:
    """Write the signal to who waits for a semaphore."""
    fork, own = ctx.semaphores[s.semaphore]
    ctx.line(f"halo_post(&{fork}, &{own}, {s.count});")
