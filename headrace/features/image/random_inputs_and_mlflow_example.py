"""Random images to compare an export with its bundle or to probe a model, and an example for MLflow."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from headrace.contract import Contract


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.uint8]:
    """Return noise images, (rows, height, width, channels)."""
    return random.integers(0, 256, (rows, *contract.named("input")[1].image_shape), "uint8")


def mlflow_input_example(contract: Contract) -> bytes:
    """Return a grey PNG file of the size that the model takes."""
    height, width, channels = contract.named("input")[1].image_shape
    file = BytesIO()
    Image.new("L" if channels == 1 else "RGB", (width, height), 128 if channels == 1 else (128, 96, 64)).save(
        file, "PNG"
    )
    return file.getvalue()
