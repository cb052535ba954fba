"""Refuse a network whose file compiles it: `compile` would have no effect, as the run compiles the model again."""

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.errors import ConfigurationError
from headrace.networks.network_source import read_source

if TYPE_CHECKING:
    import keras


def refuse_own_compile(model: "keras.Model", path: Path) -> None:
    """Raise if the code of the file compiled `model`, which would have no effect.

    `keras.models.load_model` returns a compiled model without the user's wish, which is accepted.

    Raises:
        ConfigurationError: in that case.
    """
    line = _compile_line(read_source(path)) if model.compiled else None
    if line is not None:
        raise ConfigurationError(
            f"The model file {path} compiles its model in line {line}, which would have no effect: train.optimizer, "
            "train.loss and train.metrics decide, or functions `optimizer(contract, rate)`, `loss(contract)` and "
            "`metrics(contract)` in the file. Set or define them, and remove `.compile(...)`."
        )


def _compile_line(source: str) -> int | None:
    """Return the line of the first call of a method `compile`; None without one. `re.compile` is of a module."""
    nodes = list(ast.walk(ast.parse(source)))
    modules = {
        name.asname or name.name.partition(".")[0]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    calls = (node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    lines = [call.lineno for call in calls if _is_compile(call.func, modules)]
    return min(lines, default=None)


def _is_compile(method: ast.expr, modules: set[str]) -> bool:
    if not isinstance(method, ast.Attribute) or method.attr != "compile":
        return False
    return not (isinstance(method.value, ast.Name) and method.value.id in modules)
