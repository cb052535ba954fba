"""A network that was trained by the whole pipeline gives, in every format, its answers to 1,000 real images."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import headrace_within


@pytest.mark.long
def test_a_thousand_real_images_get_the_bundles_answers_in_every_format(trained: dict[str, Any], own: Path) -> None:
    for name in ("saved_model", "onnx", "tflite"):
        words = ("export", trained["bundle"], f"exported/{name}", "--to", name, "--table", "table", "--split", "train")
        told = headrace_within(*words, cwd=own).json
        assert told["compared"] == 1000
        assert told["greatest_difference"] <= 1e-4
