"""Where a Func may be computed and stored: the loops that enclose every use of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from halo.errors import InternalError
from halo.ir.expr import Call, CallKind
from halo.ir.function import Definition, Function
from halo.ir.substitute import find
from halo.schedule.fusion import loop_owners
from halo.schedule.loop_level import LoopLevel
from halo.schedule.state import Dim, FuncSchedule


@dataclass(frozen=True, slots=True)
class Loop:
    """The loop `dim` of definition `stage` of Func `func`."""

    func: str
    stage: int
    dim: Dim

    def matches(self, level: LoopLevel) -> bool:
        """Whether `level` names this loop."""
        return (self.func, self.dim.name) == (level.func, level.var) and level.stage in (
            None,
            self.stage,
        )


@dataclass(frozen=True, slots=True)
class Use:
    """Definition `stage` of Func `consumer`, as a user of another Func."""

    consumer: str
    stage: int


@dataclass(slots=True)
class CallGraph:
    """Who uses whom.

    Attributes
    ----------
    order
        The Funcs that the outputs need, and the outputs: producers before consumers.
    uses
        For each, the definitions of other Funcs that call it.
    """

    order: tuple[str, ...]
    uses: dict[str, tuple[Use, ...]]


def call_graph(functions: Mapping[str, Function], outputs: Sequence[str]) -> CallGraph:
    """Return the calls among what `outputs` need."""
    called = {n: [_called(d) for d in f.definitions] for n, f in functions.items()}
    order: list[str] = []
    state: dict[str, bool] = {}
    stack: list[tuple[str, bool]] = [(name, False) for name in reversed(outputs)]
    while stack:
        name, done = stack.pop()
        if done:
            order.append(name)
        elif name not in state:
            if name not in functions:
                raise InternalError(f"Func {name} is called but not among the functions given")
            state[name] = True
            stack.append((name, True))
            needed = dict.fromkeys(c for names in called[name] for c in names if c != name)
            stack.extend((c, False) for c in reversed(needed))
    uses: dict[str, list[Use]] = {name: [] for name in order}
    for name in order:
        for stage, names in enumerate(called[name]):
            for producer in names:
                if producer != name:
                    uses[producer].append(Use(name, stage))
    return CallGraph(tuple(order), {n: tuple(u) for n, u in uses.items()})


def _called(definition: Definition) -> dict[str, None]:
    """Return the names of the Funcs that `definition` calls, each once, in order."""
    calls = find(definition.expressions(), Call)
    return {c.name: None for c in calls if c.kind is CallKind.FUNC}


@dataclass(slots=True)
class Sites:
    """Which loops surround what, given the schedules of all consumers."""

    graph: CallGraph
    schedules: dict[str, FuncSchedule] = field(default_factory=dict)

    def uses(self, name: str) -> tuple[Use, ...]:
        """Return the definitions that use Func `name`, inlined users replaced by theirs."""
        found: dict[Use, None] = {}
        replaced = {name}
        stack = list(reversed(self.graph.uses[name]))
        while stack:
            use = stack.pop()
            if not self.schedules[use.consumer].compute_level.is_inlined:
                found[use] = None
            elif use.consumer not in replaced:
                replaced.add(use.consumer)
                stack.extend(reversed(self.graph.uses[use.consumer]))
        return tuple(found)

    def around(self, level: LoopLevel) -> tuple[Loop, ...]:
        """Return the loops around what happens at `level`, outermost first; its own is last."""
        if not level.is_at:
            return ()
        assert level.func is not None and level.stage is not None
        outside = self.around(self.schedules[level.func].compute_level)
        own = self.loops(level.func, level.stage)
        at = next(i for i, loop in enumerate(own) if loop.matches(level))
        return outside + own[: at + 1]

    def loops(self, func: str, stage: int) -> tuple[Loop, ...]:
        """Return the loops around one definition in its nest, outermost first.

        A loop that it shares by ``compute_with`` is the other definition's.
        """
        owners = loop_owners(self.schedules, (func, stage))
        dims = [self.schedules[f].stages[s].dims[i] for i, (f, s) in enumerate(owners)]
        return tuple(Loop(f, s, d) for (f, s), d in zip(owners, dims, strict=True))

    def named(self, level: LoopLevel, loop: Loop) -> bool:
        """Whether `level` names `loop`, maybe by a definition that shares it."""
        if loop.matches(level):
            return True
        func = str(level.func)
        if loop.dim.name != level.var or func not in self.schedules:
            return False
        count = len(self.schedules[func].stages)
        stages = range(count) if level.stage is None else (level.stage,)
        return any(loop in self.loops(func, s) for s in stages if s < count)

    def common_loops(self, name: str) -> tuple[Loop, ...]:
        """Return the loops that enclose every use of Func `name`, outermost first."""
        nests = [
            self.around(self.schedules[u.consumer].compute_level) + self.loops(u.consumer, u.stage)
            for u in self.uses(name)
        ]
        common: list[Loop] = []
        for level in zip(*nests, strict=False):
            # A loop that the Func shares with its users, by compute_with, is one of its own.
            if level[0].func == name or any(loop != level[0] for loop in level):
                break
            common.append(level[0])
        return tuple(common)

    def legal_levels(self, name: str) -> list[LoopLevel]:
        """Return the loop levels at which Func `name` may be computed, outermost first."""
        return [LoopLevel.at(x.func, x.dim.name, x.stage) for x in self.common_loops(name)]
