"""What outputs are made of, and what their code depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from halo.buffer import Buffer
from halo.ir.expr import as_const
from halo.ir.function import Function, Image
from halo.lowering.program import calls_in, images_among, nodes_of
from halo.schedule.methods import EntryLog
from halo.schedule.schedule import Schedule
from halo.target import Target


@dataclass(frozen=True, slots=True)
class Parts:
    """What outputs are made of: their Functions and the images these read, each once.

    Functions that only a schedule made, such as wrappers, are not among them.
    """

    functions: tuple[Function, ...]
    images: tuple[Image, ...]

    @staticmethod
    def of(outputs: Sequence[Function]) -> Parts:
        """Walk the definitions of `outputs` and of all they use."""
        functions: dict[str, Function] = {}
        images: dict[str, Image] = {}
        stack = list(reversed(outputs))
        while stack:
            f = stack.pop()
            if f.name in functions:
                continue
            functions[f.name] = f
            calls = [c for d in f.definitions for c in calls_in(d)]
            stack.extend(c.func for c in calls if isinstance(c.func, Function))
            found = images_among(n for d in f.definitions for n in nodes_of(d))
            images.update({image.name: image for image in found})
        return Parts(tuple(functions.values()), tuple(images.values()))

    def logs(self) -> list[EntryLog]:
        """Return the directives' logs; those of what a directive made come after its own."""
        found: list[EntryLog] = []
        own: list[Function | Image] = [*self.functions, *self.images]
        stack = [x.schedule_log for x in reversed(own)]
        while stack:
            log = stack.pop()
            if log is not None:
                found.append(log)
                stack.extend(f.schedule_log for f in reversed(log.made.values()))
        return found

    def schedule(self) -> Schedule:
        """Return all directives; what makes a Func stands before those that have it for consumer.

        Such are wrappers and clones that are for a wrapper or clone of another Func.
        """
        return Schedule(tuple(e for log in _makers_first(self.logs()) for e in log.settled()))

    def key(self, buffers: Sequence[Buffer], target: Target) -> object:
        """Return what the code depends on beside the definitions, which no longer change."""
        logs = [len(log.entries) for log in self.logs()]
        logs.append(sum(len(f.requirements) for f in self.functions))
        outputs = [image for f in self.functions for image in f.output_images]
        promises = [_promise(image) for image in (*self.images, *outputs)]
        strides = [is_dense(b) for b in buffers]
        return (self.functions, tuple(logs), tuple(promises), tuple(strides), str(target))


def _makers_first(logs: list[EntryLog]) -> list[EntryLog]:
    """Return `logs`, each behind those that make what its directives redirect or it belongs to."""
    maker = {f.name: log.name for log in logs for f in log.made.values()}
    needs: dict[str, set[str]] = {}
    for log in logs:
        named = [log.name, *(n for d in log.made for n in d.names())]
        needs[log.name] = {maker[n] for n in named if n in maker} - {log.name}
    if not any(needs.values()):
        return logs
    ordered: list[EntryLog] = []
    waiting = list(logs)
    while waiting:
        open_names = {log.name for log in waiting}
        ready = (log for log in waiting if not needs[log.name] & open_names)
        ordered.append(next(ready, waiting[0]))
        waiting.remove(ordered[-1])
    return ordered


def schedule_of(outputs: Sequence[Function]) -> Schedule:
    """Return the directives given for `outputs` and the Functions they use."""
    return Parts.of(outputs).schedule()


def _promise(image: Image) -> object:
    """Return what code depends on of `image`; constants by value."""
    fields = [e for d in image.dims for e in (d.min, d.extent, d.stride)]
    known = [None if e is None else as_const(e) for e in fields]
    values = [e if k is None else k for e, k in zip(fields, known, strict=True)]
    return (image.alignment, image.free_stride, tuple(values))


def is_dense(b: Buffer) -> bool:
    return b.dimensions() > 0 and b.dim(0).stride() == 1
