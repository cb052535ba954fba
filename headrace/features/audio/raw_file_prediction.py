"""Predict raw audio files."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headrace.config.configuration_model import Prepare
from headrace.predict.input_files import InputFile, RawFileLimits, read_raw
from headrace.predict.one_record_per_file import predict_decoded, require_one_record_each
from headrace.predict.outputs.prediction_columns_interface import summarize_outputs
from headrace.predict.outputs.prediction_part_output import PredictionOutput
from headrace.prepare.encoders.sounds.sound_decoder import Samples, decode_audio
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


def limits(settings: Prepare) -> RawFileLimits:
    """See `RawFilePredictionInterface`."""
    return RawFileLimits(settings.audio.max_bytes, Reason.NOT_AUDIO)


def require_single_records(files: Sequence[InputFile]) -> None:
    """See `RawFilePredictionInterface`."""
    require_one_record_each(files, "audio file")


def predict_files(files: Sequence[InputFile], settings: Prepare, inference: "Inference") -> PredictionOutput:
    """See `RawFilePredictionInterface`."""

    def decode(file: InputFile, observations: Observations) -> Samples:
        decoded = decode_audio(read_raw(file, settings), settings.audio)
        observations.add_findings("audio file", decoded.findings, file.name)
        return decoded.samples

    def predict(inputs: list[NDArray[Any]]) -> NDArray[Any]:
        return summarize_outputs(inference.predict(np.stack(inputs)), inference.contract)

    return predict_decoded(files, decode, predict)
