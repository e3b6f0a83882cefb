"""The language: what to compute, as Funcs on integer grids."""
