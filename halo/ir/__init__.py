"""The intermediate representation: types, expressions, statements and what works on them."""

import sys

from halo.ir import printer as printer  # gives nodes their text form

# Passes recurse along expressions, and an unrolled reduction is a sum hundreds of terms deep.
# Frames of Python functions live on the heap, so a higher limit costs no stack.
_DEPTH = 20_000
if sys.getrecursionlimit() < _DEPTH:
    sys.setrecursionlimit(_DEPTH)
