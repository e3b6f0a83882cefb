"""Operators of the domain com.microsoft, a family to a file; importing it registers them all."""

from onnx_frontend.microsoft import lstm, quantized, quantized_pool, quantized_products

__all__ = ["lstm", "quantized", "quantized_pool", "quantized_products"]
