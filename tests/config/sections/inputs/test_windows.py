"""The windows section is consistent, or refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from headrace.config import Configuration

WINDOWS = {"values": ["warmth"], "time": "time"}


def configured(source: dict[str, Any] | None = None, **prepare: Any) -> Configuration:
    columns = {"label": "warmth", "split": "split"}
    table = {"kind": "table", "path": "raw", "columns": columns}
    return Configuration.model_validate(
        {
            "data": {"source": source or table, "table": "table"},
            "prepare": {"input": "windows", "task": "regression", "windows": WINDOWS} | prepare,
            "model": {"file": "series.py"},
            "train": {"run": "run"},
        }
    )


def test_span_counts_the_rows_from_the_first_to_the_predicted_one() -> None:
    windows = configured(windows=WINDOWS | {"length": 48, "horizon": 6}).prepare.windows
    assert windows is not None
    assert windows.span == 53


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"windows": None}, "require each other"),
        ({"input": "text"}, "`windows` and `input: windows` require each other"),
        ({"near_duplicates": {}}, "remove it for windows"),
        ({"splits": {"method": "time"}}, "must be separated in time"),
        ({"source": {"kind": "table", "path": "raw", "columns": {"label": "warmth"}}}, "must be separated in time"),
        ({"source": {"path": "raw"}}, "needs rows of a table"),
        ({"windows": WINDOWS | {"values": []}}, "at least 1 item"),
        ({"input": "image", "windows": None, "splits": {"method": "time"}}, "other records have no timestamp"),
    ],
)
def test_windows_section_refuses_invalid_values(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        configured(**change)
