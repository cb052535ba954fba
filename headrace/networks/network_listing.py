"""`headrace networks`: list the networks of a folder with their options and, for a table, their sizes."""

import ast
from pathlib import Path
from typing import Any

from headrace.contract import Contract
from headrace.errors import ConfigurationError, HeadraceError
from headrace.networks.network_build_and_checks import build_model
from headrace.networks.network_source import read_source


def list_networks(folder: Path, table: Path | None) -> dict[str, Any]:
    """List the files in `folder` that define a `build`, with their summary, options and defaults.

    With a table, each network also has its parameters and the floating-point operations of one row, for the default
    options; a network that does not fit the table has the reason under `error` instead.

    Raises:
        ConfigurationError: `folder` holds no network, or a network file is not valid Python.
        DataError: `table` is missing or damaged.
    """
    files = sorted(path for path in folder.glob("*.py") if "def build(" in path.read_text("utf-8"))
    if not files:
        raise ConfigurationError(f"{folder} holds no file with a function `build`; `headrace init` copies one.")
    contract = _read_contract(table) if table else None
    return {"networks": [_describe(path) | (_measure(path, contract) if contract else {}) for path in files]}


def _read_contract(table: Path) -> Contract:
    from headrace.table import read

    return read(table, None).contract


def _describe(path: Path) -> dict[str, Any]:
    """Return the summary and the options of a network, from its source, without running it."""
    tree = ast.parse(read_source(path))
    build = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "build")
    names = [argument.arg for argument in (*build.args.args, *build.args.kwonlyargs)]
    defaults = [*build.args.defaults, *(default for default in build.args.kw_defaults if default is not None)]
    options = names[len(names) - len(defaults) :]
    return {
        "file": str(path.absolute()),
        "summary": (ast.get_docstring(tree) or "").partition("\n")[0],
        "options": {name: _value(node) for name, node in zip(options, defaults, strict=True)},
    }


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


def _measure(path: Path, contract: Contract) -> dict[str, Any]:
    from headrace.networks.flops import flops

    try:
        model = build_model(path, contract, {})
    except HeadraceError as error:
        return {"error": str(error)}
    lengths = (spec.vocabulary.max_length for spec in contract.input_specs.values() if spec.vocabulary)
    return {"parameters": model.count_params(), "flops": flops(model, max(lengths, default=1))}


def as_text(listing: dict[str, Any]) -> str:
    """Return the listing as text, with one paragraph per network."""
    lines = []
    for network in listing["networks"]:
        lines.append(f"{network['file']}: {network['summary']}")
        lines.append("    " + ", ".join(f"{name}={value}" for name, value in network["options"].items()))
        if "error" in network:
            lines.append(f"    {network['error']}")
        elif "parameters" in network:
            lines.append(f"    {network['parameters']:,} parameters, {network['flops']:,} FLOPs per row")
    return "\n".join(lines)
