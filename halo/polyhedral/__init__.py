"""Exact answers about affine integer expressions, from isl.

What is proven with unknowns (expressions that are not affine) holds; what is not proven with
unknowns is reported as not known, never as false. The cost of a question depends on its text, not
on the extents in it; a question that isl cannot answer in a bounded number of steps counts as not
known. Only this package uses islpy.
"""

from halo.polyhedral.bounds import Affine, affine_from_expr, always_true, image_box
from halo.polyhedral.clash import Clash, Unproven, first_clash, first_reversal
from halo.polyhedral.translate import Ranges

__all__ = [
    "Affine",
    "Clash",
    "Ranges",
    "Unproven",
    "affine_from_expr",
    "always_true",
    "first_clash",
    "first_reversal",
    "image_box",
]
