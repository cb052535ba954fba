"""Describe the images that an exported model takes as input."""

from headrace.bundle import Bundle
from headrace.config.configuration_model import Image
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
