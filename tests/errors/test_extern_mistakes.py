"""Mistakes with extern stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cffi
import pytest

import codegen
import halo as hl
from halo.interpret import interpret

Refused = Any
x, y = hl.vars("x y")
EMPTY = (
    "int32_t stage(halo_context *ctx, const halo_buffer *out) { (void)ctx; (void)out; return 0; }"
)


def stage(params: Any = (), implementation: Any = EMPTY, name: str = "stage") -> hl.Func:
    f = hl.Func("f")
    f.define_extern(name, list(params), hl.Int(32), [x], implementation=implementation)
    return f


def source() -> hl.Func:
    g = hl.Func("g")
    g[x] = x
    return g


@pytest.mark.parametrize("name", ["", "two words", "f(); evil", "9th", "halo_fail", "_x"])
def test_what_is_no_name_in_c_is_refused(name: str, refused: Refused) -> None:
    with refused(hl.DefinitionError, f"{name!r} cannot be the name of a C function"):
        stage(name=name)


def test_a_word_of_c_is_no_name(refused: Refused) -> None:
    f = stage(name="double", implementation=lambda out: None)
    with refused(hl.CodegenError, "double has another meaning in C", here=False):
        f.realize([3])


def test_a_defined_func_is_refused(refused: Refused) -> None:
    g = _named("defined_twice")
    with refused(
        hl.DefinitionError, "defined_twice is defined already, at test_extern_mistakes.py"
    ):
        g.define_extern("stage", [], hl.Int(32), [x])


def test_an_extern_stage_takes_no_updates(refused: Refused) -> None:
    f = stage()
    with refused(hl.DefinitionError, "is an extern stage", "it takes no updates"):
        f[x] += 1


def test_types_are_types(refused: Refused) -> None:
    with refused(hl.TypeMismatch, "the types of extern stage", "give a Type"):
        hl.Func("f").define_extern("stage", [], [], [x])


def test_dimensions_are_different_vars(refused: Refused) -> None:
    with refused(hl.DefinitionError, "the dimensions of extern stage", "a different Var for each"):
        hl.Func("f").define_extern("stage", [], hl.Int(32), [x, x])


def test_an_argument_that_changes_from_cell_to_cell_is_refused(refused: Refused) -> None:
    with refused(hl.DefinitionError, "argument 1 of extern stage", "changes from cell to cell"):
        stage([3, x + 1])


def test_a_cell_of_a_func_is_no_number(refused: Refused) -> None:
    with refused(hl.DefinitionError, "changes from cell to cell", "give a Func as a whole"):
        stage([source()[3]])


def test_an_undefined_func_is_no_argument(refused: Refused) -> None:
    with refused(hl.DefinitionError, "argument 0 of extern stage", "is not defined yet"):
        stage([hl.Func("later")])


def test_bounds_are_asked_for_where_dimensions_differ(refused: Refused) -> None:
    with refused(
        hl.DefinitionError, "reads of narrow is not known: 1 dimensions, not 2", "bounds="
    ):
        hl.Func("f").define_extern("stage", [_named("narrow")], hl.Int(32), [x, y])


def _named(name: str) -> hl.Func:
    g = hl.Func(name)
    g[x] = x
    return g


def test_bounds_give_a_pair_for_each_dimension(refused: Refused) -> None:
    with refused(hl.DefinitionError, "bounds of extern stage", "(min, extent) pairs: 1 pairs for"):
        f = hl.Func("f")
        f.define_extern("stage", [source()], hl.Int(32), [x], bounds=lambda bx: [[bx, bx]])


def test_bounds_are_int32(refused: Refused) -> None:
    with refused(hl.TypeMismatch, "bounds of extern stage", "has type float32, not int32"):
        f = hl.Func("f")
        f.define_extern("stage", [source()], hl.Int(32), [x], bounds=lambda bx: [[(0, hl.f32(2))]])


def test_without_an_implementation_it_cannot_be_run(refused: Refused) -> None:
    f = stage(implementation=None)
    with refused(hl.CodegenError, "stage of an extern stage is not there", here=False):
        f.realize([3])


def test_c_that_does_not_compile_shows_what_the_compiler_said(refused: Refused) -> None:
    f = stage(implementation="int32_t stage(halo_context *ctx, const halo_buffer *out) { oops }")
    with refused(hl.CodegenError, "oops", here=False):
        f.realize([3])


def test_c_of_another_signature_is_refused(refused: Refused) -> None:
    f = stage([1], EMPTY)
    with refused(hl.CodegenError, "conflicting types for", "stage", here=False):
        f.realize([3])


def test_a_library_that_is_not_there(refused: Refused, tmp_path: Path) -> None:
    f = stage(implementation=tmp_path / "missing.so")
    with refused(hl.CodegenError, "extern stage stage is not in", "missing.so", here=False):
        f.realize([3])


def test_one_name_for_two_functions_is_refused(refused: Refused) -> None:
    f = hl.Func("sum")
    f[x] = stage(implementation=lambda out: None)[x] + stage(implementation=lambda out: 1)[x]
    with refused(hl.DefinitionError, "stage means different functions in the extern stages"):
        f.realize([3])


def test_one_name_for_two_signatures_is_refused(refused: Refused) -> None:
    def either(*args: Any) -> None:
        pass

    f = hl.Func("sum")
    f[x] = stage([1], either)[x] + stage([], either)[x]
    with refused(hl.CodegenError, "stage is called with different arguments", here=False):
        f.realize([3])


def test_the_name_of_the_compiled_function_is_taken(refused: Refused) -> None:
    f = hl.Func("taken")
    f.define_extern("taken", [], hl.Int(32), [x], implementation=EMPTY.replace("stage", "taken"))
    with refused(hl.CodegenError, "are both called", "another name", here=False):
        hl.Pipeline([f]).compile_to_c("unused.c", fn_name="taken")


FAILING = """
#include <stdio.h>
int32_t stage(halo_context *ctx, int32_t n, const halo_buffer *out) {
    (void)out;
    if (n > 2) snprintf(ctx->error, sizeof ctx->error, "%d is too many", (int)n);
    return 9;
}
"""


@pytest.mark.parametrize("parallel", [False, True])
def test_a_failing_stage_is_named_with_what_it_said(parallel: bool, refused: Refused) -> None:
    f, h = stage([3], FAILING), hl.Func("h")
    h[x, y] = f[x] + y
    if parallel:
        f.compute_at(h, y)
        h.parallel(y)
    with refused(hl.HaloError, "extern stage f", "stage returned 9: 3 is too many"):
        h.realize([3, 4])


def test_a_failing_stage_that_says_nothing(refused: Refused) -> None:
    with refused(hl.HaloError, "stage returned 9"):
        stage([1], FAILING).realize([3])


def test_what_a_python_stage_raises_realize_raises() -> None:
    def divide(out: hl.Buffer) -> None:
        raise ZeroDivisionError("in the stage")

    with pytest.raises(ZeroDivisionError, match="in the stage"):
        stage(implementation=divide).realize([3])


def test_the_interpreter_needs_python(refused: Refused) -> None:
    with refused(hl.DefinitionError, "has no Python function", "cannot be interpreted"):
        interpret(stage(), [3])


def test_an_extern_stage_has_no_loops(refused: Refused) -> None:
    f = stage()
    with refused(hl.ScheduleError, "is an extern stage: the C function stage computes it"):
        f.vectorize(x, 4)


def test_an_extern_stage_is_not_inlined(refused: Refused) -> None:
    f = stage()
    with refused(hl.ScheduleError, "it has to be stored", "legal: "):
        f.compute_inline()


def test_an_extern_stage_is_not_folded(refused: Refused) -> None:
    f = stage()
    with refused(hl.ScheduleError, "takes plain strides"):
        f.fold_storage(x, 4)


def test_what_an_extern_stage_is_given_is_not_folded(refused: Refused) -> None:
    g = source()
    f = stage([g], lambda a, out: None)
    g.compute_root().fold_storage(x, 4)
    with refused(hl.ScheduleError, "with one stride a dimension", ".in_("):
        f.realize([3])


def test_an_extern_stage_is_not_packed(refused: Refused) -> None:
    f = stage()
    with refused(hl.ScheduleError, "takes plain strides"):
        f.split_storage(x, x, hl.Var("xi"), 4)


def test_nothing_is_computed_inside_an_extern_stage(refused: Refused) -> None:
    g = source()
    f = stage([g], lambda a, out: None)
    g.compute_at(f, x)
    with refused(hl.ScheduleError, "has no loop x", "none", "compute_root()"):
        f.realize([3])


def test_what_an_extern_stage_is_given_is_not_inlined(refused: Refused) -> None:
    g = source()
    f = stage([g], lambda a, out: None)
    g.compute_inline()
    with refused(hl.ScheduleError, "is given all of", "so it has to be stored"):
        f.realize([3])


def test_what_an_extern_stage_is_given_is_not_packed(refused: Refused) -> None:
    g = source()
    f = stage([g], lambda a, out: None)
    g.compute_root().split_storage(x, x, hl.Var("xi"), 4)
    with refused(hl.ScheduleError, "with one stride a dimension", ".in_("):
        f.realize([3])


def test_a_context_with_hooks_of_its_own_runs_no_extern_stages(refused: Refused) -> None:
    context = codegen.make_context(1)
    context.allocate = _any_function()
    hooks = codegen.Hooks(externs=object())
    message = "cannot run extern stages from Python"
    with refused(hl.HaloError, message, here=False), hooks.installed(context):
        pass


def _any_function() -> Any:
    ffi = cffi.FFI()
    return ffi.cast("void *(*)(void *, size_t)", 64)
