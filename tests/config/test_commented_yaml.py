"""A configuration is printed with a comment for each key, and is read back as it was."""

from pathlib import Path
from typing import Any

import pytest

from headrace.config import Configuration, load
from headrace.config.commented_yaml import as_yaml

SHIPPED = sorted((Path(__file__).parents[2] / "conf").glob("*.yaml"))
TREE: dict[str, Any] = {
    "data": {"source": {"path": "bildér #1: 'a'", "class_names": {"01": "yes"}}, "table": "table"},
    "prepare": {"label_separator": "\n"},
    "model": {"file": "m.py", "options": {"rate": 1e-7, "sizes": [2, 3]}},
    "train": {"run": "run", "epochs": 3},
}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_configuration_is_read_back(path: Path, tmp_path: Path) -> None:
    configuration = load(path)
    (tmp_path / "conf.yaml").write_text(as_yaml(configuration, path.name))
    assert load(tmp_path / "conf.yaml") == configuration


def test_values_that_yaml_could_misread_are_read_back(tmp_path: Path) -> None:
    configuration = Configuration.model_validate(TREE)
    (tmp_path / "conf.yaml").write_text(as_yaml(configuration, "conf.yaml"))
    assert load(tmp_path / "conf.yaml") == configuration


def test_keys_have_their_description_and_a_mark_unless_default() -> None:
    lines = as_yaml(Configuration.model_validate(TREE), "conf.yaml").splitlines()
    epochs = lines.index("  epochs: 3 # default: 1")
    assert lines[epochs - 1] == "  # passes over the training split"
    assert "  run: run # required" in lines
    assert "  max_rejects: 0.05" in lines
    assert "tune: null" in lines
    assert max(map(len, lines)) <= 120
