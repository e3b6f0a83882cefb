"""Buffer: an array in memory with a place on the integer grid.

Axis order: dimension 0 is the first coordinate, x, and the *last* axis of the numpy array, so
that ``Buffer(a)[x, y]`` is ``a[y, x]`` and a C-ordered array has stride 1 in dimension 0. This is
what Halide's Python binding does; ``reverse_axes=False`` keeps numpy's order instead.
"""

from halo.buffer.base import BufferDimension
from halo.buffer.buffer import Buffer

__all__ = ["Buffer", "BufferDimension"]
