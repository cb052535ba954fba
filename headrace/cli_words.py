"""What all commands share: the words of a configuration, and the answer on the last line."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

Conf = Annotated[Path, typer.Argument(metavar="CONF", help="configuration file (YAML)")]
Overrides = Annotated[list[str] | None, typer.Argument(metavar="[key=value]...", help="such as train.ranks=4")]


def answer(result: dict[str, Any]) -> None:
    """Print `result` as one JSON object, after all that was logged."""
    sys.stderr.flush()
    print(json.dumps(result, ensure_ascii=False), flush=True)
