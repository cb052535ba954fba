"""Fixture: a real small table and the run folder that training and evaluation on it would write."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.finished_example import Example, write_example


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the table and the run folder and returns the latter."""

    def make(**choices: Any) -> Path:
        return write_example(tmp_path, Example(**choices))

    return make
