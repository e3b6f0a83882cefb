"""Forks: branches on threads of their own, and the semaphores between them."""

from __future__ import annotations

from collections.abc import Callable

from codegen.forks import holds_parallel_loop
from codegen.llvm_abi import number, runtime
from codegen.llvm_context import Context
from codegen.llvm_effects import profile_switch
from codegen.llvm_loops import finish_part, outlined
from codegen.llvm_types import Value
from halo.ir.stmt import Acquire, Fork, Release, Stmt

Writer = Callable[[Context, Stmt], None]
_FORK_BYTES = 256
_SEMAPHORE_BYTES = 64
"""Room for ``halo_fork`` and for ``halo_semaphore``, whatever the threads of a system look like."""


def fork(ctx: Context, s: Fork, statement: Writer) -> None:
    """Write `s`, whose branches `statement` writes."""
    n = len(s.branches)
    nested = holds_parallel_loop(s)
    wanted = (ctx.ctx, number(32, n), Value("i1", "true" if nested else "false"))
    most = runtime(ctx, "i32", "fork_threads", *wanted)
    if not ctx.module.threads and s.serial is not None:
        statement(ctx, s.serial)
        return
    if s.serial is None:
        _region(ctx, s, most, statement)
        return
    test = f"icmp eq {most.typed}, {n}" if s.together else f"icmp sgt {most.typed}, 1"
    threads, alone, done = ctx.label("threads"), ctx.label("alone"), ctx.label("joined")
    ctx.choose(ctx.emit("i1", test), threads, alone)
    ctx.begin(threads)
    ran = _region(ctx, s, number(32, n) if s.together else most, statement)
    ctx.choose(ctx.emit("i1", f"icmp ne {ran.typed}, 0"), done, alone)
    ctx.begin(alone)
    statement(ctx, s.serial)
    ctx.go(done)
    ctx.begin(done)


def _region(ctx: Context, s: Fork, threads: Value, statement: Writer) -> Value:
    """Write the threads; return whether they did the work (int32)."""
    own = ctx.place("i8", _FORK_BYTES, align=64)
    runtime(ctx, "void", "fork_begin", own)
    hidden = dict(ctx.semaphores)
    for name, count in s.semaphores:
        at = ctx.place("i8", _SEMAPHORE_BYTES, align=64)
        ctx.semaphores[name] = (own, at)
        ctx.store_field(at, 0, number(32, count))
    part = outlined(ctx, "fork", lambda inner, i, _: _branches(inner, s, own, i, statement))
    ctx.semaphores = hidden
    target = ctx.module.declare("halo_rt_team", "i32", "ptr, i32, i32, ptr, ptr")
    exact = number(32, int(s.together))
    given = f"{ctx.ctx.typed}, {threads.typed}, {exact.typed}, {part}"
    ran = ctx.emit("i32", f"call i32 {target}({given})")
    ctx.leave_if(runtime(ctx, "i32", "fork_end", own))
    return ran


def _branches(inner: Context, s: Fork, fork: Value, thread: Value, statement: Writer) -> None:
    back = profile_switch(inner, inner.producers[-1], False) if inner.profiled else None
    own = inner.use(fork)
    if s.together:
        _switch(inner, s, thread, "leave", statement)
    else:
        following = inner.label("next_branch")
        inner.go(following)
        inner.begin(following)
        n = number(32, len(s.branches))
        branch = runtime(inner, "i32", "next_branch", own, n)
        more, work = inner.emit("i1", f"icmp slt {branch.typed}, {n.text}"), inner.label("branch")
        inner.choose(more, work, "leave")
        inner.begin(work)
        _switch(inner, s, branch, following, statement)
    inner.begin("leave")
    if back is not None:
        profile_switch(inner, back, False)
    error = inner.emit("i32", "load i32, ptr %err")
    failed, joined = inner.label("failed"), inner.label("joined")
    inner.choose(inner.emit("i1", f"icmp ne {error.typed}, 0"), failed, joined, likely=False)
    inner.begin(failed)
    runtime(inner, "void", "fork_fail", own, error)
    inner.go(joined)
    inner.begin(joined)
    finish_part(inner)


def _switch(inner: Context, s: Fork, which: Value, after: str, statement: Writer) -> None:
    labels = [inner.label("branch") for _ in s.branches]
    cases = " ".join(f"i32 {i}, label %{label}" for i, label in enumerate(labels))
    inner.line(f"switch {which.typed}, label %{after} [ {cases} ]")
    for label, branch in zip(labels, s.branches, strict=True):
        inner.begin(label)
        statement(inner, branch)
        inner.go(after)


def acquire(ctx: Context, s: Acquire) -> None:
    """Write the wait for a semaphore; the error of another branch leaves."""
    fork, own = (ctx.use(v) for v in ctx.semaphores[s.semaphore])
    ctx.leave_if(runtime(ctx, "i32", "acquire", fork, own, number(32, s.count)))


def release(ctx: Context, s: Release) -> None:
    """Write the signal to who waits for a semaphore."""
    fork, own = (ctx.use(v) for v in ctx.semaphores[s.semaphore])
    runtime(ctx, "void", "post", fork, own, number(32, s.count))
