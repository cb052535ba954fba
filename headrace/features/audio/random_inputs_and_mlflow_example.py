"""Random audio clips to compare an export with its bundle or to probe a model, and an example for MLflow."""

import wave
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.audio.contract_spec import AudioSpec

LOUDNESS = 3000  # standard deviation of the samples, about -21 dB of full scale, as of speech


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.int16]:
    """Return white noise, (rows, samples)."""
    noise = random.normal(0.0, LOUDNESS, (rows, *contract.named("input")[1].fixed_shape))
    return np.rint(noise).astype(np.int16)


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
