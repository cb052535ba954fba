"""Predict raw image files."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from headrace.config.configuration_model import Prepare
from headrace.predict.input_files import InputFile, RawFileLimits, read_raw
from headrace.predict.one_record_per_file import predict_decoded, require_one_record_each
from headrace.predict.outputs.prediction_columns_interface import summarize_outputs
from headrace.predict.outputs.prediction_part_output import BATCH, PredictionOutput
from headrace.prepare.encoders.images.image_transcoding import Pixels, decode_image
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


def limits(settings: Prepare) -> RawFileLimits:
    """See `RawFilePredictionInterface`."""
    return RawFileLimits(settings.image.max_bytes, Reason.NOT_AN_IMAGE)


def require_single_records(files: Sequence[InputFile]) -> None:
    """See `RawFilePredictionInterface`."""
    require_one_record_each(files, "image")


def predict_files(files: Sequence[InputFile], settings: Prepare, inference: "Inference") -> PredictionOutput:
    """See `RawFilePredictionInterface`."""

    def decode(file: InputFile, observations: Observations) -> Pixels:
        decoded = decode_image(read_raw(file, settings), settings.image)
        observations.add_image(decoded, file.name)
        return decoded.pixels

    def predict(images: list[Pixels]) -> NDArray[Any]:
        outputs = inference.predict(inference.apply_codec(images, settings.image))
        return summarize_outputs(outputs, inference.contract)

    return predict_decoded(files, decode, predict, inference.contract.rows_at_once(BATCH))
