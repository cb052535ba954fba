"""Spectrograms of stored sounds, for pages and statistics; networks compute their own."""

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32768.0
FRAME = 256  # samples of one spectrum
MAX_FRAMES = 400  # the width of a picture in pixels, at most
RANGE = 80.0  # dB from black to white


def power_spectrum(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power of (samples,) in overlapping frames with a Hann window: (frames, FRAME / 2 + 1)."""
    padded = np.pad(samples, (0, max(0, FRAME - len(samples))))
    step = max(FRAME // 2, -(-len(padded) // MAX_FRAMES))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::step]
    spectrum = np.fft.rfft(frames * np.hanning(FRAME).astype(np.float32), axis=1)
    power: NDArray[np.float32] = np.square(np.abs(spectrum)).astype(np.float32)
    return power


def spectrogram(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Return (samples,) as a picture (frequencies, frames, 1): low frequencies below, the loudest white."""
    power = power_spectrum(samples.astype(np.float32) / FULL_SCALE)
    decibels = 10 * np.log10(np.maximum(power, 1e-12))
    shown = np.clip(decibels - decibels.max() + RANGE, 0.0, RANGE) * (255 / RANGE)
    image: NDArray[np.uint8] = np.rint(shown).astype(np.uint8).T[::-1, :, None]
    return image
