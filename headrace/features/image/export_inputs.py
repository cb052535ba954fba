"""Describe the images that an exported model takes, and generate files to test one that decodes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.bundle import Bundle
from headrace.config.configuration import Image
from headrace.contract import Contract
from headrace.export.parity_inputs import SEED
from headrace.prepare.encoders.images.image_transcoding import decode, encode
from headrace.prepare.encoders.images.resize import PILLOW_CALLS


def describe_input(bundle: Bundle) -> str:
    """See `ExportInputInterface`."""
    height, width, _ = bundle.contract.named("input")[1].image_shape
    spec = Image.model_validate(bundle.origin.settings.get("image") or {})
    resize = PILLOW_CALLS[spec.resize].format(height=height, width=width)
    return (
        f"images (rows, {', '.join(map(str, bundle.contract.input_shape))}), pixels 0 to 255, any number of rows; "
        "the model includes normalisation. Prepare other images as in training, with Pillow: turn them upright by "
        "ImageOps.exif_transpose, put transparent ones on white, convert them to RGB and then to `prepare.mode`, and "
        f"{spec.resize} them: {resize}. Headrace's documentation has this as a function (explaining and exporting)."
    )


MODES = {1: "L", 3: "RGB"}


def noise_files(contract: Contract) -> Iterator[tuple[NDArray[Any], NDArray[np.uint8]]]:
    """Yield noise images as PNG and as JPEG files, (rows,) bytes, each with the pixels that preparation decodes."""
    pixels = np.random.default_rng(SEED).integers(0, 256, (3, *contract.named("input")[1].image_shape), "uint8")
    for codec in ("png", "jpeg"):
        spec = Image.model_validate({"mode": MODES[pixels.shape[3]], "size": pixels.shape[1:3], "codec": codec})
        files = [encode(image, spec) for image in pixels]
        yield np.array(files, object), np.stack([decode(file, spec) for file in files])
