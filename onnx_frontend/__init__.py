"""The ONNX compiler: trained models to machine code.

import onnx_frontend

model = onnx_frontend.compile("model.onnx", shapes={"x": (1, 3, 48, "width")})
answers = model.run({"x": pixels})
model.save("build/model")  # libmodel.so, model.h, model.c
model = onnx_frontend.load("build/model")  # needs no compiler
"""

from halo.ops.tensor import Tensor
from onnx_frontend.c_function import CFunction
from onnx_frontend.checking import CheckReport, check_model
from onnx_frontend.comparing import Tolerance, compare
from onnx_frontend.compiled_model import CompiledModel, CompileReport, load
from onnx_frontend.compiler import compile
from onnx_frontend.context import NodeContext
from onnx_frontend.errors import ModelError, PluginError, UnsupportedOp
from onnx_frontend.graph import Graph, Node
from onnx_frontend.graph_passes import graph_pass
from onnx_frontend.package import PackageError
from onnx_frontend.reduced_files import write_reduction
from onnx_frontend.reducing import Reduction, reduce_model
from onnx_frontend.registry import operator

__all__ = [
    "CFunction",
    "CheckReport",
    "CompileReport",
    "CompiledModel",
    "Graph",
    "ModelError",
    "Node",
    "NodeContext",
    "PackageError",
    "PluginError",
    "Reduction",
    "Tensor",
    "Tolerance",
    "UnsupportedOp",
    "check_model",
    "compare",
    "compile",
    "graph_pass",
    "load",
    "operator",
    "reduce_model",
    "write_reduction",
]
