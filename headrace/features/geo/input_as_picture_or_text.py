"""Render locations for a page, in degrees."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.mistake_renderer_interface import Renderer
from headrace.features.geo.coordinates import describe


def make_renderer(contract: Contract, folder: Path) -> Renderer:
    """See `MistakeRendererInterface`."""

    def render(location: NDArray[Any]) -> dict[str, str | None]:
        return {"png": None, "text": describe(location)}

    return render
