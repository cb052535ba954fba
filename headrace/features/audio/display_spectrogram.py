"""Spectrograms of stored audio for pages and statistics; networks compute their own."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32768.0
FRAME = 256  # samples of one spectrum
MIN_FRAMES = 128  # about, so that the picture of a short clip is no narrow strip
MAX_FRAMES = 400  # the width of a picture in pixels, at most
STEP = FRAME // 2
QUIETEST = 1e-12  # power that is shown as none
RANGE = 80.0  # dB from black to white


def power_spectrum(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power of (samples,) in overlapping frames with a Hann window: (frames, FRAME / 2 + 1).

    Of long clips, each of MAX_FRAMES rows is the mean of several frames, so that no sample is left out.
    """
    step = min(STEP, max(1, len(samples) // MIN_FRAMES))
    missing = max(FRAME - len(samples), (FRAME - len(samples)) % step)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (0, missing)), FRAME)[::step]
    if len(frames) <= MAX_FRAMES:
        return _power(frames)
    edges = np.linspace(0, len(frames), MAX_FRAMES + 1).astype(int)
    return np.stack([_power(frames[begin:end]).mean(0) for begin, end in pairwise(edges)])


def _power(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    spectrum = np.fft.rfft(frames * np.hanning(FRAME).astype(np.float32), axis=1)
    power: NDArray[np.float32] = np.square(np.abs(spectrum)).astype(np.float32)
    return power


def spectrogram(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Return (samples,) as a picture (frequencies, frames, 1): low frequencies below, the loudest white."""
    power = power_spectrum(samples.astype(np.float32) / FULL_SCALE)
    decibels = 10 * np.log10(np.maximum(power, QUIETEST))
    loudest = max(float(decibels.max()), 10 * np.log10(QUIETEST) + RANGE)  # silence is black
    shown = np.clip(decibels - loudest + RANGE, 0.0, RANGE) * (255 / RANGE)
    image: NDArray[np.uint8] = np.rint(shown).astype(np.uint8).T[::-1, :, None]
    return image
