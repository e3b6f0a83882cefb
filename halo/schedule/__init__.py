"""Schedules as data: directives, what they add up to, and whether that is legal."""
