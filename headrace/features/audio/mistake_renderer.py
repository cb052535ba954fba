"""Render audio for a page, as spectrograms."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.mistake_renderer_interface import Renderer, picture
from headrace.features.audio.display_spectrogram import spectrogram


def make_renderer(contract: Contract, folder: Path) -> Renderer:
    """See `MistakeRendererInterface`."""

    def render(samples: NDArray[Any]) -> dict[str, str | None]:
        return picture(spectrogram(samples))

    return render
