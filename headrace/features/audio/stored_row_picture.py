"""Preview image of a stored audio clip: its spectrogram."""

import numpy as np
from PIL import Image

from headrace.contract import Column
from headrace.features.audio.display_spectrogram import spectrogram


def to_pil_image(payload: bytes, column: Column) -> Image.Image:
    """See `StoredRowPictureInterface`."""
    samples = np.frombuffer(payload, np.dtype(column.dtype).newbyteorder("<"))
    return Image.fromarray(spectrogram(samples)[:, :, 0])
