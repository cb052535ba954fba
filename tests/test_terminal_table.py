"""Columns of a text table are as wide as their widest cell; numbers are aligned to the right."""

from headrace.terminal_table import text_table


def test_text_table_aligns_columns() -> None:
    assert text_table(["name", "rows"], [["a", "10"], ["longer", "9"]]) == "name    rows\na         10\nlonger     9"
