"""Which stored Funcs are computed inside the loops of another, tile by tile."""

from __future__ import annotations

from halo.autoschedule.group import Group, sums_up
from halo.autoschedule.index import Index
from halo.autoschedule.program import Func, Program
from halo.autoschedule.regions import Region, region_in
from halo.autoschedule.steps import join_stepped, join_steps
from halo.autoschedule.strips import join_strips, join_whole_strips
from halo.autoschedule.totals import join_totals, tile_of
from halo.target import Target


def form_groups(program: Program, target: Target) -> tuple[list[Group], dict[str, str]]:
    """Return the groups of what is not inlined, consumers first, and why Funcs are at root."""
    groups: dict[str, Group] = {}
    apart: dict[str, str] = {}
    homes: dict[str, Group] = {}
    for f in reversed(list(program.funcs.values())):
        if not f.users and not f.is_output:
            continue
        group, reason = _home(program, f, homes, target)
        if group is None:
            groups[f.name] = group = Group(f)
            apart[f.name] = reason
        homes[f.name] = group
    return list(groups.values()), apart


def _home(
    program: Program, f: Func, homes: dict[str, Group], target: Target
) -> tuple[Group | None, str]:
    """Return the group that `f` is computed in, or None and why it stands alone."""
    if f.is_output:
        return None, "an output"
    if f.is_given:
        return None, "it has directives"
    around = {id(homes[g]): homes[g] for g, _ in f.users if g in homes}
    if len(around) != 1:
        return None, f"it is used in {len(around)} groups"
    (group,) = around.values()
    refused = _cannot_join(f, group) or _join(program, f, group, target)
    return (None, refused) if refused else (group, "")


def _join(program: Program, f: Func, group: Group, target: Target) -> str:
    """Let `f` be computed in the loops of `group`, or return why not."""
    if group.total is not None:
        return join_totals(program, f, group)
    if group.stepped is not None:
        return join_steps(program, f, group)
    region = region_in(program, f, group.root, group.members)
    if region is None:
        return f"a tile of {group.root.name} may need any cell of it"
    if not f.is_cell_by_cell:
        joined = join_whole_strips(f, group, region)
        return "" if joined else "its updates reach other cells"
    if group.whole is not None:
        return f"{group.root.name} is computed strip by strip"
    if _is_total(f, group, region):
        group.total = f
        group.tile, group.tile_row = tile_of(group.root, f, target)
        group.why[f.name] = "summed up in registers, tile by tile"
        return ""
    if join_stepped(program, f, group, region):
        return ""
    return join_strips(f, group, region)


def _cannot_join(f: Func, group: Group) -> str:
    root = group.root
    if root.is_given:
        return f"{root.name} has directives"
    if not root.is_pure or not root.args:
        return f"{root.name} has updates"
    if any(s.is_extern for s in f.stages):
        return "a C function computes it"
    return ""


def _is_total(f: Func, group: Group, region: Region) -> bool:
    same = tuple(Index(((v, 1.0),)) for v in group.root.args)
    return region == same and sums_up(f) and not group.members
