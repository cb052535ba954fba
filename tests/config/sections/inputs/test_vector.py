"""A column of vectors may be the label, too, where vectors are predicted, and nowhere else."""

from typing import Any

import pytest
from pydantic import ValidationError

from headrace.config import Configuration


def configured(task: str, **columns: str) -> Any:
    """Return a configuration whose input is the column `embedding`."""
    return Configuration.model_validate(
        {
            "data": {"source": {"kind": "table", "path": "raw", "columns": columns}, "table": "table"},
            "prepare": {"input": "vector", "task": task, "vector": {"column": "embedding", "size": 3}},
            "model": {"file": "autoencoder"},
            "train": {"run": "run"},
        }
    )


def test_vector_may_be_input_and_label_of_an_autoencoder() -> None:
    assert configured("vector", label="embedding").prepare.target.may_be_input


@pytest.mark.parametrize(
    ("task", "columns", "why"),
    [
        ("regression", {"label": "embedding"}, "a model must not receive what it predicts"),
        ("classification", {"label": "`embedding`"}, "a model must not receive what it predicts"),
        ("vector", {"label": "embedding", "split": "embedding"}, "a model must not receive the split"),
    ],
)
def test_input_is_not_what_else_a_row_has(task: str, columns: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        configured(task, **columns)
