"""Heatmaps: attributions drawn over images as PNG data URIs for a page."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Colours of the pages: blue supports the explained class, orange opposes it.
POSITIVE_COLOUR, NEGATIVE_COLOUR = (27, 101, 166), (200, 92, 12)
# Share of the image's own brightness that stays visible below the colours.
CONTRAST = 0.45
# Quantile of the values at which colours saturate; scaling by the maximum would let a few outliers fade all others.
SATURATION = 0.99


def picture(pixels: NDArray[np.uint8]) -> str:
    """Return pixels (height, width, 1 or 3) as a data URI."""
    return _uri(Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels))


def overlay(pixels: NDArray[np.uint8], values: NDArray[Any]) -> str:
    """Return a pale grey copy of an image as a data URI, coloured where `values` (height, width) are not 0.

    Values above 0 are blue, values below 0 orange; larger values have stronger colours.
    """
    pale = 255.0 * (1 - CONTRAST) + CONTRAST * pixels.astype(np.float64).mean(axis=2, keepdims=True)
    strength = _strength(values)[:, :, None]
    colour = np.where(values[:, :, None] >= 0, np.array(POSITIVE_COLOUR, float), np.array(NEGATIVE_COLOUR, float))
    return _uri(Image.fromarray((pale * (1 - strength) + colour * strength).round().astype(np.uint8)))


def enlarge(heat: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a feature map (height, width) resized by bilinear interpolation to the height and width of `shape`."""
    height, width = shape[:2]
    return np.asarray(Image.fromarray(heat.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR))


def _strength(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return the strength of the colours, 0 to 1."""
    size = np.abs(values.astype(np.float64))
    limit = float(np.quantile(size, SATURATION)) or float(size.max())
    return np.minimum(1.0, size / limit) if limit > 0 else np.zeros(size.shape)


def _uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
