"""Generate images as files, which an exported model must decode as preparation does."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.config.configuration_model import Image
from headrace.contract import Contract
from headrace.export.parity_inputs import SEED
from headrace.prepare.encoders.images.image_transcoding import decode, encode

MODES = {1: "L", 3: "RGB"}


def noise_files(contract: Contract) -> Iterator[tuple[NDArray[Any], NDArray[np.uint8]]]:
    """Yield noise images as PNG and as JPEG files, (rows,) bytes, each with the pixels that preparation decodes."""
    pixels = np.random.default_rng(SEED).integers(0, 256, (3, *contract.named("input")[1].image_shape), "uint8")
    for codec in ("png", "jpeg"):
        spec = Image.model_validate({"mode": MODES[pixels.shape[3]], "size": pixels.shape[1:3], "codec": codec})
        files = [encode(image, spec) for image in pixels]
        yield np.array(files, object), np.stack([decode(file, spec) for file in files])
