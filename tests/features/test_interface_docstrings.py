"""Docstrings of interfaces name the module of a kind that they describe."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2] / "headrace"
NAMED = re.compile(r"[Tt]he module `(\w+)` of (?:an |the contract's )?(input|a target|target) kind")


def test_every_module_that_an_interface_names_exists() -> None:
    found = {match.groups() for path in ROOT.rglob("*.py") for match in NAMED.finditer(path.read_text("utf-8"))}
    packages = {"input": "features", "a target": "targets", "target": "targets"}
    missing = [name for name, kind in found if not list(ROOT.glob(f"{packages[kind]}/*/{name}.py"))]
    assert len(found) > 20
    assert missing == []
