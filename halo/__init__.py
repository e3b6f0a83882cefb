"""halo: array programs as pure functions on integer grids, compiled to fast C.

Say *what* to compute with `Func`, `Var` and `RDom`, and *how* with a schedule (`split`, `tile`,
`vectorize`, `parallel`, `compute_at`, ...). Names and meaning are those of Halide's Python binding:

    import halo as hl

    x, y = hl.vars("x y")
    f = hl.Func("f")
    f[x, y] = x + 10 * y
    image = f.realize([3, 2])  # image[x, y] is numpy.asarray(image)[y, x]
"""

from halo.buffer import Buffer, BufferDimension
from halo.errors import (
    BoundsError,
    BufferError,
    CodegenError,
    DefinitionError,
    HaloError,
    InternalError,
    ScheduleError,
    TruthError,
    TypeMismatch,
)
from halo.errors import HaloError as HalideError
from halo.generators import (
    Generator,
    GeneratorContext,
    GeneratorParam,
    InputBuffer,
    InputScalar,
    OutputBuffer,
    OutputScalar,
    active_generator_context,
    alias,
    create_callable_from_generator,
    generator,
    main,
)
from halo.ir.operators import logical_not
from halo.ir.stmt import MemoryType, Partition
from halo.ir.trace import TraceEvent, TraceEventCode
from halo.ir.types import BFloat, Bool, Float, Handle, Int, Type, TypeCode, UInt
from halo.lang import boundary as BoundaryConditions
from halo.lang.absent import module_attribute as __getattr__
from halo.lang.arguments import Argument, ArgumentEstimates, ArgumentKind
from halo.lang.callable import Callable
from halo.lang.casts import (
    bf16,
    cast,
    f16,
    f32,
    f64,
    i8,
    i16,
    i32,
    i64,
    reinterpret,
    u8,
    u16,
    u32,
    u64,
)
from halo.lang.choices import mux, select
from halo.lang.driver import set_driver as _set_driver
from halo.lang.effects import print, print_when, require
from halo.lang.expr import Expr
from halo.lang.extern import ExternFuncArgument
from halo.lang.fixed_point import (
    halving_add,
    halving_sub,
    mul_shift_right,
    rounding_halving_add,
    rounding_mul_shift_right,
    rounding_shift_left,
    rounding_shift_right,
    widen_right_add,
    widen_right_mul,
    widen_right_sub,
    widening_add,
    widening_mul,
    widening_shift_left,
    widening_shift_right,
    widening_sub,
)
from halo.lang.func import Func, Stage, funcs
from halo.lang.func_ref import FuncRef, FuncTupleElementRef
from halo.lang.handlers import JITHandlers
from halo.lang.image_dimension import ImageDimension as Dimension
from halo.lang.image_param import ImageParam
from halo.lang.immediate import evaluate, evaluate_may_gpu, lambda_func
from halo.lang.integer_math import concat_bits, div_round_to_zero, extract_bits, mod_round_to_zero
from halo.lang.interpolation import lerp
from halo.lang.math import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceil,
    cos,
    cosh,
    count_leading_zeros,
    count_trailing_zeros,
    erf,
    exp,
    fast_cos,
    fast_exp,
    fast_inverse,
    fast_inverse_sqrt,
    fast_log,
    fast_pow,
    fast_sin,
    floor,
    fma,
    fract,
    hypot,
    is_finite,
    is_inf,
    is_nan,
    log,
    popcount,
    pow,
    round,
    rsqrt,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    trunc,
)
from halo.lang.memoize import (
    EvictionKey,
    memoization_cache_cleanup,
    memoization_cache_evict,
    memoization_cache_set_size,
    memoize_tag,
)
from halo.lang.operators import (
    abs,
    absd,
    clamp,
    likely,
    likely_if_innermost,
    logical_and,
    logical_or,
    max,
    min,
    strict_float,
    unsafe_promise_clamped,
)
from halo.lang.output_files import OutputFileType, StmtOutputFormat
from halo.lang.output_image_param import OutputImageParam
from halo.lang.param import Param
from halo.lang.pipeline import Pipeline
from halo.lang.profile import FuncProfile, ProfileReport
from halo.lang.random import random_float, random_int, random_uint
from halo.lang.rdom import Range, RDom, RVar
from halo.lang.reductions import argmax, argmin, maximum, minimum, product, sum
from halo.lang.saturation import (
    i8_sat,
    i16_sat,
    i32_sat,
    i64_sat,
    saturating_add,
    saturating_cast,
    saturating_sub,
    u8_sat,
    u16_sat,
    u32_sat,
    u64_sat,
)
from halo.lang.times import RealizeTimes
from halo.lang.tuple import Tuple
from halo.lang.undefined import undef
from halo.lang.var import (
    PLACEHOLDER as _,
)
from halo.lang.var import (
    Var,
    _0,
    _1,
    _2,
    _3,
    _4,
    _5,
    _6,
    _7,
    _8,
    _9,
    vars,
)
from halo.pipeline import DRIVER as _DRIVER
from halo.pipeline.why import Why, why
from halo.schedule.align import LoopAlignStrategy
from halo.schedule.directives import PrefetchBoundStrategy
from halo.schedule.methods.loop_level import LoopLevel
from halo.schedule.schedule import Schedule
from halo.schedule.tail import TailStrategy
from halo.target import (
    Target,
    TargetArch,
    TargetFeature,
    TargetOS,
    get_host_target,
    get_jit_target_from_environment,
    get_target_from_environment,
)

_set_driver(_DRIVER)

# fmt: off
__all__ = [
    "Argument", "ArgumentEstimates", "ArgumentKind", "BFloat", "Bool", "BoundaryConditions",
    "BoundsError", "Buffer", "BufferDimension", "BufferError", "Callable", "CodegenError",
    "DefinitionError", "Dimension", "EvictionKey", "Expr", "ExternFuncArgument", "Float", "Func",
    "FuncProfile", "FuncRef", "FuncTupleElementRef", "Generator", "GeneratorContext",
    "GeneratorParam", "HalideError", "HaloError", "Handle", "ImageParam", "InputBuffer",
    "InputScalar", "Int", "InternalError", "JITHandlers", "LoopAlignStrategy", "LoopLevel",
    "MemoryType", "OutputBuffer", "OutputFileType", "OutputImageParam", "OutputScalar", "Param",
    "Partition", "Pipeline", "PrefetchBoundStrategy", "ProfileReport", "RDom", "RVar", "Range",
    "RealizeTimes", "Schedule", "ScheduleError", "Stage", "StmtOutputFormat", "TailStrategy",
    "Target", "TargetArch", "TargetFeature", "TargetOS", "TraceEvent", "TraceEventCode",
    "TruthError", "Tuple", "Type", "TypeCode", "TypeMismatch", "UInt", "Var", "Why", "_", "_0",
    "_1", "_2", "_3", "_4", "_5", "_6", "_7", "_8", "_9", "abs", "absd", "acos", "acosh",
    "active_generator_context", "alias", "argmax", "argmin", "asin", "asinh", "atan", "atan2",
    "atanh", "bf16", "cast", "ceil", "clamp", "concat_bits", "cos", "cosh", "count_leading_zeros",
    "count_trailing_zeros", "create_callable_from_generator", "div_round_to_zero", "erf",
    "evaluate", "evaluate_may_gpu", "exp", "extract_bits", "f16", "f32", "f64", "fast_cos",
    "fast_exp", "fast_inverse", "fast_inverse_sqrt", "fast_log", "fast_pow", "fast_sin", "floor",
    "fma", "fract", "funcs", "generator", "get_host_target", "get_jit_target_from_environment",
    "get_target_from_environment", "halving_add", "halving_sub", "hypot", "i8", "i8_sat", "i16",
    "i16_sat", "i32", "i32_sat", "i64", "i64_sat", "is_finite", "is_inf", "is_nan", "lambda_func",
    "lerp", "likely", "likely_if_innermost", "log", "logical_and", "logical_not", "logical_or",
    "main", "max", "maximum", "memoization_cache_cleanup", "memoization_cache_evict",
    "memoization_cache_set_size", "memoize_tag", "min", "minimum", "mod_round_to_zero",
    "mul_shift_right", "mux", "popcount", "pow", "print", "print_when", "product", "random_float",
    "random_int", "random_uint", "reinterpret", "require", "round", "rounding_halving_add",
    "rounding_mul_shift_right", "rounding_shift_left", "rounding_shift_right", "rsqrt",
    "saturating_add", "saturating_cast", "saturating_sub", "select", "sin", "sinh", "sqrt",
    "strict_float", "sum", "tan", "tanh", "trunc", "u8", "u8_sat", "u16", "u16_sat", "u32",
    "u32_sat", "u64", "u64_sat", "undef", "unsafe_promise_clamped", "vars", "why",
    "widen_right_add", "widen_right_mul", "widen_right_sub", "widening_add", "widening_mul",
    "widening_shift_left", "widening_shift_right", "widening_sub",
]
# fmt: on
