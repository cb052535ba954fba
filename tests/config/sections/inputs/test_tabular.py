"""The section for rows of numbers and categories is consistent, or refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from headrace.config import Configuration

TABULAR = {"numbers": ["size"], "categories": ["kind"]}


def configured(source: dict[str, Any] | None = None, columns: dict[str, str] | None = None, **prepare: Any) -> Any:
    table = {"kind": "table", "path": "raw", "columns": {"label": "price"} | (columns or {})}
    return Configuration.model_validate(
        {
            "data": {"source": source or table, "table": "table"},
            "prepare": {"input": "tabular", "task": "regression", "tabular": TABULAR} | prepare,
            "model": {"file": "tabular"},
            "train": {"run": "run"},
        }
    )


def test_columns_are_numbers_then_categories() -> None:
    assert configured().prepare.tabular_spec.names == ("size", "kind")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"tabular": None}, "require each other"),
        ({"input": "text"}, "`tabular` and `input: tabular` require each other"),
        ({"near_duplicates": {}}, "remove it for tabular"),
        ({"splits": {"method": "time"}}, "requires `input: windows`"),
        ({"source": {"path": "raw"}}, "needs rows of a table"),
        ({"tabular": {}}, "name at least one column"),
        ({"tabular": {"numbers": ["size"], "categories": ["size"]}}, "'size' is named twice"),
        ({"tabular": {"numbers": ["price"]}}, r"columns\.label`; a model must not receive what it predicts"),
        ({"tabular": {"numbers": ["size"], "categories": ["`size`"]}}, "'size' is named twice"),
        ({"tabular": {"numbers": ["`price`"]}}, r"columns\.label`; a model must not receive what it predicts"),
        ({"columns": {"label": "`size`"}}, r"columns\.label`; a model must not receive what it predicts"),
        ({"columns": {"split": "kind"}}, r"columns\.split`; a model must not receive the split"),
        ({"columns": {"weight": "size"}, "weights": True}, r"columns\.weight`; a model must not receive the weight"),
    ],
)
def test_tabular_section_refuses_invalid_values(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        configured(**change)
