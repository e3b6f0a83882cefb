"""Func: an array of cells, what each cell is, and in what order to compute them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, SupportsIndex

from halo.buffer import Buffer
from halo.errors import DefinitionError, user_location
from halo.ir.expr import Expr
from halo.ir.function import Definition, Function
from halo.ir.operators import as_expr
from halo.ir.types import Type
from halo.lang.compile import CompileMethods
from halo.lang.coordinates import as_key
from halo.lang.definition import define_pure, define_update, implicit_count
from halo.lang.extern import Bounds, Implementation, define_extern
from halo.lang.func_ref import FuncRef, PendingUpdate, as_values
from halo.lang.image_param import ImageParam
from halo.lang.names import fresh_name, need_text, unique_name
from halo.lang.output_image_param import OutputMethods
from halo.lang.rdom import RVar
from halo.lang.realization import realize
from halo.lang.rfactor import rfactor
from halo.lang.var import IMPLICIT, Var
from halo.lang.wrap import clone, set_handle, wrap
from halo.schedule.methods import FuncScheduleMethods, ScheduleLog, ScheduleMethods
from halo.schedule.state import complete
from halo.synonyms import also_named
from halo.target import Target


class Func(FuncScheduleMethods, OutputMethods, CompileMethods):
    """A function from integer coordinates to values.

    ``f[x, y] = e`` defines it for all x and y. Further definitions update cells, in order:
    ``f[x, 0] = e``, ``f[r.x, y] += e``. A tuple of expressions gives cells with several values.

    Parameters
    ----------
    what
        A name for messages and the generated code; or an expression, Buffer or ImageParam that
        the Func is to stand for; or the Type of the value, or the Types of the values, that the
        definition must have.
    required_dimensions
        After types: the number of dimensions that the definition must have.
    name
        The name, where `what` is something else.
    """

    __slots__ = ("_function",)

    @also_named(required_type="what", required_types="what")
    def __init__(
        self, what: Any = "", required_dimensions: int | None = None, name: str = ""
    ) -> None:
        types = _required(what) if required_dimensions is not None else ()
        text = what if isinstance(what, str) else name
        self._function = Function(unique_name(text) if text else fresh_name("f"))
        self._function.required_types = types
        self._function.required_dimensions = required_dimensions
        self._function.schedule_log = ScheduleLog(self._function)
        if isinstance(what, (Buffer, ImageParam)):
            self[IMPLICIT[: what.dimensions()]] = what[IMPLICIT[: what.dimensions()]]
        elif not types and not isinstance(what, str):
            e = as_expr(what)
            self[IMPLICIT[: implicit_count((e,))]] = e

    @property
    def function(self) -> Function:
        """The data behind this handle."""
        return self._function

    @property
    def schedule_log(self) -> ScheduleLog:
        """The directives given so far."""
        log: ScheduleLog = self._function.schedule_log
        return log

    def name(self) -> str:
        """Return the name, unique among all Funcs."""
        return self._function.name

    def defined(self) -> bool:
        """Whether there is a pure definition."""
        return self._function.is_defined

    def dimensions(self) -> int:
        """Return the number of dimensions."""
        if not self.defined() and self._function.required_dimensions is not None:
            return self._function.required_dimensions
        self._definition(0)
        return self._function.dimensions

    def args(self) -> list[Var]:
        """Return the Vars of the pure definition."""
        return [Var(n) for n in self._function.args]

    def types(self) -> list[Type]:
        """Return the types of the values."""
        if not self.defined() and self._function.required_types:
            return list(self._function.required_types)
        self._definition(0)
        return list(self._function.types)

    def type(self) -> Type:
        """Return the type of the value, of which there must be one."""
        types = self.types()
        if len(types) != 1:
            self._refuse_several(len(types))
        return types[0]

    def outputs(self) -> int:
        """Return the number of values in a cell."""
        return len(self.types())

    def values(self) -> tuple[Expr, ...]:
        """Return the values of the pure definition."""
        return self._definition(0).values

    def value(self) -> Expr:
        """Return the value of the pure definition, of which there must be one."""
        self._single()
        return self.values()[0]

    def has_update_definition(self) -> bool:
        """Whether there is an update definition."""
        return self._function.has_updates

    def num_update_definitions(self) -> int:
        """Return the number of update definitions."""
        return max(len(self._function.definitions) - 1, 0)

    def update_args(self, idx: int = 0) -> tuple[Expr, ...]:
        """Return the left side of update definition `i`."""
        return self._update(idx).args

    def update_values(self, idx: int = 0) -> tuple[Expr, ...]:
        """Return the values of update definition `i`."""
        return self._update(idx).values

    def update_value(self, idx: int = 0) -> Expr:
        """Return the value of update definition `i`, of which there must be one."""
        self._single()
        return self.update_values(idx)[0]

    def rvars(self, idx: int = 0) -> list[RVar]:
        """Return the dimensions of the RDom of update definition `i`."""
        return [RVar(v.name) for v in self._update(idx).rvars]

    @classmethod
    def of(cls, function: Function) -> Func:
        """Return a handle of a Function that exists already."""
        func = cls.__new__(cls)
        func._function = function
        return func

    @also_named(f="consumers", fs="consumers")
    def in_(self, consumers: Any = None) -> Func:
        """Return the Func that `consumers` read instead of this one: ``wrapper == self``.

        It is inlined until it is scheduled: computed at a loop of its consumer it stages the cells
        needed there. The same consumers give the same wrapper again.

        Parameters
        ----------
        consumers
            A Func, several, or None for all that use it.

        Raises
        ------
        ScheduleError
            When the pipeline is compiled: a consumer does not use this Func.
        """
        return Func.of(wrap(self._function, consumers))

    @also_named(f="consumers", fs="consumers")
    def clone_in(self, consumers: Any) -> Func:
        """Return a second Func with the definitions of this one, used by `consumers` instead.

        It begins with the loops and the storage that this one has then; a place in a loop of
        another Func, and loops shared with one, it does not take over.
        """
        return Func.of(clone(self._function, consumers))

    def update(self, idx: int = 0) -> Stage:
        """Return update definition `i`, to be scheduled."""
        self._update(idx)
        return Stage(self._function, int(idx) + 1)

    def __getitem__(self, key: Any) -> FuncRef:
        return FuncRef(self._function, as_key(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(value, PendingUpdate):
            value.define(self._function, as_key(key))
            return
        define = define_update if self._function.is_defined else define_pure
        define(self._function, as_key(key), as_values(value))

    @also_named(type="types", dimensionality="arguments")
    def define_extern(
        self,
        function_name: str,
        params: Sequence[Any],
        types: Type | Sequence[Type],
        arguments: int | Sequence[Var],
        *,
        implementation: Implementation = None,
        bounds: Bounds | None = None,
    ) -> None:
        """Have a C function compute the cells, all those of a box at once.

        It is ``int32_t NAME(halo_context *ctx, ..., const halo_buffer *out)``: the parameters in
        order, then a buffer for each value to be filled. A Func with several values is as many
        buffers, a number has the C type of its own. It returns 0, or a number of its own after it
        wrote what went wrong to ``ctx->error``. Compiled code of halo has this form, too.

        Parameters
        ----------
        function_name
            Name of the C function.
        params
            Funcs, ImageParams and Buffers, given whole; Params and other numbers.
        types
            Type of the value, or of each.
        arguments
            The dimensions as Vars, or their number.
        implementation
            For `realize`: the C text, the Path of a shared library that holds the function, or a
            Python function that takes numbers and Buffers. None: whoever links the C has it.
        bounds
            Called with the (min, extent) of each dimension of the box to compute; returns for
            each Func of `params` a list of the (min, extent) read in each dimension. Without, each
            Func is read where this one is computed.

        Raises
        ------
        DefinitionError
            The Func is defined already, or one of the above does not fit.
        """
        define_extern(
            self._function, function_name, params, types, arguments, implementation, bounds
        )

    def is_extern(self) -> bool:
        """Whether a C function computes it."""
        return self.defined() and self._definition(0).extern is not None

    def extern_function_name(self) -> str:
        """Return the name of the C function; empty if there is none."""
        extern = self._definition(0).extern if self.defined() else None
        return extern.name if extern else ""

    @also_named(dst="destination", sizes="destination")
    def realize(
        self,
        destination: int | Sequence[int] | Buffer | Sequence[Buffer] | None = None,
        target: Target | None = None,
    ) -> Any:
        """Compute the Func over a box.

        Parameters
        ----------
        destination
            The extents, dimension 0 first, mins being 0; nothing for a Func without dimensions;
            or the Buffer to fill, several for a Func of Tuples.
        target
            The machine to compile for; this one by default.

        Returns
        -------
        Buffer, tuple of Buffer, or None
            The new Buffer, one for each value of a Tuple; None where Buffers were given.

        Raises
        ------
        DefinitionError
            It is not defined, or the sizes do not fit its dimensions.
        TypeMismatch, BufferError
            A Buffer does not fit, or an input or Param has no value or another than promised.
        BoundsError
            An input does not hold the cells that are read.
        ScheduleError, CodegenError
            It cannot be compiled.
        """
        return realize([self._function], destination, target)

    def _outputs(self) -> list[Function]:
        return [self._function]

    def _schedule_target(self) -> tuple[Function, int, ScheduleLog]:
        return self._function, 0, self.schedule_log

    def _definition(self, index: int) -> Definition:
        definitions = self._function.definitions
        if not 0 <= index < len(definitions):
            name = self._function.name
            what = f"has no update({index - 1})" if definitions else "is not defined"
            raise DefinitionError(f"{name} {what}", where=user_location())
        return definitions[index]

    def _update(self, idx: object) -> Definition:
        if not isinstance(idx, SupportsIndex):
            name = self._function.name
            what = f"{name}.update({idx!r}): updates have numbers, from 0"
            raise DefinitionError(what, where=user_location(), hint=f"{name}.update(0)")
        return self._definition(int(idx) + 1)

    def _single(self) -> None:
        self._definition(0)
        if len(self._function.types) != 1:
            self._refuse_several(len(self._function.types))

    def _refuse_several(self, count: int) -> NoReturn:
        raise DefinitionError(
            f"{self._function.name} has {count} values, not one: it is of Tuples",
            where=user_location(),
            hint="types(), values() and update_values() give all of them",
        )

    def __repr__(self) -> str:
        return f"Func({self._function.name!r})"


def _required(types: Any) -> tuple[Type, ...]:
    """Return the types that a Func is made for, one or several."""
    several = tuple(types) if isinstance(types, (list, tuple)) else (types,)
    if not several or not all(isinstance(t, Type) for t in several):
        raise DefinitionError(
            f"a Func of a number of dimensions needs the Type of its values, not {types!r}",
            where=user_location(),
            hint='for instance halo.Func(halo.Int(32), 2, "f")',
        )
    return several


class Stage(ScheduleMethods):
    """An update definition of a Func, to be scheduled."""

    __slots__ = ("_function", "_index")

    def __init__(self, function: Function, index: int) -> None:
        self._function = function
        self._index = index

    def name(self) -> str:
        """Return the name of the Func and the number of the update."""
        return f"{self._function.name}.update({self._index - 1})"

    def dump_argument_list(self) -> str:
        """Return the names of its loops, the innermost first, after ``Vars:``."""
        state = complete(self._function.schedule_log.state, self._function)
        dims = state.stages[self._index].dims
        return f"Vars: {' '.join(d.name for d in reversed(dims))}\n"

    @also_named(r="preserved")
    def rfactor(self, preserved: Any, v: Any = None) -> Func:
        """Part the reduction in two and return the Func that is computed first.

        ``rfactor(r.y, u)``, or ``rfactor([(r.x, u), (r.y, v)])``: the Func that it returns has
        the dimensions of this one and then the Vars, one for each loop that is preserved; it
        reduces over the other loops. This update then combines its cells over the preserved
        ones. ``f[x] += e(x, r)`` becomes ``intm[x, u] = 0; intm[x, u] += e(x, r.x, u); f[x] +=
        intm[x, r.y]``, so that `u` may be vectorized or parallel. The loops may come from splits
        and fusions of RVars. Both begin with the schedule that this update has.

        Raises
        ------
        ScheduleError
            The update is not known to be associative, or what is named is no loop over the RDom.
        """
        return Func.of(rfactor(self._function, self._index, preserved, v))

    def _schedule_target(self) -> tuple[Function, int, ScheduleLog]:
        return self._function, self._index, self._function.schedule_log

    def __repr__(self) -> str:
        return f"Stage({self.name()!r})"


def funcs(names: str) -> tuple[Func, ...]:
    """Return a Func for each name in `names`, which are separated by blanks."""
    return tuple(Func(name) for name in need_text("funcs", names).split())


set_handle(Func.of)
