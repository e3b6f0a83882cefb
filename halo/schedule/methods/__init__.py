"""The fluent methods of Funcs and update stages, which record directives."""

from halo.schedule.methods.bounds import BoundsMethods
from halo.schedule.methods.companions import CompanionMethods
from halo.schedule.methods.devices import DeviceMethods
from halo.schedule.methods.levels import LevelMethods
from halo.schedule.methods.log import EntryLog, ScheduleLog
from halo.schedule.methods.observing import ObservingMethods
from halo.schedule.methods.prefetching import PrefetchMethods
from halo.schedule.methods.special import Specialization, SpecialMethods
from halo.schedule.methods.storage import StorageMethods


class ScheduleMethods(SpecialMethods, CompanionMethods, PrefetchMethods, DeviceMethods):
    """Directives as methods of a Func (its pure definition) or of an update stage."""

    __slots__ = ()


class FuncScheduleMethods(
    ScheduleMethods, LevelMethods, BoundsMethods, StorageMethods, ObservingMethods
):
    """Directives as methods of a Func: those of its pure definition and those of the whole."""

    __slots__ = ()


__all__ = ["EntryLog", "FuncScheduleMethods", "ScheduleLog", "ScheduleMethods", "Specialization"]
