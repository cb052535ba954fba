"""Statistics of audio: loudness, the mean frequency, and the part that is silent."""

import numpy as np

from headrace.contract import Contract
from headrace.features.audio.display_spectrogram import FULL_SCALE, power_spectrum

SILENT = 10 ** (-60 / 20)  # of full scale
QUIETEST = 1e-5


def statistics(payload: bytes, contract: Contract) -> dict[str, float]:
    """Return the loudness in dB of full scale, the centroid of the spectrum (1 is half the rate), and silent samples.

    Method of the centroid: Peeters: A large set of audio features for sound description. IRCAM, 2004.
    """
    column = contract.named("input")[1]
    samples = np.frombuffer(payload, np.dtype(column.dtype).newbyteorder("<")).astype(np.float32) / FULL_SCALE
    power = power_spectrum(samples).mean(0)
    frequencies = np.linspace(0.0, 1.0, len(power))
    root_mean_square = float(np.sqrt(np.square(samples).mean()))
    return {
        "loudness": 20 * float(np.log10(max(root_mean_square, QUIETEST))),
        "centroid": float((frequencies * power).sum() / max(power.sum(), np.finfo(np.float32).tiny)),
        "silent": float((np.abs(samples) < SILENT).mean()),
    }
