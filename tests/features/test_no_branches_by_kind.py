"""Outside the rooms of kinds no code asks of what kind an input or a target is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import headrace
from headrace.features.input_kind_loader import KINDS
from headrace.targets.target_kind_loader import TASKS

PACKAGE = Path(headrace.__file__).parent
ROOMS = {"features", "targets"}
# The lists of kinds: what a configuration can name, what `init` writes, and what a DataFrame's column can be.
LISTS = {
    "config/sections/inputs/input_kind_list.py",
    "config/sections/inputs/sections_of_named_inputs.py",
    "cli/data_commands.py",
    "project_template.py",
    "api/dataframe_config.py",
}
# What says of what kind an input or a target is.
NAMES = {"input", "input_kind", "kind", "task"}


def comparisons(code: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each comparison of a kind with its name."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Compare):
            continue
        parts = [node.left, *node.comparators]
        asks = any(isinstance(part, ast.Attribute) and part.attr in NAMES for part in parts)
        names = {leaf.value for part in parts for leaf in ast.walk(part) if isinstance(leaf, ast.Constant)}
        if asks and names & {*KINDS, *TASKS}:
            yield node.lineno, ast.unparse(node)


def modules() -> list[Path]:
    """Return the modules outside the rooms and the lists."""
    found = (path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py")))
    return [path for path in found if path.parts[0] not in ROOMS and path.as_posix() not in LISTS]


def test_comparisons_are_found() -> None:
    assert list(comparisons('if contract.input_kind == "image" or x.task in ("regression",):\n    pass')) == [
        (1, "contract.input_kind == 'image'"),
        (1, "x.task in ('regression',)"),
    ]
    assert not list(comparisons('if source.kind == "table" or "image" == name:\n    pass'))


def test_listed_modules_exist() -> None:
    assert all((PACKAGE / path).is_file() for path in LISTS)


def test_no_module_asks_for_a_kind() -> None:
    assert not {str(path): found for path in modules() if (found := list(comparisons((PACKAGE / path).read_text())))}
