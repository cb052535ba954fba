"""Small folders of real images, their configurations, and what is in the tables prepared from them."""

from pathlib import Path

import pytest

from tests.support.raw_images import write_source


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """24 different images in two class folders, for the test to change."""
    return write_source(tmp_path / "raw")
