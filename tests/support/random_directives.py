"""Random schedules over every directive: each is tried on the pipeline, and kept where legal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from random_pipelines import Chooser, RandomPipeline

import halo as hl
from halo.lowering.program import producers_of
from halo.schedule.receipts import Status

MOST = 14
"""Directives that are tried for one schedule."""


@dataclass
class Draft:
    """A pipeline whose Funcs are being given directives, and the handles they may go to."""

    choose: Chooser
    pipeline: RandomPipeline
    handles: list[Any] = field(default_factory=list)
    fresh: int = 0

    def __post_init__(self) -> None:
        for f in self.pipeline.stages:
            self.handles.append(f)
            self.handles.extend(f.update(i) for i in range(f.num_update_definitions()))

    def name(self, base: str) -> str:
        """Return a loop name that nothing has."""
        self.fresh += 1
        return f"{base.split('_')[0]}_{self.fresh}"

    def func(self) -> hl.Func:
        """Return one of the Funcs."""
        return self.choose.pick([h for h in self.handles if isinstance(h, hl.Func)])

    def loops(self, handle: Any) -> list[str]:
        """Return the loops of a handle, outermost first."""
        _, stage, log = handle._schedule_target()
        return [d.name for d in log.state.stages[stage].at(handle._branch()).dims]

    def loop(self, handle: Any) -> str:
        """Return one of the loops of a handle."""
        loops = self.loops(handle)
        if not loops:
            raise hl.ScheduleError("no loops")
        return self.choose.pick(loops)

    def factor(self) -> int:
        """Return a factor for splits and the like."""
        return self.choose.pick([1, 2, 3, 4, 5, 8, 16])

    def tail(self) -> hl.TailStrategy:
        """Return a tail strategy."""
        return self.choose.pick(list(hl.TailStrategy))

    def dimension(self, f: hl.Func) -> str:
        """Return a dimension of `f`."""
        return self.choose.pick(list(f.function.args))


Maker = Callable[[Draft, Any], None]


def _split(d: Draft, h: Any) -> None:
    v = d.loop(h)
    h.split(v, d.name(v), d.name(v), d.factor(), d.tail())


def _tile(d: Draft, h: Any) -> None:
    loops = d.loops(h)
    if len(loops) < 2:
        raise hl.ScheduleError("one loop")
    y, x = loops[-2:]
    h.tile(x, y, d.name(x), d.name(y), d.factor(), d.factor(), tail=d.tail())


def _rename(d: Draft, h: Any) -> None:
    v = d.loop(h)
    h.rename(v, d.name(v))


def _fuse(d: Draft, h: Any) -> None:
    loops = d.loops(h)
    if len(loops) < 2:
        raise hl.ScheduleError("one loop")
    at = d.choose.integer(0, len(loops) - 2)
    h.fuse(loops[at + 1], loops[at], d.name("t"))


def _reorder(d: Draft, h: Any) -> None:
    loops = d.loops(h)
    order = []
    while loops:
        order.append(loops.pop(d.choose.integer(0, len(loops) - 1)))
    h.reorder(*order)


def _vectorize(d: Draft, h: Any) -> None:
    h.vectorize(d.loop(h), d.factor(), d.tail())


def _vectorize_whole(d: Draft, h: Any) -> None:
    h.vectorize(d.loop(h))


def _unroll(d: Draft, h: Any) -> None:
    h.unroll(d.loop(h), d.factor(), d.tail())


def _parallel(d: Draft, h: Any) -> None:
    h.parallel(d.loop(h))


def _task(d: Draft, h: Any) -> None:
    h.parallel(d.loop(h), d.factor())


def _serial(d: Draft, h: Any) -> None:
    h.serial(d.loop(h))


def _atomic(d: Draft, h: Any) -> None:
    h.atomic()


def _specialize(d: Draft, h: Any) -> None:
    weight = d.pipeline.weight
    condition = d.choose.pick([weight == 3, weight > 2, weight < 0])
    d.handles.append(h.specialize(condition))


def _partition(d: Draft, h: Any) -> None:
    (h.never_partition if d.choose.integer(0, 1) else h.always_partition)(d.loop(h))


def _compute_with(d: Draft, h: Any) -> None:
    if h._branch():
        raise hl.ScheduleError("a specialisation")
    loops = d.loops(h)
    alike = [o for o in d.handles if o is not h and not o._branch() and d.loops(o)[:1] == loops[:1]]
    if not alike:
        raise hl.ScheduleError("nobody has such loops")
    other = d.choose.pick(alike)
    if d.choose.integer(0, 1):
        n, outer, inner = d.factor(), d.name("w"), d.name("w")
        for one in (h, other):
            one.split(loops[0], outer, inner, n)
        loops = [outer]
    align = d.choose.pick(list(hl.LoopAlignStrategy))
    h.compute_with(other, d.choose.pick(loops), align)


def _compute_at(d: Draft, h: Any) -> None:
    f, user = _used(d)
    f.compute_at(user, d.loop(user))


def _used(d: Draft) -> tuple[hl.Func, Any]:
    """Return a Func and a definition that may use it."""
    funcs = [h for h in d.handles if isinstance(h, hl.Func)]
    f = d.choose.pick(funcs)
    users = [h for h in d.handles if not h._branch() and _reads(h, f)]
    if not users:
        raise hl.ScheduleError("nobody uses it")
    return f, d.choose.pick(users)


def _reads(handle: Any, f: hl.Func) -> bool:
    function, stage, _ = handle._schedule_target()
    return any(p.name == f.name() for p in producers_of(function.definitions[stage]))


def _slide(d: Draft, h: Any) -> None:
    f, user = _used(d)
    loops = d.loops(user)
    if not loops:
        raise hl.ScheduleError("no loops")
    at = d.choose.integer(0, len(loops) - 1)
    f.compute_at(user, loops[at])
    if d.choose.integer(0, 1):
        f.store_root()
    else:
        f.store_at(user, loops[d.choose.integer(0, at)])


def _store_at(d: Draft, h: Any) -> None:
    user = d.choose.pick([o for o in d.handles if not o._branch()])
    d.func().store_at(user, d.loop(user))


def _rfactor(d: Draft, h: Any) -> None:
    if isinstance(h, hl.Func) or not hasattr(h, "rfactor"):
        raise hl.ScheduleError("no update")
    v = d.loop(h)
    d.handles.extend(_all_stages(h.rfactor(v, hl.Var(d.name("u")))))


def _in(d: Draft, h: Any) -> None:
    d.handles.append(d.func().in_(d.choose.pick([None, d.func()])))


def _clone(d: Draft, h: Any) -> None:
    d.handles.extend(_all_stages(d.func().clone_in(d.func())))


def _all_stages(f: hl.Func) -> list[Any]:
    return [f, *(f.update(i) for i in range(f.num_update_definitions()))]


def _of_func(name: str, *arguments: str) -> Maker:
    """Return what calls a method of a Func with drawn arguments, where there is such a method."""

    def make(d: Draft, h: Any) -> None:
        f = d.func()
        method = getattr(f, name, None)
        if method is None:
            raise hl.ScheduleError(f"no {name}")
        draw = {
            "dim": lambda: d.dimension(f),
            "factor": d.factor,
            "small": lambda: d.choose.integer(0, 3),
            "new": lambda: d.name("s"),
            "memory": lambda: d.choose.pick([hl.MemoryType.Heap, hl.MemoryType.Stack]),
            "bool": lambda: bool(d.choose.integer(0, 1)),
        }
        method(*(draw[a]() for a in arguments))

    return make


def _reorder_storage(d: Draft, h: Any) -> None:
    f = d.func()
    f.reorder_storage(*reversed(f.function.args))


def _hoist_storage(d: Draft, h: Any) -> None:
    f, user = d.func(), d.choose.pick([o for o in d.handles if not o._branch()])
    method = getattr(f, "hoist_storage", None)
    if method is None:
        raise hl.ScheduleError("no hoist_storage")
    method(user, d.loop(user))


def _prefetch(d: Draft, h: Any) -> None:
    user = d.func()
    method = getattr(user, "prefetch", None)
    if method is None:
        raise hl.ScheduleError("no prefetch")
    v = d.loop(user)
    method(d.func(), v, v, d.choose.integer(0, 3))


MAKERS: tuple[tuple[int, Maker], ...] = (
    (6, _split),
    (3, _tile),
    (3, _fuse),
    (2, _rename),
    (4, _reorder),
    (6, _vectorize),
    (2, _vectorize_whole),
    (4, _unroll),
    (5, _parallel),
    (1, _task),
    (1, _serial),
    (3, _atomic),
    (3, _specialize),
    (1, _partition),
    (12, _compute_with),
    (9, _compute_at),
    (7, _slide),
    (2, _store_at),
    (8, _rfactor),
    (2, _in),
    (2, _clone),
    (5, _of_func("compute_root")),
    (2, _of_func("store_root")),
    (2, _of_func("compute_inline")),
    (1, _of_func("eager_inline")),
    (2, _reorder_storage),
    (2, _of_func("align_storage", "dim", "factor")),
    (2, _of_func("split_storage", "dim", "new", "new", "factor")),
    (1, _of_func("fold_storage", "dim", "factor", "bool")),
    (1, _of_func("align_bounds", "dim", "factor", "small")),
    (1, _of_func("align_extent", "dim", "factor")),
    (1, _of_func("store_in", "memory")),
    (1, _hoist_storage),
    (1, _of_func("hoist_storage_root")),
    (1, _of_func("ring_buffer", "factor")),
    (1, _of_func("stream_stores")),
    (1, _of_func("async_")),
    (1, _of_func("memoize")),
    (1, _prefetch),
)
"""How often each directive is tried, and how."""

USUAL = tuple(make for weight, make in MAKERS for _ in range(weight))
"""What `random_directives` picks from."""
WITH_THREADS = (*USUAL, *[_parallel] * 40, *[_task] * 8, *[_atomic] * 8)
"""The same, so that most schedules have parallel loops."""


def random_directives(
    choose: Chooser, p: RandomPipeline, bag: Sequence[Maker] = USUAL
) -> hl.Schedule:
    """Give random directives of `bag` to the stages of `p`; return those legal together.

    A directive that is refused when it is given leaves no trace; what is refused only when the
    whole pipeline is known is left out of the result.
    """
    draft = Draft(choose, p)
    for f in p.stages[:-1]:  # else most would be inlined, where little is to be scheduled
        if choose.integer(0, 2):
            f.compute_root()
    for _ in range(choose.integer(3, MOST)):
        make = choose.pick(bag)
        try:
            make(draft, choose.pick(draft.handles))
        except hl.ScheduleError:
            continue
    receipts = p.pipeline().check_schedule()
    kept = [r.entry for r in receipts if r.status is not Status.REFUSED]
    return hl.Schedule(tuple(kept))


def reassociates(p: RandomPipeline) -> bool:
    """Whether a directive of `p` may change the last bits of a float."""
    return any("bits" in r.reason for r in p.pipeline().receipts())
