"""Stored sounds as WAV files in data URIs, which a page plays without loading anything."""

import base64
import io
import wave

from headrace.prepare.encoders.sounds.sound_decoder import Samples

# A longer sound, of 640 kB in base64 at 16 kHz, would make a page large.
MAX_SAMPLES = 15 * 16_000


def wav_data_uri(samples: Samples, rate: int) -> str | None:
    """Return 16-bit samples of one channel as a WAV file in a data URI; None if they are more than MAX_SAMPLES."""
    if len(samples) > MAX_SAMPLES:
        return None
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return f"data:audio/wav;base64,{base64.b64encode(buffer.getvalue()).decode()}"
