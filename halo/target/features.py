"""Names of architectures, systems and features, as Halide writes them, and what they mean here."""

from __future__ import annotations

from enum import Enum


class TargetArch(Enum):
    """A family of processors."""

    ArchUnknown = "arch_unknown"
    X86 = "x86"
    ARM = "arm"
    POWERPC = "powerpc"
    RISCV = "riscv"
    Hexagon = "hexagon"
    WebAssembly = "wasm"


class TargetOS(Enum):
    """An operating system."""

    OSUnknown = "os_unknown"
    Linux = "linux"
    Windows = "windows"
    OSX = "osx"
    Android = "android"
    IOS = "ios"
    QuRT = "qurt"
    NoOS = "noos"
    Fuchsia = "fuchsia"
    wasmrt = "wasmrt"


class TargetFeature(Enum):
    """A feature of a target; the value is its word in the target's text."""

    JIT = "jit"
    LLVM = "llvm"
    Debug = "debug"
    EnableBacktraces = "enable_backtraces"
    NoAsserts = "no_asserts"
    NoBoundsQuery = "no_bounds_query"
    SSE41 = "sse41"
    AVX = "avx"
    AVX2 = "avx2"
    AVXVNNI = "avxvnni"
    FMA = "fma"
    FMA4 = "fma4"
    F16C = "f16c"
    ARMv7s = "armv7s"
    NoNEON = "no_neon"
    VSX = "vsx"
    POWER_ARCH_2_07 = "power_arch_2_07"
    CUDA = "cuda"
    CUDACapability30 = "cuda_capability_30"
    CUDACapability32 = "cuda_capability_32"
    CUDACapability35 = "cuda_capability_35"
    CUDACapability50 = "cuda_capability_50"
    CUDACapability61 = "cuda_capability_61"
    CUDACapability70 = "cuda_capability_70"
    CUDACapability75 = "cuda_capability_75"
    CUDACapability80 = "cuda_capability_80"
    CUDACapability86 = "cuda_capability_86"
    OpenCL = "opencl"
    CLDoubles = "cl_doubles"
    CLAtomics64 = "cl_atomics64"
    UserContext = "user_context"
    Profile = "profile"
    NoRuntime = "no_runtime"
    Metal = "metal"
    CPlusPlusMangling = "c_plus_plus_name_mangling"
    LargeBuffers = "large_buffers"
    HVX = "hvx"
    HVX_128 = "hvx_128"
    HVX_v62 = "hvx_v62"
    FuzzFloatStores = "fuzz_float_stores"
    SoftFloatABI = "soft_float_abi"
    MSAN = "msan"
    AVX512 = "avx512"
    AVX512_KNL = "avx512_knl"
    AVX512_Skylake = "avx512_skylake"
    AVX512_Cannonlake = "avx512_cannonlake"
    AVX512_Zen4 = "avx512_zen4"
    AVX512_Zen5 = "avx512_zen5"
    AVX512_SapphireRapids = "avx512_sapphirerapids"
    TraceLoads = "trace_loads"
    TraceStores = "trace_stores"
    TraceRealizations = "trace_realizations"
    TracePipeline = "trace_pipeline"
    HVX_v65 = "hvx_v65"
    HVX_v66 = "hvx_v66"
    HVX_v68 = "hvx_v68"
    CLHalf = "cl_half"
    StrictFloat = "strict_float"
    TSAN = "tsan"
    ASAN = "asan"
    D3D12Compute = "d3d12compute"
    CheckUnsafePromises = "check_unsafe_promises"
    HexagonDma = "hexagon_dma"
    EmbedBitcode = "embed_bitcode"
    EnableLLVMLoopOpt = "enable_llvm_loop_opt"
    WasmMvpOnly = "wasm_mvponly"
    WasmSimd128 = "wasm_simd128"
    WasmThreads = "wasm_threads"
    WasmBulkMemory = "wasm_bulk_memory"
    WebGPU = "webgpu"
    SVE = "sve"
    SVE2 = "sve2"
    EGL = "egl"
    ARMDotProd = "arm_dot_prod"
    ARMFp16 = "arm_fp16"
    LLVMLargeCodeModel = "llvm_large_code_model"
    RVV = "rvv"
    ARMv8a = "armv8a"
    ARMv81a = "armv81a"
    ARMv82a = "armv82a"
    ARMv83a = "armv83a"
    ARMv84a = "armv84a"
    ARMv85a = "armv85a"
    ARMv86a = "armv86a"
    ARMv87a = "armv87a"
    ARMv88a = "armv88a"
    ARMv89a = "armv89a"
    SanitizerCoverage = "sanitizer_coverage"
    ProfileByTimer = "profile_by_timer"
    SPIRV = "spirv"
    Vulkan = "vulkan"
    VulkanInt8 = "vk_int8"
    VulkanInt16 = "vk_int16"
    VulkanInt64 = "vk_int64"
    VulkanFloat16 = "vk_float16"
    VulkanFloat64 = "vk_float64"
    VulkanV10 = "vk_v10"
    VulkanV12 = "vk_v12"
    VulkanV13 = "vk_v13"
    Semihosting = "semihosting"
    AVX10_1 = "avx10_1"
    X86APX = "x86apx"
    Simulator = "simulator"


_AVX512 = frozenset({"avx512f", "avx512cd"})
_SKYLAKE = _AVX512 | {"avx512bw", "avx512dq", "avx512vl"}
_CANNONLAKE = _SKYLAKE | {"avx512ifma", "avx512vbmi"}
_ZEN4 = _CANNONLAKE | {"avx512_bf16", "avx512_vnni"}

INSTRUCTIONS: dict[TargetFeature, frozenset[str]] = {
    TargetFeature.SSE41: frozenset({"sse4_1"}),
    TargetFeature.AVX: frozenset({"avx"}),
    TargetFeature.AVX2: frozenset({"avx2"}),
    TargetFeature.FMA: frozenset({"fma"}),
    TargetFeature.F16C: frozenset({"f16c"}),
    TargetFeature.AVXVNNI: frozenset({"avx_vnni"}),
    TargetFeature.AVX512: _AVX512,
    TargetFeature.AVX512_Skylake: _SKYLAKE,
    TargetFeature.AVX512_Cannonlake: _CANNONLAKE,
    TargetFeature.AVX512_Zen4: _ZEN4,
    TargetFeature.AVX512_SapphireRapids: _ZEN4 | {"avx512_fp16", "avx_vnni", "amx_tile"},
    TargetFeature.SVE: frozenset({"sve"}),
}
"""The instruction sets of a feature, by their names in /proc/cpuinfo."""

_LEVEL_2 = {"sse3", "ssse3", "sse4_1", "sse4_2", "popcnt"}
_LEVEL_3 = {*_LEVEL_2, "avx", "avx2", "fma", "f16c", "bmi1", "bmi2"}
CPU_NAMES = frozenset().union({"neon", *_LEVEL_3}, *INSTRUCTIONS.values())
"""The instruction sets halo knows."""

LEVELS: dict[str, frozenset[str]] = {
    "x86-64": frozenset(),
    "x86-64-v2": frozenset(_LEVEL_2),
    "x86-64-v3": frozenset(_LEVEL_3),
    "x86-64-v4": frozenset(_LEVEL_3) | _SKYLAKE,
}
"""Features of the generic x86-64 levels (System V psABI)."""

ALWAYS = {"arm-64": frozenset({"neon"})}
"""What each processor of a family has."""

WITH_LLVM = frozenset({("x86-64", "linux"), ("arm-64", "linux")})
"""(machine, system) of the targets for which the LLVM back end has a runtime."""

_IMPLIED = {
    "sse4_1": {"sse3", "ssse3"},
    "avx": {"sse4_1", "sse4_2", "popcnt"},
    "avx2": {"avx"},
    "fma": {"avx"},
    "f16c": {"avx"},
    "avx_vnni": {"avx2"},
    "avx512f": {"avx2", "fma", "f16c"},
    "avx512_fp16": {"avx512bw", "avx512dq", "avx512vl"},
}
"""What a processor, and a C compiler, has where it has one instruction set."""


def with_implied(names: frozenset[str]) -> frozenset[str]:
    """Return `names` and the instruction sets that they bring with them.

    Example: {"avx2"} -> {"avx2", "avx", "sse4_2", "sse4_1", "ssse3", "sse3", "popcnt"}.
    """
    more = names.union(*(_IMPLIED.get(n, ()) for n in names))
    return names if more == names else with_implied(more)


OPTIONS = frozenset(
    {
        TargetFeature.JIT,
        TargetFeature.LargeBuffers,
        TargetFeature.LLVM,
        TargetFeature.NoAsserts,
        TargetFeature.NoBoundsQuery,
        TargetFeature.NoRuntime,
        TargetFeature.Profile,
        TargetFeature.ProfileByTimer,
        TargetFeature.StrictFloat,
        TargetFeature.TraceLoads,
        TargetFeature.TracePipeline,
        TargetFeature.TraceRealizations,
        TargetFeature.TraceStores,
        TargetFeature.UserContext,
    }
)
"""Features that ask for traces or a profile, or name what is done anyway, as entry checks are."""
