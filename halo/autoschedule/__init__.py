"""A schedule for a pipeline that nobody has scheduled: simple rules, quick, and legal."""

from halo.autoschedule.schedule import auto_schedule

__all__ = ["auto_schedule"]
