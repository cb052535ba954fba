"""An example image file for a model."""

from io import BytesIO

from PIL import Image

from headrace.contract import Contract


def mlflow_input_example(contract: Contract) -> bytes:
    """Return a grey PNG file of the size that the model takes."""
    height, width, channels = contract.named("input")[1].image_shape
    file = BytesIO()
    Image.new("L" if channels == 1 else "RGB", (width, height), 128 if channels == 1 else (128, 96, 64)).save(
        file, "PNG"
    )
    return file.getvalue()
