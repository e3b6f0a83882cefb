"""``python -m onnx_frontend.cli`` is the command `halo`."""

from onnx_frontend.cli import main

main()
