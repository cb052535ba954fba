"""Render rows for a page: the value of each column as the model received it."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.mistake_renderer_interface import Renderer
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.tabular.vocabulary_encoding import load_vocabulary

MAX_CHARACTERS = 400


def make_renderer(contract: Contract, folder: Path) -> Renderer:
    """See `MistakeRendererInterface`."""
    spec = TabularSpec.of(contract)
    vocabulary = load_vocabulary(folder, spec)

    def render(row: NDArray[Any]) -> dict[str, str | None]:
        text = ", ".join(f"{name}: {value}" for name, value in vocabulary.describe(row, spec).items())
        return {"png": None, "text": text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"}

    return render
