"""`headrace networks`: each network of a folder with its options, and for a table its size."""

import ast
from pathlib import Path
from typing import Any

from headrace.contract import Contract
from headrace.errors import ConfigurationError, HeadraceError
from headrace.networks.source import build_model, read_source


def list_networks(folder: Path, table: Path | None) -> dict[str, Any]:
    """The files in `folder` that define a `build`, with what they are, their options and defaults.

    With a table also parameters and floating-point operations of one row, for the default options; a network that
    does not fit the table has the reason under `unfit` instead.

    Raises:
        ConfigurationError: `folder` holds no network, or one that is not valid Python.
        DataError: `table` is missing or damaged.
    """
    files = sorted(path for path in folder.glob("*.py") if "def build(" in path.read_text("utf-8"))
    if not files:
        raise ConfigurationError(f"{folder} holds no file with a function `build`; `headrace init` brings one.")
    contract = _contract(table) if table else None
    return {"networks": [_described(path) | (_sized(path, contract) if contract else {}) for path in files]}


def _contract(table: Path) -> Contract:
    from headrace.table import read

    return read(table, None).contract


def _described(path: Path) -> dict[str, Any]:
    """Read from the source without running it."""
    tree = ast.parse(read_source(path))
    build = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "build")
    names = [argument.arg for argument in (*build.args.args, *build.args.kwonlyargs)]
    given = [*build.args.defaults, *(one for one in build.args.kw_defaults if one is not None)]
    with_default = names[len(names) - len(given) :]
    return {
        "file": str(path),
        "what": (ast.get_docstring(tree) or "").partition("\n")[0],
        "options": {name: _value(node) for name, node in zip(with_default, given, strict=True)},
    }


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


def _sized(path: Path, contract: Contract) -> dict[str, Any]:
    from headrace.networks.flops import flops

    try:
        model = build_model(path, contract, {})
    except HeadraceError as error:
        return {"unfit": str(error)}
    length = contract.tokenizer.max_length if contract.tokenizer else 1
    return {"parameters": model.count_params(), "flops": flops(model, length)}


def as_text(listed: dict[str, Any]) -> str:
    """For people: a paragraph for each network."""
    lines = []
    for model in listed["networks"]:
        lines.append(f"{model['file']}: {model['what']}")
        lines.append("    " + ", ".join(f"{name}={value}" for name, value in model["options"].items()))
        if "unfit" in model:
            lines.append(f"    {model['unfit']}")
        elif "parameters" in model:
            lines.append(f"    {model['parameters']:,} parameters, {model['flops']:,} FLOPs a row")
    return "\n".join(lines)
