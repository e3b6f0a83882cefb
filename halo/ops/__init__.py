"""Operators on tensors, each defined as Funcs."""
