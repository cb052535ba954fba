"""The comparison of two versions of the registry."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from headrace.config import Configuration
from headrace.errors import ConfigurationError
from headrace.retrain.gate import models_compare_command
from tests.support.small_bundle import small_model, write_bundle
from tests.support.small_table import Content, some_rows, write_table


def test_version_is_not_compared_with_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models_compare_command, "open_registry", lambda _: None)
    monkeypatch.setattr(models_compare_command, "read_test_version", lambda _: None)
    monkeypatch.setattr(models_compare_command, "version_named", lambda *_: SimpleNamespace(version=1))
    with pytest.raises(ConfigurationError, match="1 and champion are version 1 both; name another version"):
        models_compare_command.compare(cast(Any, None), "1", "champion")


@pytest.mark.tensorflow
def test_version_that_was_trained_on_test_rows_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the second version 4 of the 10 test rows are in the training data."""
    table, test = tmp_path / "table", [f"a/{row}.png" for row in range(10)]
    splits = {"train": some_rows(12), "test": some_rows(10)}
    moved = [*test[:4], *(f"b/{row}.png" for row in range(8))]
    first = write_table(table, Content(splits=splits, paths={"test": test}))
    second = write_table(table, Content(splits=splits, paths={"train": moved}))
    bundles = {1: write_bundle(tmp_path / "1", first), 2: write_bundle(tmp_path / "2", second, small_model(second, 1))}
    monkeypatch.setattr(models_compare_command, "open_registry", lambda _: None)
    monkeypatch.setattr(models_compare_command, "read_test_version", lambda _: first)
    monkeypatch.setattr(models_compare_command, "version_named", lambda _, name: SimpleNamespace(version=int(name)))
    monkeypatch.setattr(models_compare_command, "stored_bundle", lambda _, record: bundles[record.version])
    found = models_compare_command.compare(cast(Configuration, SimpleNamespace(retrain=None)), "1", "2")
    passed = {check["name"]: check["passed"] for check in found["checks"] if "training data" in check["name"]}
    names = [f"test rows in the training data of version {number}" for number in bundles]
    assert (passed, found["passed"]) == (dict(zip(names, (True, False), strict=True)), False)
    # Either may be a version that never was the champion.
    assert found["checks"][0]["name"] == "accuracy against that of version 1"
    assert len(found["warnings"]) == 1
    write_table(table, Content(splits={"train": some_rows(12), "test": some_rows(9)}, paths={"test": test[:9]}))
    found = models_compare_command.compare(cast(Configuration, SimpleNamespace(retrain=None)), "1", "2")
    assert "version 2 does not have 1: 1 row changed or removed since, such as 'a/9.png'" in found["warnings"][1]
