"""Attributions over images as pictures for a page."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Hues of the pages: blue speaks for what is explained, orange against it.
FOR, AGAINST = (27, 101, 166), (200, 92, 12)
# So much of the picture's own light and dark is left below the colours.
GROUND = 0.45
# Colours are full at this share of the places; a few that are far above it would leave the others pale.
FULL = 0.99


def picture(pixels: NDArray[np.uint8]) -> str:
    """(height, width, 1 or 3) as a data URI."""
    return _uri(Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels))


def overlay(pixels: NDArray[np.uint8], values: NDArray[Any]) -> str:
    """A pale grey copy of an image, coloured where `values`, (height, width), is not 0, as a data URI.

    Colours are strongest at the largest values: blue above 0, orange below.
    """
    pale = 255.0 * (1 - GROUND) + GROUND * pixels.astype(np.float64).mean(axis=2, keepdims=True)
    strength = _strength(values)[:, :, None]
    colour = np.where(values[:, :, None] >= 0, np.array(FOR, float), np.array(AGAINST, float))
    return _uri(Image.fromarray((pale * (1 - strength) + colour * strength).round().astype(np.uint8)))


def enlarge(heat: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A feature map's (height, width) brought to those of the image in `shape`, smoothly."""
    height, width = shape[:2]
    return np.asarray(Image.fromarray(heat.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR))


def _strength(values: NDArray[Any]) -> NDArray[np.float64]:
    """0 to 1."""
    size = np.abs(values.astype(np.float64))
    full = float(np.quantile(size, FULL)) or float(size.max())
    return np.minimum(1.0, size / full) if full > 0 else np.zeros(size.shape)


def _uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
