"""Before a challenger is trained, its training data are compared with the test split that will evaluate it."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from headrace.config.sections.training import FineTune
from headrace.retrain.steps import data_steps as step
from headrace.retrain.steps.cycle_context import CycleContext
from headrace.table import Version
from headrace.targets.target_kind_loader import target_traits
from tests.retrain.report.test_history_page import make_version
from tests.support.small_bundle import write_bundle
from tests.support.small_table import Content, some_rows, write_table

pytestmark = pytest.mark.tensorflow


def context_for(pretrained: Path | None) -> CycleContext:
    """Return a context whose challenger starts from the weights of `pretrained`."""
    fine_tune = FineTune(bundle=str(pretrained)) if pretrained else None
    train = SimpleNamespace(fine_tune=fine_tune)
    settings = SimpleNamespace(initial_weights="scratch")
    return cast(CycleContext, SimpleNamespace(configuration=SimpleNamespace(train=train), settings=settings))


def write_version(table: Path, train: list[str], test: list[str]) -> Version:
    """Commit the next version of a table, with rows of these paths and different contents."""
    splits: dict[str, Any] = {"train": some_rows(len(train)), "test": some_rows(len(test))}
    return write_table(table, Content(splits=splits, paths={"train": train, "test": test}))


def test_challenger_is_refused_when_the_test_split_has_rows_of_removed_classes(tmp_path: Path) -> None:
    splits: dict[str, Any] = {"train": some_rows(6), "test": some_rows(6)}
    first = write_table(tmp_path / "table", Content(splits=splits))
    second = write_table(tmp_path / "table", Content(splits=splits, classes=first.contract.classes[:-1]))
    assert step._removed_classes(first, first) == step._removed_classes(first, second) == ""
    name, rows = first.contract.classes[-1], first.summary.counts["test"][first.contract.classes[-1]]
    refusal = step._removed_classes(second, first)
    assert refusal.startswith("The test split that judges the challenger (version 0 of ")
    assert f"has {rows} rows of classes that version 1 does not have: {name}. " in refusal


@pytest.mark.parametrize(
    ("forced", "drift", "is_unchanged"),
    [
        (False, {"drift": {"new": 0, "removed": 0}}, True),
        (True, {"drift": {"new": 0, "removed": 0}}, False),
        (False, {"drift": {"new": 1, "removed": 0}}, False),
        (False, {"drift": {"new": 0, "removed": 1}}, False),
        (False, {}, False),
    ],
)
def test_rows_of_the_champion_are_not_trained_on_again_unless_forced(
    forced: bool, drift: dict[str, Any], is_unchanged: bool
) -> None:
    """After bad files were excluded, the rows that remain may be those that the champion was trained on."""
    context = cast(CycleContext, SimpleNamespace(cycle=SimpleNamespace(record=SimpleNamespace(forced=forced))))
    reason = step._champion_rows_unchanged(context, make_version(2, "champion"), drift)
    expected = "the training rows are those of the champion, version 2; --force trains on them again"
    assert reason == (expected if is_unchanged else "")


def test_classes_that_the_test_split_does_not_have_are_warned_of(tmp_path: Path) -> None:
    splits: dict[str, Any] = {"train": some_rows(6), "test": some_rows(6)}
    first = write_table(tmp_path / "table", Content(splits=splits))
    assert step._unmeasured_classes(first, first) == ""
    counts = {"train": {"cat": 3, "new": 2}, "test": {"cat": 1, "new": 1}}
    contract = SimpleNamespace(classes=("cat", "new"), target=target_traits("classification"))
    later = cast(Version, SimpleNamespace(summary=SimpleNamespace(class_counts=counts), contract=contract))
    earlier = cast(Version, SimpleNamespace(number=0, summary=SimpleNamespace(class_counts={"test": {"cat": 1}})))
    warning = step._unmeasured_classes(later, earlier)
    assert warning.startswith(
        "1 class has no record in the test split, so that nothing measures them: 'new' (2 in train)."
    )
    assert "retrain.test_version: newest" in warning


def test_challenger_is_refused_when_it_or_its_initial_weights_learn_test_rows(tmp_path: Path) -> None:
    first = write_version(tmp_path / "table", ["a", "b", "c"], ["x", "y"])
    appended = write_version(tmp_path / "table", ["a", "b", "c", "d"], ["x", "y", "z"])
    resplit = write_version(tmp_path / "table", ["x", "b", "c", "d"], ["a", "y"])
    assert step._training_rows_in_test_split(context_for(None), None, appended, first) == ""
    refusal = step._training_rows_in_test_split(context_for(None), None, resplit, first)
    assert "the challenger would be trained on rows of the test split that evaluates it (version 0 of " in refusal
    assert ": 1 of 2 rows, such as 'x'. Restore the settings" in refusal
    # The newest test split is new to the challenger, but not to the weights that it begins from.
    assert step._training_rows_in_test_split(context_for(None), None, resplit, resplit) == ""
    pretrained = write_bundle(tmp_path / "bundle", first)
    assert ": 1 of 2 rows, such as 'a'. " in step._training_rows_in_test_split(
        context_for(pretrained), None, resplit, resplit
    )


def test_cycle_warns_of_test_rows_that_were_corrected_since(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The gate goes on with their old labels and contents."""
    table, rows = tmp_path / "table", some_rows(120)
    first = write_table(table, Content(splits={"train": some_rows(6), "test": rows}))
    changed = replace(rows, pixels=rows.pixels[:118], labels=[1, 1, *rows.labels[2:118]], shards=[60, 58])
    second = write_table(table, Content(splits={"train": some_rows(9), "test": changed}))
    settings = SimpleNamespace(gate=SimpleNamespace(confidence=0.95))
    context = cast(CycleContext, SimpleNamespace(settings=settings))
    assert step._warn_of_test_split(context, first, first) == []
    assert step._warn_of_test_split(context, second, second) == []
    (warning,) = step._warn_of_test_split(context, second, first)
    assert warning.startswith(
        "The gate compares the models on the 120 test rows of version 0, of which version 1 does not have 3: 1 row "
        "with another label now, such as 'test/0.png' and 2 rows changed or removed since, such as 'test/118.png'."
    )
    assert caplog.messages == [warning]
