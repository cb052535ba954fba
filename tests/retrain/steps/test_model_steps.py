"""The challenger and the champion are evaluated on rows that neither may have learned from."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from headrace.retrain.steps import model_steps
from tests.support.small_bundle import small_model, write_bundle
from tests.support.small_table import Content, some_rows, write_table

pytestmark = pytest.mark.tensorflow


def test_champion_that_was_trained_on_test_rows_gets_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It has an advantage, so that nothing worse is promoted."""
    table, test = tmp_path / "table", [f"a/{row}.png" for row in range(10)]
    splits = {"train": some_rows(12), "test": some_rows(10)}
    moved = [*test[:4], *(f"b/{row}.png" for row in range(8))]
    first = write_table(table, Content(splits=splits, paths={"test": test}))
    second = write_table(table, Content(splits=splits, paths={"train": moved}))
    champion = write_bundle(tmp_path / "champion", second, small_model(second, 1))
    outputs: dict[str, Any] = {
        "train": {"bundle": str(write_bundle(tmp_path / "bundle", first))}, "validate": {"champion": 1},
    }  # fmt: skip
    monkeypatch.setattr(model_steps, "_test_version", lambda _: first)
    monkeypatch.setattr(model_steps, "version_named", lambda *_: None)
    monkeypatch.setattr(model_steps, "stored_bundle", lambda *_: champion)
    context = SimpleNamespace(output=outputs.__getitem__, registry=None, cycle=SimpleNamespace(path=tmp_path))
    assert model_steps.evaluate(cast(Any, context)).output["rows"] == 10
    assert "The champion was trained on rows of the test split: 4 of 10 rows, such as 'a/0.png'" in caplog.text
