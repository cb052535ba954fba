"""Decode sound files with libsndfile, and bring sounds to one channel, rate and length.

libsndfile and soxr give the same samples on every machine of one architecture, so that equal files stay equal.
"""

import io
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from headrace.config.sections.audio import Audio
from headrace.prepare.encoders.images.unread_formats import name_format
from headrace.prepare.encoders.sounds.file_structure import missing_bytes
from headrace.prepare.rejects.rejection import Reason, RejectedRecordError

Samples = NDArray[np.int16]
Waveform = NDArray[np.float32]

FORMATS = {"WAV": "WAV", "WAVEX": "WAV", "RF64": "WAV", "FLAC": "FLAC", "OGG": "Ogg", "MP3": "MP3", "AIFF": "AIFF"}
EXPECTED = "expected a sound in WAV, FLAC, Ogg (Vorbis or Opus), MP3 or AIFF format"
FULL_SCALE = 32768
MAX_CHANNELS = 32
MIN_RATE, MAX_RATE = 1000, 768_000


class SoundFinding(StrEnum):
    """What is found in a usable sound; the value is how a warning goes on after the number of sounds."""

    CUT = "more than prepare.audio.seconds, and only the part that prepare.audio.align names is kept"
    LOWER_RATE = "a lower rate than prepare.audio.rate; resampling adds no higher frequencies"


@dataclass(frozen=True)
class DecodedSound:
    """A decoded sound.

    Attributes:
        samples: (samples,) of the rate and length of `prepare.audio`.
        seconds: length of the original.
        findings: what a warning says about it.
    """

    samples: Samples
    seconds: float
    findings: frozenset[SoundFinding]


def decode_sound(data: bytes, settings: Audio) -> DecodedSound:
    """Decode a sound file.

    Raises:
        RejectedRecordError: it is not a sound, damaged, silent, clipped, too short or too long.
    """
    if not data:
        raise RejectedRecordError(Reason.EMPTY, "the file is empty")
    missing = missing_bytes(data)
    if missing:
        raise RejectedRecordError(Reason.TRUNCATED, f"the file ends early: at least {missing:,} bytes are missing")
    waveform, rate = _read(data, settings)
    _check(waveform, rate, settings)
    seconds = len(waveform) / rate
    found = {SoundFinding.CUT: seconds > settings.seconds, SoundFinding.LOWER_RATE: rate < settings.rate}
    samples = conform(_mix(waveform, settings), rate, settings)
    return DecodedSound(samples, seconds, frozenset(finding for finding, applies in found.items() if applies))


def conform(waveform: Waveform, rate: int, settings: Audio) -> Samples:
    """Return a waveform as (`settings.samples`,) samples: resampled, then cut or padded with silence.

    Args:
        waveform: (frames,), full scale is -1 to 1.
        rate: frames per second.
    """
    if rate != settings.rate:
        waveform = soxr.resample(waveform, rate, settings.rate, quality="HQ")
    spare = len(waveform) - settings.samples
    begin = spare // 2 if settings.align == "center" else 0
    kept = waveform[max(0, begin) : max(0, begin) + settings.samples]
    stored = np.zeros(settings.samples, np.int16)
    place = max(0, -begin)
    stored[place : place + len(kept)] = np.clip(np.rint(kept * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return stored


def _read(data: bytes, settings: Audio) -> tuple[NDArray[np.float32], int]:
    """Return all frames, (frames, channels), and their rate."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            _check_header(file, settings)
            frames = file.read(file.frames, dtype="float32", always_2d=True)
            expected, rate = file.frames, file.samplerate
    except soundfile.LibsndfileError as error:
        raise _unreadable(data, error.error_string) from error
    if len(frames) < expected:
        raise RejectedRecordError(
            Reason.TRUNCATED, f"the file ends early: {expected:,} frames expected, {len(frames):,} received"
        )
    return frames, rate


def _check_header(file: soundfile.SoundFile, settings: Audio) -> None:
    if file.format not in FORMATS:
        raise RejectedRecordError(Reason.NOT_AUDIO, f"the file is a sound in {file.format} format; {EXPECTED}")
    if not MIN_RATE <= file.samplerate <= MAX_RATE or file.channels > MAX_CHANNELS:
        raise RejectedRecordError(
            Reason.NOT_AUDIO, f"the header says {file.channels} channels of {file.samplerate} samples per second"
        )
    seconds = file.frames / file.samplerate
    if not file.frames:
        raise RejectedRecordError(Reason.EMPTY, "the sound has no samples")
    if seconds > settings.max_seconds:
        raise RejectedRecordError(
            Reason.TOO_LONG,
            f"the sound lasts {seconds:,.1f} s, more than prepare.audio.max_seconds: {settings.max_seconds:g}",
        )
    if seconds < settings.min_seconds:
        raise RejectedRecordError(
            Reason.TOO_SHORT,
            f"the sound lasts {seconds:.3f} s, less than prepare.audio.min_seconds: {settings.min_seconds:g}",
        )


def _check(frames: NDArray[np.float32], rate: int, settings: Audio) -> None:
    if not np.isfinite(frames).all():
        raise RejectedRecordError(Reason.DAMAGED, "samples are NaN or infinite")
    loudness = np.abs(frames)
    peak = float(loudness.max())
    if peak == 0 or peak < settings.min_peak:
        raise RejectedRecordError(
            Reason.SILENT,
            f"the loudest sample has {peak:.5f} of full scale; prepare.audio.min_peak is {settings.min_peak:g}",
        )
    clipped = float((loudness >= (FULL_SCALE - 1) / FULL_SCALE).mean())
    if clipped > settings.max_clipped:
        raise RejectedRecordError(
            Reason.CLIPPED,
            f"{clipped:.0%} of the samples are at full scale, more than prepare.audio.max_clipped: "
            f"{settings.max_clipped:g}",
        )


def _mix(frames: NDArray[np.float32], settings: Audio) -> Waveform:
    mixed: Waveform = frames[:, 0] if settings.channels == "first" else frames.mean(1, dtype=np.float32)
    return mixed


def _unreadable(data: bytes, reason: str) -> RejectedRecordError:
    if data[:4] in (b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM") or data[:3] == b"ID3":
        return RejectedRecordError(Reason.DAMAGED, f"the sound cannot be decoded: {reason}")
    name = name_format(data)
    found = f"the file is in {name} format" if name else "the format of the file is not known"
    return RejectedRecordError(Reason.NOT_AUDIO, f"{found}; {EXPECTED}")
