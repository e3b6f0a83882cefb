"""Every misuse of a definition is refused, at the user's line, with a way to mend it."""

import pytest

import halo as hl

x, y = hl.vars("x y")


def define(key, value, name=""):
    f = hl.Func(name)
    f[key] = value
    return f


def refused(kind, match):
    return pytest.raises(kind, match=match)


def test_message_names_the_users_line():
    with refused(hl.DefinitionError, r"^test_definition_errors.py:\d+: Var y"):
        define(x, y)


def test_undefined_func_on_the_right():
    f = hl.Func("ghost")
    with refused(hl.DefinitionError, "ghost is used before it is defined"):
        define(x, f[x] + 1)


def test_pure_definition_that_uses_itself():
    f = hl.Func("selfish")
    with refused(hl.DefinitionError, "selfish is used before it is defined"):
        f[x] = f[x - 1]


def test_redefinition():
    f = define(x, 1, "twice")
    with refused(hl.DefinitionError, "twice is defined already"):
        f[x] = 2


def test_free_variable_on_the_right():
    with refused(hl.DefinitionError, "Var y is used in a definition of lonely that has x"):
        define(x, x + y, "lonely")


def test_free_variable_in_an_update():
    f = define(x, 1, "renamed")
    with refused(hl.DefinitionError, "Var y is used in a definition of renamed"):
        f[y] = 2


def test_wrong_number_of_coordinates():
    f = define((x, y), 1, "flat")
    with refused(hl.DefinitionError, r"flat has 2 dimensions, used with 1 coordinates") as e:
        define(x, f[x])
    assert "flat[x, y]" in str(e.value)


def test_update_before_the_pure_definition():
    with refused(hl.DefinitionError, "argument 0 of the first definition of early is not a Var"):
        define(3, 1, "early")


def test_rdom_on_the_left_of_the_first_definition():
    with refused(hl.DefinitionError, "argument 0 of the first definition"):
        define(hl.RDom([(0, 3)]), 1)


def test_rdom_in_a_pure_definition():
    with refused(hl.DefinitionError, "is used in the pure definition of summed"):
        define(x, x + hl.RDom([(0, 3)]), "summed")


def test_two_rdoms_in_one_update():
    f = define(x, 0, "mixed")
    r, s = hl.RDom([(0, 3)], "ra"), hl.RDom([(0, 3)], "rb")
    with refused(hl.DefinitionError, "the RDoms ra and rb are mixed in one definition of mixed"):
        f[x] += r.x + s.x


def test_var_twice_on_the_left():
    with refused(hl.DefinitionError, "Var x stands twice on the left"):
        define((x, x), 1)


def test_var_away_from_its_place_in_an_update():
    f = define((x, y), 0, "swapped")
    with refused(hl.DefinitionError, "stands in argument 0 of an update"):
        f[y, 0] = f[x, 0]


def test_update_that_reads_its_neighbours_along_a_pure_variable():
    f = define(x, 0, "scan")
    with refused(hl.DefinitionError, "for all x uses its cells at another x"):
        f[x] += f[x - 1]


def test_float_coordinate():
    f = define(x, 0, "real")
    with refused(hl.TypeMismatch, "coordinate 0 of real has type float32"):
        define(x, f[x * 0.5])


def test_coordinate_wider_than_int32():
    f = define(x, 0, "wide")
    with refused(hl.TypeMismatch, r"coordinate 0 of wide\S* has type int64"):
        define(x, f[hl.i64(x)])


def test_definition_without_values():
    with refused(hl.DefinitionError, "nothing is given no value"):
        define(x, (), "nothing")


def test_update_of_another_type():
    f = define(x, hl.u8(0), "bytes_only")
    with refused(hl.TypeMismatch, "the update of bytes_only has type int32") as e:
        f[x] += x
    assert "halo.u8(...)" in str(e.value)


def test_update_constant_that_does_not_fit():
    f = define(x, hl.u8(0))
    with refused(hl.TypeMismatch, "300 does not fit into uint8"):
        f[3] = 300


def test_update_with_another_number_of_values():
    f = define(x, (0, 1), "both")
    with refused(hl.DefinitionError, "both has 2 values, the update gives 1"):
        f[3] = 5


def test_update_after_the_func_was_used():
    f = define(x, 0, "producer")
    define(x, f[x])
    with refused(hl.DefinitionError, "producer is used by another Func"):
        f[3] = 5


def test_tuple_func_as_a_single_expression():
    f = define(x, (0, 1), "pair_cell")
    with refused(hl.DefinitionError, "its cell is no single expression"):
        define(x, f[x] + 1)


def test_tuple_element_that_is_not_there():
    f = define(x, (0, 1), "pair_of")
    with refused(hl.DefinitionError, "pair_of has 2 values and none with number 2"):
        f[x][2]


def test_value_that_is_no_expression():
    with refused(hl.TypeMismatch, "is not an expression"):
        define(x, "text")


def test_var_and_param_of_one_name():
    p = hl.Param(hl.Int(32), "clash")
    v = hl.Var("clash")
    with refused(hl.DefinitionError, "Var clash and Param clash meet"):
        define(v, v + p)


def test_rdom_region_that_is_no_list_of_pairs():
    with refused(hl.DefinitionError, "a sequence of"):
        hl.RDom([0, 3])


def test_rdom_bound_that_varies():
    with refused(hl.DefinitionError, "a bound of an RDom may not use x"):
        hl.RDom([(0, x)])


def test_rdom_bound_that_is_no_int32():
    with refused(hl.TypeMismatch, "a bound of an RDom has type float32"):
        hl.RDom([(0, hl.f32(3))])


def test_rdom_of_many_dimensions_as_one():
    with refused(hl.DefinitionError, "it cannot stand for a single one"):
        hl.RDom([(0, 3), (0, 3)]) + 1


def test_rdom_dimension_that_is_not_there():
    with refused(hl.DefinitionError, "no number 1"):
        hl.RDom([(0, 3)]).y


def test_where_that_is_no_bool():
    r = hl.RDom([(0, 3)])
    with refused(hl.TypeMismatch, "has type int32, not bool"):
        r.where(r + 1)


def test_where_after_the_domain_was_used():
    r = hl.RDom([(0, 3)])
    f = define(x, 0)
    f[r] += 1
    with refused(hl.DefinitionError, "cannot be restricted any more"):
        r.where(r < 2)


def test_rvar_without_a_domain_has_no_value():
    with refused(hl.DefinitionError, "belongs to no RDom"):
        hl.RVar("r") + 1


def test_update_that_is_not_there():
    f = define(x, 0, "one_stage")
    with refused(hl.DefinitionError, r"one_stage has no update\(0\)"):
        f.update()


def test_truth_of_a_var():
    with refused(hl.HaloError, "the truth of"):
        bool(x > 3)


def test_reduction_without_an_rdom():
    with refused(hl.DefinitionError, "which has none"):
        hl.sum(x)


def test_reduction_over_two_rdoms():
    with refused(hl.DefinitionError, "which has several"):
        hl.sum(hl.RDom([(0, 3)]) + hl.RDom([(0, 3)]))


def test_boundary_of_a_func_without_bounds():
    f = define(x, 0)
    with refused(hl.DefinitionError, "are not known"):
        hl.BoundaryConditions.repeat_edge(f)


def test_more_bounds_than_dimensions():
    f = define(x, 0, "one_line")
    with refused(hl.DefinitionError, "2 bounds for one_line, which has 1 dimensions"):
        hl.BoundaryConditions.repeat_edge(f, [(0, 3), (0, 3)])


def test_exterior_of_another_type():
    f = define(x, 0)
    with refused(hl.TypeMismatch, "the exterior value has type float32"):
        hl.BoundaryConditions.constant_exterior(f, 0.5, [(0, 3)])
