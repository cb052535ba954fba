"""Render records for a page: the first available image, and all other inputs as text."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.mistake_renderer_interface import Renderer, renderer_for


def make_renderer(contract: Contract, folder: Path) -> Renderer:
    """See `MistakeRendererInterface`."""
    renderers = {name: renderer_for(one, folder) for name, one in contract.inputs.items()}

    def render(inputs: dict[str, NDArray[Any]]) -> dict[str, str | None]:
        shown = {name: show(inputs[name]) for name, show in renderers.items()}
        pictures = [one["png"] for one in shown.values() if one.get("png")]
        texts = [f"{name}: {one['text']}" for name, one in shown.items() if one.get("text")]
        return {"png": pictures[0] if pictures else None} | ({"text": "; ".join(texts)} if texts else {})

    return render
