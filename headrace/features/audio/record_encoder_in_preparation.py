"""Encode audio as mono 16-bit little-endian samples of one rate and length."""

from collections.abc import Mapping

import numpy as np

from headrace.config.configuration_model import Configuration, Prepare
from headrace.config.sections.inputs.audio import Audio
from headrace.contract import Column
from headrace.features.audio.contract_spec import AudioSpec
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.prepare.arrow_schema_and_columns import IDENTITY, record_columns
from headrace.prepare.encoders.content_hash_and_split import content_hash
from headrace.prepare.encoders.record_encoder_in_preparation_interface import Row
from headrace.prepare.encoders.sounds.sound_decoder import decode_audio
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord


def audio_columns(spec: Audio) -> dict[str, Column]:
    """Return the column of the audio, (samples,), and that of the seconds of the originals."""
    return {
        "audio": Column(role="input", codec="raw", dtype="int16", shape=(spec.samples,)),
        "seconds": IDENTITY.model_copy(update={"dtype": "float32"}),
    }


def input_specs(
    configuration: Configuration, statistics: Statistics | None, fitted: Mapping[str, InputSpec]
) -> Mapping[str, InputSpec]:
    """See `RawRecordEncoderInterface`."""
    return {"audio": AudioSpec(rate=configuration.prepare.audio.rate)}


def make_encoder(settings: Prepare) -> "AudioEncoder":
    """See `RawRecordEncoderInterface`."""
    return AudioEncoder(settings)


class AudioEncoder:
    """Encoder of audio, of one rate and length."""

    payload_columns = ("audio",)

    def __init__(self, settings: Prepare) -> None:
        self.columns = record_columns(audio_columns(settings.audio), settings)
        self.max_bytes = settings.audio.max_bytes
        self._observations = Observations()
        self._audio = settings.audio

    def row(self, record: RawRecord) -> Row:
        """See `RecordEncoder`."""
        if not isinstance(record.data, bytes):
            found = "text" if isinstance(record.data, str) else "an array of numbers"
            raise RejectedRecordError(Reason.NOT_AUDIO, f"the record is {found}")
        decoded = decode_audio(record.data, self._audio)
        self._observations.add_findings("audio file", decoded.findings, record.path)
        samples = np.ascontiguousarray(decoded.samples, "<i2")
        return {"audio": samples.tobytes(), "seconds": decoded.seconds, "content_hash": content_hash(samples)}

    def take_observations(self) -> Observations:
        """See `RecordEncoder`."""
        taken, self._observations = self._observations, Observations()
        return taken
