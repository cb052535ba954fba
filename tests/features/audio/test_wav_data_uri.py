"""A page plays the samples that the network receives."""

import base64
import io
import wave

import numpy as np

from headrace.features.audio.wav_data_uri import MAX_SAMPLES, wav_data_uri


def test_wav_file_has_the_samples_and_the_rate() -> None:
    samples = np.array([0, 1, -1, 32767, -32768], np.int16)
    uri = wav_data_uri(samples, 8000)
    assert uri is not None
    head, _, data = uri.partition(",")
    assert head == "data:audio/wav;base64"
    with wave.open(io.BytesIO(base64.b64decode(data))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert np.frombuffer(file.readframes(9), "<i2").tolist() == samples.tolist()


def test_long_sound_is_not_embedded() -> None:
    assert wav_data_uri(np.zeros(MAX_SAMPLES + 1, np.int16), 16_000) is None
