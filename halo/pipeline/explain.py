"""`explain`: what a schedule makes of each Func, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from halo.ir.expr import Expr, as_const
from halo.ir.function import Function
from halo.ir.intrinsics import is_intrinsic
from halo.ir.memory import is_plain
from halo.ir.simplify import simplify
from halo.ir.stmt import (
    CallExtern,
    For,
    ForKind,
    HoistedStorage,
    IfThenElse,
    LetStmt,
    MemoryType,
    ProducerConsumer,
    Provide,
    Realize,
    Stmt,
)
from halo.ir.substitute import substitute
from halo.lowering import loops_of, lower
from halo.lowering.outcome import marked_as_run
from halo.pipeline.parts import Parts
from halo.pipeline.request import whole_request
from halo.schedule.directives import Precompute
from halo.schedule.receipts import Receipt, Status
from halo.schedule.stories import Explanation, FuncStory, Nest


def explain(outputs: Sequence[Function]) -> Explanation:
    """Return in words where each Func of `outputs` is computed, what is kept, and its loops.

    Raises
    ------
    ScheduleError
        A directive is refused.
    """
    request = whole_request(outputs)
    parts = Parts.of(outputs)
    made = [f for log in parts.logs() for f in log.made.values()]
    functions = {f.name: f for f in (*parts.functions, *made)}
    teller = _Teller({name: FuncStory(f) for name, f in functions.items()})
    lowered = lower(request)
    teller.visit(marked_as_run(loops_of(request), lowered.serial), (), "", {})
    for f in outputs:
        teller.stories[f.name].place = "an output: computed into the caller's buffer"
    others: list[Receipt] = []
    for r in lowered.receipts:
        owner = teller.stories.get(r.entry.func)
        (others if owner is None else owner.receipts).append(r)
    for story in teller.stories.values():
        story.place = story.place or _unplaced(story)
    return Explanation(tuple(teller.stories.values()), tuple(others))


def _unplaced(story: FuncStory) -> str:
    """Return where a Func is that no loops compute."""
    for r in story.receipts:
        if isinstance(r.entry.directive, Precompute) and r.status is Status.APPLIED:
            return "precomputed: its cells are an array in the code"
    return "inlined: its value is computed wherever it is used, nothing is kept"


@dataclass(slots=True)
class _Around:
    """A loop around a place: of whom, and in words."""

    name: str
    text: str


class _Teller:
    """Walks the loops and notes what it sees of each Func."""

    def __init__(self, stories: dict[str, FuncStory]) -> None:
        self.stories = stories
        self._lets: dict[str, Expr] = {}

    def visit(
        self, s: Stmt, around: tuple[_Around, ...], case: str, begun: Mapping[str, int]
    ) -> None:
        """Note what happens in `s`.

        Parameters
        ----------
        around
            The loops outside, outermost first.
        case
            The condition of the specialisation it is in.
        begun
            For each Func that is being computed, how many loops are outside of that.
        """
        match s:
            case For():
                around = (*around, _Around(s.name, _loop_text(s)))
            case LetStmt():
                self._lets[s.name] = substitute(s.value, self._lets)
            case Realize() | HoistedStorage():
                self._storage(s, around)
            case ProducerConsumer(is_producer=True):
                begun = {**begun, s.name: len(around)}
                self._place(s.name, around)
            case Provide() | CallExtern() if s.name in begun:
                self._nest(s.name, around[begun[s.name] :], case)
            case IfThenElse() if is_intrinsic(s.condition, "likely"):
                self.visit(s.then_case, around, case, begun)  # the other is for too few cells
                return
            case IfThenElse() if s.else_case is not None:
                self.visit(s.then_case, around, str(s.condition), begun)
                self.visit(s.else_case, around, "else", begun)
                return
            case _:
                pass
        for child in s.children():
            if isinstance(child, Stmt):
                self.visit(child, around, case, begun)

    def _place(self, name: str, around: tuple[_Around, ...]) -> None:
        if name in self.stories:
            where = (
                f"in each iteration of {around[-1].name}" if around else "once, before its users"
            )
            self.stories[name].place = f"computed {where}"

    def _nest(self, name: str, loops: tuple[_Around, ...], case: str) -> None:
        story = self.stories.get(name)
        nest = Nest(tuple(loop.text for loop in loops), case)
        if story is not None and nest not in story.nests:
            story.nests.append(nest)

    def _storage(self, s: Realize | HoistedStorage, around: tuple[_Around, ...]) -> None:
        if s.name not in self.stories:
            return
        if isinstance(s, HoistedStorage):
            how = f"for all of {around[-1].name}" if around else "for the whole run"
            self.stories[s.name].storage.append(f"memory taken once, {how}")
            return
        extents = [self._text(e) for _, e in s.bounds]
        for d, fold in enumerate(s.folds):
            if fold:
                extents[d] = f"{fold} in turn of {extents[d]}"
        types = ", ".join(map(str, s.types))
        during = f"one iteration of {around[-1].name}" if around else "the whole run"
        memory = "" if s.memory is MemoryType.Auto else f" in {s.memory.name.lower()} memory"
        order = "" if is_plain(s.layout) else f" laid out ({', '.join(map(str, s.layout))})"
        text = f"kept: {types}[{', '.join(extents)}]{order}{memory} during {during}"
        self.stories[s.name].storage.append(text)

    def _text(self, e: Expr) -> str:
        return str(simplify(substitute(e, self._lets)))


def _loop_text(s: For) -> str:
    n = as_const(s.extent)
    times = f" ({n})" if n is not None else ""
    kind = "" if s.kind is ForKind.SERIAL else f"{s.kind.value} "
    return f"{kind}{s.name}{times}"
