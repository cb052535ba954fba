"""Render texts for a page."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.mistake_renderer_interface import Renderer
from headrace.features.text.contract_spec import TextSpec
from headrace.prepare.text.tokenizer import UNKNOWN, load_tokenizer

MAX_CHARACTERS = 400
UNKNOWN_SHOWN = "[?]"


def make_renderer(contract: Contract, folder: Path) -> Renderer:
    """See `MistakeRendererInterface`."""
    tokenizer = load_tokenizer(folder, TextSpec.of(contract).tokenizer)

    def render(tokens: NDArray[Any]) -> dict[str, str | None]:
        text = tokenizer.decode(tokens[tokens != 0].tolist(), skip_special_tokens=False).replace(UNKNOWN, UNKNOWN_SHOWN)
        return {"png": None, "text": text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"}

    return render
