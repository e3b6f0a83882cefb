"""Operators of the domain com.microsoft, a family to a file; importing it registers them all."""

from onnx_frontend.microsoft import (
    activation,
    arrays,
    attention,
    bits,
    convolution,
    embedding,
    group_query,
    lstm,
    normalization,
    products,
    quantized,
    quantized_pool,
    quantized_products,
    standard,
)

__all__ = [
    "activation",
    "arrays",
    "attention",
    "bits",
    "convolution",
    "embedding",
    "group_query",
    "lstm",
    "normalization",
    "products",
    "quantized",
    "quantized_pool",
    "quantized_products",
    "standard",
]
