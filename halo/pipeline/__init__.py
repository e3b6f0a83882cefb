"""The driver: lower Funcs, build the code, load it, run it."""

from halo.pipeline.compiled import Compiled, CompileTimes
from halo.pipeline.driver import DRIVER
from halo.pipeline.parts import schedule_of
from halo.pipeline.request import c_name

__all__ = ["DRIVER", "CompileTimes", "Compiled", "c_name", "schedule_of"]
