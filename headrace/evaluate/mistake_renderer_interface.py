"""Declare how an input kind shows the input of a mistake: as a picture or as text."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from headrace.contract import Contract
from headrace.features.input_kind_loader import input_module

# What a page shows of one input, without the axis of rows; of several inputs a dict of them.
Renderer = Callable[[Any], dict[str, str | None]]


def picture(image: NDArray[Any]) -> dict[str, str | None]:
    """Return an image, (height, width, channels) uint8, as a base64 PNG; nothing for other inputs."""
    return {"png": _png(image) if image.ndim == 3 else None}


class MistakeRendererInterface(Protocol):
    """The module `input_as_picture_or_text` of an input kind."""

    def make_renderer(self, contract: Contract, folder: Path) -> Renderer:
        """Return the function that renders one input; `folder` is that of the bundle."""


def renderer_for(contract: Contract, folder: Path) -> Renderer:
    """Return the function that renders inputs of `contract`; the tokenizer of texts is in `folder`."""
    module: MistakeRendererInterface = input_module(contract.input_kind, "input_as_picture_or_text")
    return module.make_renderer(contract, folder)


def _png(pixels: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()
