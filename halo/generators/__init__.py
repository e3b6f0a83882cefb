"""Generators: classes that make a pipeline from parameters, compiled by name from a command line.

``python my_generators.py -g blur -o build target=host radius=3`` writes ``build/blur.a`` and
``build/blur.h`` where ``my_generators.py`` ends with ``halo.main()``.
"""

from halo.generators.base import Generator
from halo.generators.context import GeneratorContext, active_generator_context
from halo.generators.declarations import (
    GeneratorParam,
    InputBuffer,
    InputScalar,
    OutputBuffer,
    OutputScalar,
)
from halo.generators.entry import main
from halo.generators.registry import alias, create_callable_from_generator, generator

__all__ = [
    "Generator",
    "GeneratorContext",
    "GeneratorParam",
    "InputBuffer",
    "InputScalar",
    "OutputBuffer",
    "OutputScalar",
    "active_generator_context",
    "alias",
    "create_callable_from_generator",
    "generator",
    "main",
]
