"""Exports of a network that the whole pipeline trained, compared on 1,000 real images."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import headrace_within


@pytest.mark.long
def test_every_format_gives_the_bundles_predictions_for_1000_real_images(trained: dict[str, Any], own: Path) -> None:
    for name in ("saved_model", "onnx", "tflite"):
        arguments = (
            "export",
            trained["bundle"],
            f"exported/{name}",
            "--to",
            name,
            "--table",
            "table",
            "--split",
            "train",
        )
        result = headrace_within(*arguments, cwd=own).json
        assert result["compared"] == 1000
        assert result["greatest_difference"] <= 1e-4
