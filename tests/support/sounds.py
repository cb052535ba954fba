"""Audio files: tones in noise, of any format, and a folder of two classes of them."""

import io
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 4000
PITCHES = {"low": 300.0, "high": 1200.0}
FORMATS = (("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"), ("WAV", "FLOAT"))


def tone(frequency: float, seconds: float = 0.5, rate: int = RATE, seed: int = 0) -> NDArray[np.float32]:
    """Return a sine of `frequency` at a random phase, with noise: (samples,) float32, -1 to 1."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    wave = 0.3 * np.sin(2 * np.pi * frequency * time + random.uniform(0, 2 * np.pi))
    return (wave + random.normal(0, 0.05, len(time))).astype(np.float32)


def encode_sound(
    waveform: NDArray[np.float32] | NDArray[np.int16], rate: int = RATE, file_format: str = "WAV", subtype: str = ""
) -> bytes:
    """Return a waveform, (samples,) or (samples, channels), as a file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, rate, format=file_format, subtype=subtype or None)
    return buffer.getvalue()


def write_sounds(folder: Path, each: int = 24) -> Path:
    """Write `each` tones of both pitches as FOLDER/PITCH/NUMBER.suffix, in several formats and rates, and return it."""
    for label, pitch in PITCHES.items():
        (folder / label).mkdir(parents=True)
        for number in range(each):
            file_format, subtype = FORMATS[number % len(FORMATS)]
            rate = 8000 if number % 2 else RATE
            seed = number + 1000 * len(label)
            sound = tone(pitch + number, 0.4 + 0.01 * number, 16_000 if file_format == "MP3" else rate, seed)
            data = encode_sound(sound, 16_000 if file_format == "MP3" else rate, file_format, subtype)
            (folder / label / f"{number}.{file_format.lower()}").write_bytes(data)
    return folder
