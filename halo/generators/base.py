"""Generator: the base of classes that make a pipeline from parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import NoneType
from typing import Any

from halo.buffer import Buffer
from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.generators.context import GeneratorContext, context_or_default
from halo.generators.declarations import (
    Declaration,
    GeneratorParam,
    InputBuffer,
    InputScalar,
    OutputBuffer,
)
from halo.ir.types import Type
from halo.lang.absent import AbsentMembers
from halo.lang.callable import Callable
from halo.lang.func import Func
from halo.lang.image_param import ImageParam
from halo.lang.param import Param
from halo.lang.pipeline import Pipeline
from halo.target import Target

_NAME = re.compile(r"(?!.*__)[A-Za-z][A-Za-z0-9_]*")


class Generator(AbsentMembers):
    """A pipeline in the making; subclasses declare what it takes and override `generate`.

    Class members that are a `GeneratorParam`, `InputBuffer`, `InputScalar`, `OutputBuffer` or
    `OutputScalar` declare; in `generate` they are values, ImageParams, Params and Funcs. Inputs
    come before outputs in calls, each in the order of the class.

    Parameters
    ----------
    generator_params
        Values of GeneratorParams by name; ``NAME.type`` and ``NAME.dim`` fill in what the
        declaration of input or output NAME leaves open.

    Raises
    ------
    DefinitionError, TypeMismatch
        A declaration or a parameter is not right.
    """

    registered_name = ""
    alias_params: Mapping[str, Any] = {}

    def __init__(self, generator_params: Mapping[str, Any] | None = None) -> None:
        self._context = context_or_default()
        self._members: set[str] = set()
        self._configuring = False
        self._pipeline: Pipeline | None = None
        self._required: list[tuple[Any, tuple[Any, ...]]] = []
        self._declared: dict[str, Declaration] = {}
        self._open: dict[str, Any] = {}
        if not isinstance(generator_params, (Mapping, NoneType)):
            raise TypeMismatch(
                f"generator_params is a dict of names to values, not {generator_params!r}",
                where=user_location(),
            )
        values = {**self.alias_params, **(generator_params or {})}
        params: dict[str, GeneratorParam] = {}
        for name, member in _declarations(type(self)).items():
            _check_name(name)
            if isinstance(member, GeneratorParam):
                params[name] = member
            else:
                self._declared[name] = member
        for name, value in values.items():
            if name not in params:
                self._open[name] = value
        for name, param in params.items():
            value = param.parsed(name, values[name]) if name in values else param.value
            object.__setattr__(self, name, value)
        self._members.update(params)
        self._configure(sorted(params))

    def _configure(self, params: list[str]) -> None:
        """Let the class add members, then settle the types of all."""
        self._configuring = True
        self.configure()
        self._configuring = False
        for name, declaration in self._declared.items():
            types = self._open.pop(f"{name}.type", None)
            count = self._open.pop(f"{name}.dim", None)
            self._declared[name] = declaration.resolved(name, types, count)
        if self._open:
            raise DefinitionError(
                f"generator {self.name()} has no parameter {', '.join(map(repr, self._open))}",
                where=user_location(),
                hint=f"it has {', '.join(params) or 'none'}",
            )
        if not self._outputs():
            raise DefinitionError(
                f"generator {self.name()} declares no output", where=user_location()
            )

    def configure(self) -> None:
        """Declare more inputs and outputs, depending on parameters; override it."""

    def generate(self) -> None:
        """Define the outputs and schedule them; override it."""
        raise DefinitionError(
            f"generator {self.name()} has no generate method", where=user_location()
        )

    def name(self) -> str:
        """Return the name it is registered under."""
        return self.registered_name or type(self).__name__

    def context(self) -> GeneratorContext:
        """Return what it is made for."""
        return self._context

    def target(self) -> Target:
        """Return the target it is made for."""
        return self._context.target()

    def natural_vector_size(self, type: Type) -> int:
        """Return how many elements of `type` fill a vector register of the target."""
        return self.target().natural_vector_size(type)

    def using_autoscheduler(self) -> bool:
        """Whether a program makes the schedule: never."""
        return False

    def allow_out_of_order_inputs_and_outputs(self) -> bool:
        """Whether inputs may be declared after outputs: always. Inputs come first in calls."""
        return True

    def add_requirement(self, condition: Any, *args: Any) -> None:
        """Require something of each call of the pipeline; see `Pipeline.add_requirement`."""
        self._required.append((condition, args))

    def add_input(self, name: str, declaration: InputBuffer | InputScalar) -> None:
        """Declare one more input, in `configure`."""
        self._add(name, declaration, (InputBuffer, InputScalar), "input")

    def add_output(self, name: str, declaration: OutputBuffer) -> None:
        """Declare one more output, in `configure`."""
        self._add(name, declaration, (OutputBuffer,), "output")

    def _add(self, name: str, declaration: Any, kinds: tuple[type, ...], what: str) -> None:
        if not self._configuring:
            raise DefinitionError(
                f"an {what} is added outside of configure()", where=user_location()
            )
        if not any(isinstance(declaration, kind) for kind in kinds):
            raise TypeMismatch(f"{declaration!r} is no {what}", where=user_location())
        _check_name(name)
        if name in self._declared or hasattr(self, name):
            raise DefinitionError(
                f"generator {self.name()} has a member '{name}' already", where=user_location()
            )
        self._declared[name] = declaration

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__.get("_members", ()):
            raise DefinitionError(
                f"'{name}' of generator {self.name()} is assigned to",
                where=user_location(),
                hint=f"define its cells: self.{name}[...] = ...",
            )
        object.__setattr__(self, name, value)

    def _inputs(self) -> list[str]:
        return [n for n, d in self._declared.items() if isinstance(d, (InputBuffer, InputScalar))]

    def _outputs(self) -> list[str]:
        return [n for n, d in self._declared.items() if isinstance(d, OutputBuffer)]

    def build_pipeline(self, inputs: Mapping[str, Any] | None = None) -> Pipeline:
        """Return the pipeline, made once.

        Parameters
        ----------
        inputs
            What stands for inputs, by name; new ImageParams and Params for the others.

        Raises
        ------
        DefinitionError, TypeMismatch
            `generate` leaves an output undefined, or defines another one than is declared.
        """
        if self._pipeline is not None:
            return self._pipeline
        given = inputs or {}
        for name, declaration in self._declared.items():
            bound = name in given
            made = _bound(name, declaration, given[name]) if bound else declaration.make(name)
            object.__setattr__(self, name, made)
        self._members.update(self._declared)
        with self._context:
            self.generate()
        for name in self._outputs():
            self._check_output(name)
        self._pipeline = Pipeline([getattr(self, n) for n in self._outputs()])
        for condition, args in self._required:
            self._pipeline.add_requirement(condition, *args)
        return self._pipeline

    def _check_output(self, name: str) -> None:
        f: Func = getattr(self, name)
        if not f.defined():
            raise DefinitionError(
                f"generator {self.name()} leaves its output '{name}' undefined",
                where=user_location(),
                hint=f"self.{name}[...] = ... in generate()",
            )

    def input_arguments(self) -> list[Any]:
        """Return the ImageParams and Params, in the order of calls, once the pipeline is built."""
        self.build_pipeline()
        return [getattr(self, n) for n in self._inputs()]

    def compile_to_callable(self) -> Callable:
        """Return the compiled pipeline: inputs, then outputs, by position or by name."""
        pipeline = self.build_pipeline()
        return pipeline.compile_to_callable(self.input_arguments(), self.target())

    @classmethod
    def call(
        cls, *args: Any, generator_params: Mapping[str, Any] | None = None, **named: Any
    ) -> Any:
        """Return the outputs as Funcs, of inputs given by position or by name.

        An input array is a Buffer or an ImageParam, an input scalar a number or a Param.

        Returns
        -------
        Func or tuple of Func
            One Func for each output.

        Raises
        ------
        DefinitionError
            An input is missing, unknown or given twice.
        TypeMismatch
            An input is not what is declared.
        """
        made = cls(generator_params)
        made.build_pipeline(made._placed(args, named))
        funcs = tuple(getattr(made, n) for n in made._outputs())
        return funcs[0] if len(funcs) == 1 else funcs

    def _placed(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        names = self._inputs()
        wrong = [n for n in named if n not in names or n in names[: len(args)]]
        missing = [n for n in names[len(args) :] if n not in named]
        problem = ""
        if len(args) > len(names):
            problem = f"takes {len(names)} inputs, {len(args)} are given"
        elif wrong:
            twice = wrong[0] in names
            problem = f"is given '{wrong[0]}' twice" if twice else f"has no input '{wrong[0]}'"
        elif missing:
            problem = f"is given no value for {', '.join(missing)}"
        if problem:
            raise DefinitionError(
                f"generator {self.name()} {problem}",
                where=user_location(),
                hint=f"its inputs are {', '.join(names) or 'none'}",
            )
        return {**dict(zip(names, args, strict=False)), **named}


def _declarations(cls: type) -> dict[str, GeneratorParam | Declaration]:
    """Return what `cls` and its bases declare, those of bases first, each in order."""
    members = {n: m for base in reversed(cls.__mro__) for n, m in vars(base).items()}
    return {n: m for n, m in members.items() if isinstance(m, (GeneratorParam, Declaration))}


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name == "generator_params" or hasattr(Generator, name):
        raise DefinitionError(
            f"a member of a generator cannot be called '{name}'",
            where=user_location(),
            hint="it begins with a letter, has no __, and is no method of Generator",
        )


def _bound(name: str, declaration: Declaration, value: Any) -> Any:
    """Return what stands for an input that a call gives `value`."""
    if isinstance(declaration, InputScalar):
        if isinstance(value, (bool, int, float)):
            param = declaration.make(name)
            param.set(value)
            return param
        if not isinstance(value, Param):
            raise TypeMismatch(
                f"the input '{name}' is a number or a Param, not {value!r}", where=user_location()
            )
    elif isinstance(value, Buffer):
        image = ImageParam(value.type(), value.dimensions(), name)
        if value.dimensions():
            image.dim(0).set_stride(None)  # a Buffer may be laid out as it likes
        image.set(value)
        value = image
    elif not isinstance(value, ImageParam):
        raise TypeMismatch(
            f"the input '{name}' is a Buffer or an ImageParam, not {value!r}",
            where=user_location(),
        )
    dimensions = value.dimensions() if isinstance(value, ImageParam) else 0
    if ((value.type(),), dimensions) != (declaration.types, declaration.dimensions):
        raise TypeMismatch(
            f"the input '{name}' is declared as {_listed(declaration.types or ())} of "
            f"{declaration.dimensions} dimensions, and is given {value.type()} of {dimensions}",
            where=user_location(),
        )
    return value


def _listed(types: Any) -> str:
    return ", ".join(map(str, types))
