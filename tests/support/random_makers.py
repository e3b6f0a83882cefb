"""What draws each directive: where it goes, with which arguments."""

from __future__ import annotations

from typing import Any

from random_drafts import Draft, Maker, Misfit, all_stages

import halo as hl
from halo.lowering.program import producers_of


def _split(d: Draft, h: Any) -> None:
    v = d.loop(h)
    h.split(v, d.name(v), d.name(v), d.factor(), d.tail())


def _tile(d: Draft, h: Any) -> None:
    loops = d.loops(h)
    if len(loops) < 2:
        raise Misfit
    y, x = loops[-2:]
    h.tile(x, y, d.name(x), d.name(y), d.factor(), d.factor(), tail=d.tail())


def _fuse(d: Draft, h: Any) -> None:
    loops = d.loops(h)
    if len(loops) < 2:
        raise Misfit
    at = d.choose.integer(0, len(loops) - 2)
    h.fuse(loops[at + 1], loops[at], d.name("t"))


def _rename(d: Draft, h: Any) -> None:
    h.rename(d.loop(h), d.name("n"))


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
    weight, size = d.pipeline.weight, d.pipeline.output.output_buffers()[0].dim(0).extent()
    condition = d.choose.pick([weight == 3, weight > 2, weight < 0, size > 8, size % 4 == 0])
    d.handles.append(h.specialize(condition))


def _specialize_in_turn(d: Draft, h: Any) -> None:
    weight = d.pipeline.weight
    first = h.specialize(weight > d.choose.integer(0, 4))
    second = first.specialize(weight == 3)
    d.handles.extend((first, second))
    if d.choose.integer(0, 1):
        h.specialize(weight == 3)
        h.specialize_fail("the weight is 3")


def _partition(d: Draft, h: Any) -> None:
    (h.never_partition if d.choose.integer(0, 1) else h.always_partition)(d.loop(h))


def _partition_all(d: Draft, h: Any) -> None:
    (h.never_partition_all if d.choose.integer(0, 1) else h.always_partition_all)()


def _compute_with(d: Draft, h: Any) -> None:
    h = d.whole()
    loops = d.loops(h)
    alike = [o for o in d.handles if o is not h and not o._branch() and d.loops(o)[:1] == loops[:1]]
    other = d.picked(alike)
    for one in (h, other):
        if isinstance(one, hl.Func) and one not in d.pipeline.outputs:
            one.compute_root()
    if d.choose.integer(0, 1):
        n, outer, inner = d.factor(), d.name("w"), d.name("w")
        for one in (h, other):
            one.split(loops[0], outer, inner, n)
        loops = [outer]
    align = d.choose.pick(list(hl.LoopAlignStrategy))
    h.compute_with(other, d.choose.pick(loops), align)


def siblings(d: Draft, h: Any) -> None:
    """Share loops between definitions that have nothing to do with each other."""
    funcs = [o for o in d.handles if isinstance(o, hl.Func)]
    f, g = d.picked([(a, b) for a in funcs for b in funcs if _apart(a, b)])
    for one in (f, g):
        if one not in d.pipeline.outputs:
            one.compute_root()
    stages = min(f.num_update_definitions(), g.num_update_definitions())
    i = d.choose.integer(-1, stages - 1)
    a, b = (f, g) if i < 0 else (f.update(i), g.update(i))
    same = [v for v, w in zip(d.loops(a), d.loops(b), strict=False) if v == w]
    a.compute_with(b, d.picked(same), d.choose.pick(list(hl.LoopAlignStrategy)))


def _apart(f: hl.Func, g: hl.Func) -> bool:
    return f is not g and g.name() not in _needed(f) and f.name() not in _needed(g)


def _needed(f: hl.Func) -> set[str]:
    """Return the names of the Funcs that `f` uses, itself or through others."""
    seen, todo = {f.name()}, [f.function]
    while todo:
        for p in [p for d in todo.pop().definitions for p in producers_of(d)]:
            if p.name not in seen:
                seen.add(p.name)
                todo.append(p)
    return seen - {f.name()}


def _compute_at(d: Draft, h: Any) -> None:
    f, user = d.used()
    if d.choose.integer(0, 3):
        f.compute_at(user, d.loop(user))
    else:
        f.compute_at(hl.LoopLevel(user, d.loop(user)))


def _slide(d: Draft, h: Any) -> None:
    f, user, at = _inside(d)
    f.compute_at(user, d.loops(user)[at])
    _store_outside(d, f, user, at)


def _inside(d: Draft) -> tuple[hl.Func, Any, int]:
    """Return a Func, a definition that uses it, and the number of one of its loops."""
    f, user = d.used()
    loops = d.loops(user)
    if not loops:
        raise Misfit
    return f, user, d.choose.integer(0, len(loops) - 1)


def _store_outside(d: Draft, f: hl.Func, user: Any, at: int) -> None:
    if d.choose.integer(0, 1):
        f.store_root()
    else:
        f.store_at(user, d.loops(user)[d.choose.integer(0, at)])


def _fold(d: Draft, h: Any) -> None:
    f, user, at = _inside(d)
    loop = d.loops(user)[at]
    f.compute_at(user, loop)
    _store_outside(d, f, user, at)
    arg = loop if loop in f.function.args else d.dimension(f)
    f.fold_storage(arg, d.choose.pick([4, 8, 16, 32]), bool(d.choose.integer(0, 3)))


def _hoist(d: Draft, h: Any) -> None:
    f, user, at = _inside(d)
    f.compute_at(user, d.loops(user)[at])
    if d.choose.integer(0, 2):
        f.hoist_storage(user, d.loops(user)[d.choose.integer(0, at)])
    else:
        f.hoist_storage_root()


def _ring(d: Draft, h: Any) -> None:
    _hoist(d, h)
    f, user, at = _inside(d)
    f.compute_at(user, d.loops(user)[at])
    f.hoist_storage_root()
    f.ring_buffer(d.choose.integer(1, 4))


def _async(d: Draft, h: Any) -> None:
    f, user, at = _inside(d)
    f.compute_at(user, d.loops(user)[at])
    _store_outside(d, f, user, at)
    method = getattr(f, "async_", None)
    if method is None:
        raise Misfit
    method()


def _store_at(d: Draft, h: Any) -> None:
    user = d.whole()
    d.func().store_at(user, d.loop(user))


def _rfactor(d: Draft, h: Any) -> None:
    h = d.picked([o for o in d.handles if not isinstance(o, hl.Func) and hasattr(o, "rfactor")])
    reduced = [v for v in d.loops(h) if v not in h._schedule_target()[0].args]
    v = d.picked(reduced)
    made = h.rfactor(v, hl.Var(d.name("u")))
    d.handles.extend(all_stages(made))
    if d.choose.integer(0, 1):
        made.compute_root()


def _in(d: Draft, h: Any) -> None:
    d.handles.append(d.func().in_(d.choose.pick([None, d.func()])))


def _clone(d: Draft, h: Any) -> None:
    f, user = d.used()
    d.handles.extend(all_stages(f.clone_in(_func_of(d, user))))


def _func_of(d: Draft, handle: Any) -> hl.Func:
    name = handle._schedule_target()[0].name
    return next(h for h in d.handles if isinstance(h, hl.Func) and h.name() == name)


def _reorder_storage(d: Draft, h: Any) -> None:
    f = d.func()
    f.reorder_storage(*reversed(f.function.args))


def _align_storage(d: Draft, h: Any) -> None:
    f = d.inner()
    f.align_storage(d.dimension(f), d.factor())


def _split_storage(d: Draft, h: Any) -> None:
    f = d.inner()
    f.split_storage(d.dimension(f), d.name("s"), d.name("s"), d.factor())


def _bound_storage(d: Draft, h: Any) -> None:
    f = d.inner()
    f.bound_storage(d.dimension(f), d.choose.pick([32, 200]))


def _store_in(d: Draft, h: Any) -> None:
    d.inner().store_in(d.choose.pick(list(hl.MemoryType)))


def _bounds(d: Draft, h: Any) -> None:
    p, i = d.pipeline, d.choose.integer(0, 1)
    f, arg = p.output, p.variables[i]
    if d.choose.integer(0, 1):
        f.bound(arg, p.mins[i], p.sizes[i])
    else:
        f.bound_extent(arg, p.sizes[i])


def _wide_bounds(d: Draft, h: Any) -> None:
    f = d.inner()
    f.bound(d.dimension(f), -24, 64)


def _align_bounds(d: Draft, h: Any) -> None:
    f = d.func()
    f.align_bounds(d.dimension(f), d.factor(), d.choose.integer(0, 3))


def _align_extent(d: Draft, h: Any) -> None:
    f = d.func()
    f.align_extent(d.dimension(f), d.factor())


def _estimate(d: Draft, h: Any) -> None:
    f = d.func()
    f.set_estimate(d.dimension(f), 0, 100)


def _prefetch(d: Draft, h: Any) -> None:
    f, user = d.used()
    method = getattr(user, "prefetch", None)
    if method is None:
        raise Misfit
    source = d.choose.pick([f, d.pipeline.source])
    method(source, d.loop(user), d.loop(user), d.choose.integer(0, 3))


def _kept(d: Draft, h: Any) -> None:
    """Precompute or memoize what depends on no image, or on one that a tag stands for."""
    stages = zip(d.pipeline.stages, d.pipeline.story, strict=True)
    f, kind = d.picked([(f, s) for f, s in stages if s in ("table", "tagged")])
    if f not in d.pipeline.outputs:
        f.compute_root()
    if kind == "table" and d.choose.integer(0, 2):
        x, y = d.pipeline.variables
        f.bound(x, 0, 8).bound(y, 0, 6).precompute()
    else:
        f.memoize()


def _of_inner(name: str) -> Maker:
    """Return what calls a method without arguments of a Func that is no output."""
    return lambda d, h: getattr(d.inner(), name)()


def _of_func(name: str) -> Maker:
    """Return what calls a method without arguments of a Func."""
    return lambda d, h: getattr(d.func(), name)()


MAKERS: tuple[tuple[int, Maker], ...] = (
    *((6, _split), (3, _tile), (3, _fuse), (4, _reorder), (1, _rename)),
    *((6, _vectorize), (2, _vectorize_whole), (4, _unroll), (5, _parallel), (1, _task)),
    *((1, _serial), (3, _atomic), (2, _specialize), (1, _specialize_in_turn)),
    *((1, _partition), (1, _partition_all), (5, _compute_with), (5, siblings)),
    *((8, _compute_at), (6, _slide), (3, _fold), (2, _hoist), (2, _ring), (3, _async)),
    *((1, _store_at), (8, _rfactor), (2, _in), (4, _clone)),
    *((4, _of_func("compute_root")), (1, _of_func("store_root"))),
    *((1, _of_func("compute_inline")), (1, _of_func("eager_inline"))),
    *((2, _reorder_storage), (2, _align_storage), (3, _split_storage), (1, _bound_storage)),
    *((2, _store_in), (1, _bounds), (1, _wide_bounds), (1, _align_bounds), (1, _align_extent)),
    *((1, _of_func("stream_stores")), (1, _of_inner("memoize")), (4, _kept), (1, _estimate)),
    *((3, _prefetch),),
)
"""How often each directive is tried, and how."""
THREADING: tuple[Maker, ...] = (*[_parallel] * 40, *[_task] * 8, *[_atomic] * 8)
"""What makes loops parallel, many times over."""
