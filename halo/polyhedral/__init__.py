"""Exact answers about affine integer expressions, from isl.

What is proven with unknowns (expressions that are not affine) holds; what is not proven with
unknowns is reported as not known, never as false. The cost of a question depends on its text, not
on the extents in it; a question that isl cannot answer in a bounded number of steps counts as not
known. Only this package uses islpy.
"""

from halo.polyhedral.bounds import Affine, affine_from_expr, always_true, image_box
from halo.polyhedral.clash import Clash, Unproven, fusion_clash, order_clash
from halo.polyhedral.pairs import Axis, Touch, Work
from halo.polyhedral.translate import Ranges

__all__ = [
    "Affine",
    "Axis",
    "Clash",
    "Ranges",
    "Touch",
    "Unproven",
    "Work",
    "affine_from_expr",
    "always_true",
    "fusion_clash",
    "image_box",
    "order_clash",
]
