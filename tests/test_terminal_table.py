"""Columns of a text table are as wide as their widest cell; numbers are aligned to the right."""

import os
import termios
from pathlib import Path

from headrace.terminal_table import table_width, terminal_width, text_table


def test_text_table_aligns_columns() -> None:
    assert text_table(["name", "rows"], [["a", "10"], ["longer", "9"]]) == "name    rows\na         10\nlonger     9"


def test_table_width_is_that_of_its_longest_line() -> None:
    columns = {"name": ["a", "longer"], "rows": ["10", "9"]}
    rows = list(zip(*columns.values(), strict=True))
    assert table_width(columns) == max(map(len, text_table(list(columns), rows).splitlines()))


def test_only_a_terminal_has_a_width() -> None:
    master, terminal = os.openpty()
    with os.fdopen(terminal, "w") as stream, os.fdopen(master):
        termios.tcsetwinsize(terminal, (24, 100))
        assert terminal_width(stream) == 100
    with Path(os.devnull).open("w") as stream:
        assert terminal_width(stream) is None
