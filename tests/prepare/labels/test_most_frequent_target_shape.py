"""The first version of a table fixes the length of vectors: the most frequent one, however rows are divided."""

from pathlib import Path

import pytest

from headrace.config.configuration_model import Prepare
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.labels.most_frequent_target_shape import find_target_column
from headrace.prepare.sources import RawFile
from headrace.targets.vector.label_encoder import COLUMN


def context(task: str, size: int | None = None) -> PrepareContext:
    """Return the context of a table whose labels have `size` numbers in the previous version, if there is one."""
    column = None if size is None else COLUMN.model_copy(update={"shape": (size,)})
    settings = Prepare.model_validate({"task": task})
    return PrepareContext(identity="a", root="r", table=Path("t"), labels={}, settings=settings, target_column=column)


def files(labels: list[str | None]) -> list[RawFile]:
    """Return a file for each label."""
    return [RawFile(f"{number}.png", label, None, 1, 1) for number, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("labels", "size"),
    [
        (["[1, 2]", "[1, 2, 3]", "[3, 4]", "x", None], 2),
        (["[1, 2]", "[1, 2, 3]"], 2),
        (["[1, NaN]", "[1, NaN]", "[1]"], 1),
        (["x", "[]"], None),
        ([], None),
    ],
)
def test_length_is_the_most_frequent_one_and_of_two_the_smaller(labels: list[str | None], size: int | None) -> None:
    found = find_target_column(context("vector"), files(labels), [])
    assert (found and found.shape) == (None if size is None else (size,))
    assert find_target_column(context("vector"), files(labels)[::-1], []) == found


def test_length_of_the_previous_version_stays() -> None:
    found = find_target_column(context("vector", 5), files(["[1, 2]"]), [])
    assert found is not None
    assert found.shape == (5,)


def test_other_targets_have_the_same_shape_in_every_table() -> None:
    assert find_target_column(context("regression"), files(["[1, 2]"]), []) is None
