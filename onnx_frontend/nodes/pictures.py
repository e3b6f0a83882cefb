"""ImageDecoder: images in the formats of files become pixels."""

from __future__ import annotations

from halo.ops.tensor import OpKind, Tensor
from halo.ops.views import view
from onnx_frontend.context import NodeContext
from onnx_frontend.pictures import CHANNELS, pixels_of
from onnx_frontend.registry import operator


@operator("ImageDecoder", since=20, codes=True)
def decode_image(node: NodeContext, x: Tensor) -> Tensor:
    """The pixels of an image, which Python decodes before the library runs."""
    pixels = node.text("pixel_format", "RGB")
    if pixels not in CHANNELS:
        node.fail(f"pixel_format {pixels!r}", hint=f"it is {', '.join(CHANNELS)}")
    if x.kind is not OpKind.INPUT or pixels_of(x.encoding) != pixels:
        node.unsupported(
            "bytes that are an input of the model and go nowhere else: images are decoded before "
            "the compiled library runs, which has no decoder"
        )
    made = view(node.output(), x.shape, x.at, x, what="identity")
    made.encoding = None
    return made
