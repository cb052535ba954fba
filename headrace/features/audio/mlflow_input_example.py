"""An example audio file for a model."""

import wave
from io import BytesIO

import numpy as np

from headrace.contract import Contract
from headrace.features.audio.contract_part import AudioSpec

HERTZ, AMPLITUDE = 440, 8000


def mlflow_input_example(contract: Contract) -> bytes:
    """Return a WAV file of a tone, of the rate and the length that the model takes."""
    samples, rate = contract.named("input")[1].fixed_shape[0], AudioSpec.of(contract).rate
    tone = AMPLITUDE * np.sin(2 * np.pi * HERTZ * np.arange(samples) / rate)
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(tone.astype("<i2").tobytes())
    return file.getvalue()
