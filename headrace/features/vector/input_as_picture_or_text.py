"""Render vectors for a page: their first components."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.mistake_renderer_interface import Renderer
from headrace.wording import join_names


def make_renderer(contract: Contract, folder: Path) -> Renderer:
    """See `MistakeRendererInterface`."""

    def render(vector: NDArray[Any]) -> dict[str, str | None]:
        return {"png": None, "text": f"[{join_names([f'{value:.4g}' for value in vector.tolist()])}]"}

    return render
