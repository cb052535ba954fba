"""Show stored audio on a page: its spectrogram."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from headrace.contract import Column, Contract
from headrace.evaluate.mistake_renderer_interface import Renderer, picture
from headrace.features.audio.display_spectrogram import spectrogram


def to_pil_image(payload: bytes, column: Column) -> Image.Image:
    """See `StoredRowPictureInterface`."""
    samples = np.frombuffer(payload, np.dtype(column.dtype).newbyteorder("<"))
    return Image.fromarray(spectrogram(samples)[:, :, 0])


def make_renderer(contract: Contract, folder: Path) -> Renderer:
    """See `MistakeRendererInterface`."""

    def render(samples: NDArray[Any]) -> dict[str, str | None]:
        return picture(spectrogram(samples))

    return render
