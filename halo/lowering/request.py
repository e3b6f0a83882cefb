"""What lowering is asked for, and what it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from halo.ir.function import Dimension, Function, Image, Parameter, Requirement
from halo.ir.interval import Interval
from halo.ir.lowered import Constant, LoweredFunc
from halo.ir.stmt import Stmt
from halo.lowering.copies import LoopKey
from halo.schedule.receipts import Receipts
from halo.schedule.schedule import Schedule

Scope = Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Request:
    """What to lower.

    Attributes
    ----------
    name
        Of the function to make.
    outputs
        Functions whose cells are wanted.
    schedule
        How to compute them.
    cuts
        Function to the image that stands for it: it is read, not computed.
    output_dims
        Output buffer to what is promised about its dimensions.
    alignments
        Output buffer to the bytes that its address is promised to be a multiple of.
    requirements
        What must hold when the function is called.
    scalars
        Free index variables of the definitions (symbolic sizes) and their ranges; they become
        int32 arguments, after the buffers.
    args
        The inputs in the order of the function's arguments; None: in order of first use.
    trusted
        Called by generated code only: check nothing. All `Dimension`s must be complete.
    checked
        Inputs of which it is checked all the same that they hold what is read, and what leads the
        message.
    features
        What the target asks for beside instructions, such as ``trace_stores``.
    """

    name: str
    outputs: Sequence[Function]
    schedule: Schedule
    cuts: Mapping[str, Image] = field(default_factory=dict)
    output_dims: Mapping[str, tuple[Dimension, ...]] = field(default_factory=dict)
    alignments: Mapping[str, int] = field(default_factory=dict)
    requirements: Sequence[Requirement] = ()
    scalars: Scope = field(default_factory=dict)
    args: Sequence[Image | Parameter] | None = None
    trusted: bool = False
    checked: Mapping[str, str] = field(default_factory=dict)
    features: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lowered:
    """What lowering made.

    Attributes
    ----------
    func
        For a back end.
    receipts
        What became of each directive.
    loops
        The statement before storage was flattened, for `print_loop_nest`; its loops are of the
        kind that they run as.
    inputs
        Images and parameters in the order of `func`'s arguments.
    embedded
        Buffers that are no arguments: `func` reads them as constants, from the cell at the mins.
    constants
        Functions that were precomputed.
    serial
        Loops that were to be vectorised or unrolled and are not, with the reason.
    """

    func: LoweredFunc
    receipts: Receipts
    loops: Stmt
    inputs: tuple[Image | Parameter, ...]
    embedded: tuple[Image, ...] = ()
    constants: tuple[Constant, ...] = ()
    serial: Mapping[LoopKey, str] = field(default_factory=dict)
