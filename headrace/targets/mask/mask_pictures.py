"""Masks as PNG files: the values are class indices, and a palette shows each class in a colour of its own."""

import base64
import colorsys
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from headrace.contract import IGNORED_PIXEL, Contract

# Steps of this part of the colour circle come near none of the earlier ones.
GOLDEN_RATIO = 0.61803398875
IGNORED_COLOUR = (255, 255, 255)
FIRST_COLOUR = (32, 32, 32)


def class_colour(index: int) -> tuple[int, int, int]:
    """Return the colour of a class: dark grey for the first, which is often the background; white is ignored."""
    if index == IGNORED_PIXEL:
        return IGNORED_COLOUR
    if index == 0:
        return FIRST_COLOUR
    red, green, blue = colorsys.hsv_to_rgb(0.58 + GOLDEN_RATIO * index, 0.75, 0.95 if index % 2 else 0.7)
    return round(255 * red), round(255 * green), round(255 * blue)


PALETTE = [value for index in range(256) for value in class_colour(index)]


def mask_png(mask: NDArray[np.uint8]) -> bytes:
    """Return a mask, (height, width) class indices, as a PNG file with a palette."""
    image = Image.fromarray(mask)
    image.putpalette(PALETTE)
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return buffer.getvalue()


def mask_text(mask: NDArray[np.uint8]) -> str:
    """Return the PNG file of a mask in base64."""
    return base64.b64encode(mask_png(mask)).decode()


def tint(image: Image.Image, stored: bytes, contract: Contract) -> Image.Image:
    """Return an image, half of it in the colours of its stored mask; pixels of the first class stay as they are."""
    mask = np.frombuffer(stored, np.uint8).reshape(contract.named("target")[1].fixed_shape)
    pixels, colours = np.asarray(image.convert("RGB")), np.array(PALETTE, np.uint8).reshape(-1, 3)[mask]
    mixed = (pixels.astype(np.uint16) + colours) // 2
    return Image.fromarray(np.where(mask[..., None] == 0, pixels, mixed).astype(np.uint8))
