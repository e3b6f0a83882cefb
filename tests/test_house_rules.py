"""The rules of the house that a program can check (CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("halo", "codegen", "schedules", "onnx_frontend")

FLOORS: tuple[tuple[str, ...], ...] = (
    ("halo.errors", "halo.files", "halo.synonyms"),
    ("halo.ir",),
    ("halo.polyhedral", "halo.target"),
    ("halo.buffer", "halo.lang", "halo.schedule"),
    (
        *("halo.ops", "halo.lowering", "halo.interpret", "halo.provenance"),
        *("halo.autoschedule", "codegen"),
    ),
    ("halo.pipeline", "halo.generators", "halo.imageio"),
    ("halo",),
    ("schedules", "onnx_frontend"),
)
"""From the ground up: a module imports from its own floor and from those below."""

CODEGEN_IMPORTS = ("codegen", "halo.ir", "halo.target", "halo.errors", "halo.files")
"""The back end knows the IR, not the language."""

LONGEST = 400
"""Lines of a module."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TEXTS: dict[str, str] = {
    name_of(path): path.read_text(encoding="utf-8")
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
TREES = {name: ast.parse(text) for name, text in TEXTS.items()}


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the modules that an import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            yield whole if whole in TEXTS else str(node.module)


def imports(tree: ast.AST) -> set[str]:
    """Return the modules that are imported anywhere in `tree` when it runs."""
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    return {m for node in ast.walk(tree) if node not in for_types for m in imported(node)}


def ours(modules: set[str]) -> set[str]:
    return {m for m in modules if m.split(".")[0] in PACKAGES}


def inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def floor_of(module: str) -> int:
    """Return the floor with the longest entry that holds `module`; `halo` holds itself only."""
    found = [
        (len(entry), number)
        for number, entries in enumerate(FLOORS)
        for entry in entries
        if module == entry or (entry != "halo" and inside(module, entry))
    ]
    return max(found, default=(0, -1))[1]


def test_every_module_stands_on_a_floor() -> None:
    assert [name for name in TREES if floor_of(name) < 0] == []


def test_modules_import_downwards() -> None:
    upwards = [
        f"{name} imports {module}"
        for name, tree in TREES.items()
        for module in ours(imports(tree))
        if floor_of(module) > floor_of(name)
    ]
    assert upwards == []


def test_the_back_end_knows_the_ir_only() -> None:
    strangers = [
        f"{name} imports {module}"
        for name, tree in TREES.items()
        if inside(name, "codegen")
        for module in ours(imports(tree))
        if not any(inside(module, allowed) for allowed in CODEGEN_IMPORTS)
    ]
    assert strangers == []


def test_only_the_driver_knows_the_back_end() -> None:
    below = [
        name
        for name, tree in TREES.items()
        if inside(name, "halo") and not inside(name, "halo.pipeline")
        if any(inside(module, "codegen") for module in imports(tree))
    ]
    assert below == []


def test_imports_make_no_circles() -> None:
    graph = {name: ours(imports(tree)) - {name} for name, tree in TREES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" imports ".join(reversed(error.args[1]))) from None


def test_modules_import_each_other_at_the_top() -> None:
    late = [
        f"{name}:{function.lineno} {function.name} imports {module}"
        for name, tree in TREES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for module in ours(imports(function))
    ]
    assert late == []


def test_only_polyhedral_names_islpy() -> None:
    users = [
        name
        for name, tree in TREES.items()
        if any(inside(module, "islpy") for module in imports(tree))
    ]
    assert all(inside(name, "halo.polyhedral") for name in users), users


def test_every_module_begins_with_what_it_is_for() -> None:
    assert [name for name, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_no_module_is_too_long() -> None:
    long = {name: len(text.splitlines()) for name, text in TEXTS.items()}
    assert {name: lines for name, lines in long.items() if lines > LONGEST} == {}


def test_the_questions_about_a_type_are_called() -> None:
    """`if t.is_bool:` is always true, and in the tests no type checker says so."""
    question = r"\.is_(int|uint|float|bfloat|bool|handle|scalar|vector)\b(?!\()"
    tests = {path.name: path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py")}
    del tests[Path(__file__).name]
    assert [name for name, text in (TEXTS | tests).items() if re.search(question, text)] == []


def test_nothing_is_left_for_later() -> None:
    left = [
        f"{name}:{number}: {line.strip()}"
        for name, text in TEXTS.items()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line)
    ]
    assert left == []


def test_no_two_test_files_have_one_name() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_the_test_folders_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
